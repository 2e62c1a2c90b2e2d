package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/fusor-ml/fusor/internal/kernel/ref"
)

// TestRadix4Pass holds a pass against the plain definition, with runs that fill vectors and runs
// that don't.
func TestRadix4Pass(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(4, 4))
		for _, n := range []int{2, 4, 6, 8, 10, 16, 24, 32, 128} {
			for _, m := range []int{1, 2, 3, 4, 7, 16} {
				got := newFrame(rng, 4*n*m, 4*n*m, 6*m)
				want := got.clone()
				Radix4Pass(got.args[0], got.args[1], got.args[2], n, m)
				ref.Radix4Pass(want.args[0], want.args[1], want.args[2], n, m)
				same(t, fmt.Sprintf("%d runs of %d", m, n), got, want, 2e-6)
			}
		}
		Radix4Pass[float32](nil, nil, nil, 8, 0) // nothing to do
	})
}
