package kernel

import (
	"math"

	"github.com/fusor-ml/fusor/internal/kernel/ref"
)

// AdamStep are the constants of one step of Adam.
type AdamStep = ref.AdamStep

// SGD does w -= lr v with v = momentum v + g + decay w, or w -= lr (g + decay w) if v is nil. On
// the first step v is zeros, which makes it g as in PyTorch.
func SGD[T Float](w, g, v []T, lr, momentum, decay float64) { ref.SGD(w, g, v, lr, momentum, decay) }

// Adam does one step of Adam (Kingma & Ba 2015) or AdamW (Loshchilov & Hutter 2019) on w with the
// gradient g and the moments m and second, in PyTorch's order of operations.
func Adam[T Float](w, g, m, second []T, s AdamStep) {
	if v := vectors[T](); v != nil {
		n, pw, pg, pm := at3(w, g, m)
		v.vadam(n, pw, pm, at(second[:n]), pg, float32(s.Decay), float32(1-s.LR*s.Shrink), float32(s.Beta1), float32(1-s.Beta1),
			float32(s.Beta2), float32(1-s.Beta2), float32(s.LR/s.Correct1), float32(1/math.Sqrt(s.Correct2)), float32(s.Eps))
		return
	}
	ref.Adam(w, g, m, second, s)
}
