package kernel

import "github.com/fusor-ml/fusor/internal/kernel/ref"

// Radix4Pass is one pass of a Fourier transform of m runs of n floats; see ref.Radix4Pass. x and y,
// of 4mn floats, must not overlap.
func Radix4Pass[T Float](y, x, w []T, n, m int) {
	if v := vectors[T](); v != nil && n > 0 && n%8 == 0 && m > 0 {
		v.vradix4(n, m, at(y[:4*m*n]), at(x[:4*m*n]), at(w[:6*m]))
		return
	}
	ref.Radix4Pass(y, x, w, n, m)
}
