package grad

import (
	"slices"
	"testing"

	"github.com/fusor-ml/fusor/tensor"
)

// TestBiLSTMConcat compares it with BiLSTM of the concatenation, bit for bit, and the gradient that
// a mean over the steps leaves with that of the mean's definition.
func TestBiLSTMConcat(t *testing.T) {
	const H = 9
	lengths := []int{17, 3, 40, 14, 0}
	run := func(concat, mean bool) (got [][]float32) {
		tape := NewTape(tensor.F32)
		in := func(seed uint64, shape ...int) *Var { return tape.Input(random32(seed, shape...)) }
		xs := []*Var{in(1, 5, 40, 30), tape.Const(random32(2, 5, 40, 7)), in(3, 5, 40, 4)}
		var w [2][4]*Var
		for i := range w {
			for q, s := range [][]int{{4 * H, 41}, {4 * H, H}, {4 * H}, {4 * H}} {
				w[i][q] = in(uint64(10+4*i+q), s...)
			}
		}
		var out, hn, cn *Var
		if concat {
			out, hn, cn = tape.BiLSTM(tape.Concat(xs...), lengths, w[0], w[1])
		} else {
			out, hn, cn = tape.BiLSTMConcat(xs, lengths, w[0], w[1])
		}
		z := out
		if mean {
			z = tape.MeanTime(out, lengths)
		}
		g := random32(30, z.Shape()...)
		tape.BackwardFrom([]*Var{z}, []*tensor.Tensor{g})
		if mean {
			// What every step gets is the mean's share.
			for s := range lengths[1] {
				for i := range 2 * H {
					if d := out.Grad().F32[(40+s)*2*H+i] - g.F32[2*H+i]/3; d > 1e-6 || d < -1e-6 {
						t.Errorf("the gradient of step %d is off by %v", s, d)
					}
				}
			}
		}
		for _, v := range []*Var{out, hn, cn} {
			got = append(got, v.Value().F32)
		}
		for _, v := range append(append([]*Var{xs[0], xs[2]}, w[0][:]...), w[1][:]...) {
			got = append(got, v.Grad().F32)
		}
		return got
	}
	for _, mean := range []bool{false, true} {
		want, got := run(true, mean), run(false, mean)
		for i := range want {
			if !equalOrClose(got[i], want[i]) {
				t.Errorf("mean %v: value or gradient %d differs", mean, i)
			}
		}
	}
}

// equalOrClose holds that vectors agree but for the order of sums.
func equalOrClose(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return x-y < 1e-4 && y-x < 1e-4 })
}
