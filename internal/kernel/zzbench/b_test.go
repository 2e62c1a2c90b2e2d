package zzbench

import (
	"fmt"
	"math/rand/v2"
	"sort"
	"testing"
	"time"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/internal/kernel"
	"github.com/fusor-ml/fusor/tensor"
	"golang.org/x/sys/unix"
)

func cpu() float64 {
	var ts unix.Timespec
	unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &ts)
	return float64(ts.Nano()) / 1e9
}

func TestBench(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	mk := func(shape ...int) *grad.Param {
		x := tensor.New(tensor.F32, shape...)
		for i := range x.F32 {
			x.F32[i] = float32(rng.NormFloat64() * .05)
		}
		return &grad.Param{Name: "p", Value: x, Grad: tensor.New(tensor.F32, shape...)}
	}
	for _, H := range []int{64, 128} {
		for _, B := range []int{1, 32, 256} {
			T := 50
			dims := []int{300, 74, 47}
			var xs []*tensor.Tensor
			for _, d := range dims {
				xs = append(xs, mk(B, T, d).Value)
			}
			var ps []*grad.Param
			for range 2 {
				ps = append(ps, mk(4*H, 421), mk(4*H, H), mk(4*H), mk(4*H))
			}
			ps = append(ps, mk(2, 2*H), mk(2))
			var m, s [][]float32
			for _, p := range ps {
				m = append(m, make([]float32, p.Value.Len()))
				s = append(s, make([]float32, p.Value.Len()))
			}
			y := make([]int32, B)
			tape := grad.NewTape(tensor.F32)
			tape.SetWorkers(1)
			fwd := func() *grad.Var {
				tape.Reset()
				var v [10]*grad.Var
				for i := range v {
					v[i] = tape.Param(ps[i])
				}
				x := tape.Concat(tape.Const(xs[0]), tape.Const(xs[1]), tape.Const(xs[2]))
				out, _, _ := tape.BiLSTM(x, nil, [4]*grad.Var(v[:4]), [4]*grad.Var(v[4:8]))
				return tape.Linear(tape.MeanTime(out, nil), v[8], v[9])
			}
			step := func() {
				for _, p := range ps {
					p.Grad.Zero()
				}
				tape.Backward(tape.CrossEntropy(fwd(), y, grad.LossOptions{}))
				for i, p := range ps {
					kernel.Adam(p.Value.F32, p.Grad.F32, m[i], s[i], kernel.AdamStep{LR: 1e-3, Beta1: .9, Beta2: .999, Eps: 1e-8, Correct1: .1, Correct2: .1})
				}
			}
			run := func(name string, f func()) {
				var ts []float64
				for range 3 {
					f()
				}
				for end := time.Now().Add(1500 * time.Millisecond); time.Now().Before(end) || len(ts) < 5; {
					a := cpu()
					f()
					ts = append(ts, (cpu()-a)*1e3)
				}
				sort.Float64s(ts)
				fmt.Printf("H=%d B=%d %s min %.3f median %.3f allocs %v\n", H, B, name, ts[0], ts[len(ts)/2], testing.AllocsPerRun(3, f))
			}
			tape.SetRecording(true)
			tape.SetTraining(true)
			run("train", step)
			tape.SetRecording(false)
			tape.SetTraining(false)
			run("infer", func() { fwd() })
		}
	}
}
