//go:build !race

package fusion_test

import (
	"testing"

	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
	"github.com/fusor-ml/fusor/tensor"
)

// step returns a training step of a method on four views (sequences, if it runs over time) of 32
// rows, some absent.
func step(t testing.TB, m fusion.Method, cfg fusion.Config) func() {
	const rows, steps = 32, 5
	var views []fusion.ViewShape
	for range 4 {
		views = append(views, fusion.ViewShape{Dim: 16, Sequence: cfg.Text("over") == fusion.OverTime})
	}
	s := nn.NewScope(1, tensor.F32)
	f, err := m.New(s, cfg, fusion.Shape{Views: views, Outputs: 3})
	if err != nil {
		t.Fatal(err)
	}
	xs, lengths, present := make([]*tensor.Tensor, len(views)), make([]int, rows), tensor.New(tensor.F32, rows, len(views))
	for i := range present.F32 {
		if i%3 != 0 {
			present.F32[i] = 1
		}
	}
	for i := range lengths {
		lengths[i] = 1 + i%steps
	}
	for k, v := range views {
		xs[k] = tensor.New(tensor.F32, rows, 16)
		if v.Sequence {
			xs[k] = tensor.New(tensor.F32, rows, steps, 16)
		}
		for i := range xs[k].F32 {
			xs[k].F32[i] = float32(i%7-3) / 4
		}
	}
	tape := grad.NewTape(tensor.F32)
	in := fusion.Input{Present: present, Views: make([]fusion.View, len(views)), RowGroups: []int{10, 20, 2}}
	return func() {
		tape.Reset()
		for k, v := range views {
			in.Views[k] = fusion.View{X: tape.Input(xs[k])}
			if v.Sequence {
				in.Views[k].Lengths = lengths
			}
		}
		tape.Backward(tape.Sum(f.Forward(tape, in).Z))
	}
}

// A steady training step allocates nothing, whatever the method.
func TestNoAllocations(t *testing.T) {
	f := func(name string, cfg fusion.Config) {
		t.Helper()
		m, _ := fusion.Methods.Lookup(name)
		run := step(t, m, cfg)
		run()
		if n := testing.AllocsPerRun(20, run); n != 0 {
			t.Errorf("%s %+v: %g allocations in a step", name, cfg, n)
		}
	}
	for _, name := range fusion.Methods.Names() {
		f(name, fusion.Config{})
	}
	f("mean", fusion.Config{"dim": 8})
	f("weighted", fusion.Config{"weights": []float64{1, 2, 3, 4}})
	f("bilstm", fusion.Config{"over": fusion.OverTime})
	f("bilstm", fusion.Config{"over": fusion.OverRows, "skip": true})
}

func BenchmarkStep(b *testing.B) {
	for _, m := range fusion.Methods {
		b.Run(m.Name, func(b *testing.B) {
			run := step(b, m, fusion.Config{})
			b.ReportAllocs()
			for b.Loop() {
				run()
			}
		})
	}
}
