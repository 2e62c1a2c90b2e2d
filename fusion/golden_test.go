package fusion_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
	"github.com/fusor-ml/fusor/tensor"
)

// golden is a method on small numbers, computed by its published formula: testdata/golden.py.
type golden struct {
	Method  string
	Task    string
	Config  fusion.Config
	Outputs int
	Present [][]float64
	Xs      []any   // [B, D], or [B, T, D] of a sequence
	Lengths [][]int // of sequences
	Params  map[string]any
	Z       [][]float64
	Weights [][]float64
	Loss    *struct {
		Target  [][]float64
		Weights []float32
		Epoch   int
		Value   float64
	}
}

// array makes a tensor of nested lists.
func array(v any) *tensor.Tensor {
	var data []float64
	var shape []int
	var walk func(v any, depth int)
	walk = func(v any, depth int) {
		list, ok := v.([]any)
		if !ok {
			data = append(data, v.(float64))
			return
		}
		if depth == len(shape) {
			shape = append(shape, len(list))
		}
		for _, x := range list {
			walk(x, depth+1)
		}
	}
	walk(v, 0)
	return tensor.FromF64(data, shape...)
}

func matrix(rows [][]float64) *tensor.Tensor {
	var data []float64
	for _, r := range rows {
		data = append(data, r...)
	}
	return tensor.FromF64(data, len(rows), len(rows[0]))
}

func TestGolden(t *testing.T) {
	file, err := os.ReadFile(filepath.Join("testdata", "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []golden
	if err := json.Unmarshal(file, &all); err != nil {
		t.Fatal(err)
	}
	for i, g := range all {
		t.Run(fmt.Sprint(g.Method, " ", g.Task, " ", i), func(t *testing.T) { g.check(t) })
	}
}

func (g *golden) check(t *testing.T) {
	m, ok := fusion.Methods.Lookup(g.Method)
	if !ok {
		t.Fatal("there is no such method")
	}
	tape := grad.NewTape(tensor.F64)
	shape := fusion.Shape{Outputs: g.Outputs, Regression: g.Task == "regression", Multilabel: g.Task == "multilabel"}
	in := fusion.Input{Present: matrix(g.Present)}
	for k, list := range g.Xs {
		x := array(list)
		v := fusion.View{X: tape.Const(x)}
		if x.Rank() == 3 {
			v.Lengths = g.Lengths[k]
		}
		in.Views = append(in.Views, v)
		shape.Views = append(shape.Views, fusion.ViewShape{Name: fmt.Sprint(k), Dim: x.Dim(-1), Sequence: x.Rank() == 3})
	}
	s := nn.NewScope(1, tensor.F64)
	f, err := m.New(s, g.Config, shape)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Params()) != len(g.Params) {
		t.Errorf("%d parameters, the golden ones are %d", len(s.Params()), len(g.Params))
	}
	for _, p := range s.Params() {
		if g.Params[p.Name] == nil {
			t.Fatalf("there is no golden %s", p.Name)
		}
		p.Value.CopyFrom(array(g.Params[p.Name]))
	}
	out := f.Forward(tape, in)
	off := func(what string, got, want *tensor.Tensor) {
		t.Helper()
		for i, w := range want.F64 {
			if !(math.Abs(got.F64[i]-w) <= 1e-10*max(1, math.Abs(w))) {
				t.Fatalf("%s, element %d is %.15g, want %.15g", what, i, got.F64[i], w)
			}
		}
	}
	off("the result", out.Z.Value(), matrix(g.Z))
	if g.Weights != nil {
		off("the weights", out.Weights.Value(), matrix(g.Weights))
	}
	if l := g.Loss; l != nil {
		target := fusion.Target{P: matrix(l.Target), Weights: l.Weights, Epoch: l.Epoch}
		off("the loss", f.(fusion.Learner).Loss(tape, in, out, target).Value(), tensor.FromF64([]float64{l.Value}, 1))
	}
}
