package grad

import (
	"fmt"
	"testing"

	"github.com/fusor-ml/fusor/tensor"
)

// BenchmarkBiLSTM is a step over sequences of 50 steps of width 421 with a head on the mean over
// time.
func BenchmarkBiLSTM(b *testing.B) {
	const in, T = 421, 50
	for _, H := range []int{64, 128} {
		for _, batch := range []int{32, 256} {
			for _, workers := range []int{1, 2} {
				b.Run(fmt.Sprintf("H%d/B%d/workers%d", H, batch, workers), func(b *testing.B) {
					var ps []*Param
					for range 2 {
						for _, s := range [][]int{{4 * H, in}, {4 * H, H}, {4 * H}, {4 * H}} {
							p := param("p", random32(uint64(len(ps)), s...))
							for i := range p.Value.F32 {
								p.Value.F32[i] *= 0.05
							}
							ps = append(ps, p)
						}
					}
					ps = append(ps, param("head", random32(9, 2, 2*H)))
					x, target := random32(50, batch, T, in), make([]int32, batch)
					tape := NewTape(tensor.F32)
					tape.SetWorkers(workers)
					b.ReportAllocs()
					for b.Loop() {
						tape.Reset()
						var w [2][4]*Var
						for i := range 8 {
							w[i/4][i%4] = tape.Param(ps[i])
						}
						out, _, _ := tape.BiLSTM(tape.Const(x), nil, w[0], w[1])
						z := tape.Linear(tape.MeanTime(out, nil), tape.Param(ps[8]), nil)
						tape.Backward(tape.CrossEntropy(z, target, LossOptions{}))
					}
				})
			}
		}
	}
}

// BenchmarkMLP is a step of a small perceptron, which shows what a node costs.
func BenchmarkMLP(b *testing.B) {
	ps, x, target := mlpParams(), random32(9, 16, 20), make([]int32, 16)
	tape := NewTape(tensor.F32)
	tape.SetTraining(true)
	b.ReportAllocs()
	for b.Loop() {
		tape.Reset()
		tape.Backward(mlp(tape, ps, x, target))
	}
}
