package fusiontest

import (
	"hash/fnv"
	"math/rand/v2"

	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
	"github.com/fusor-ml/fusor/tensor"
)

// stream is a random stream of its own for each seed and name.
func stream(seed uint64, name string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// model is a built method with its parameters.
type model struct {
	f      fusion.Fusion
	params []*grad.Param
}

func (r rig) shape() fusion.Shape {
	return fusion.Shape{Views: r.views, Outputs: r.outputs(), Regression: r.c.Regression, Multilabel: r.c.Multilabel}
}

// scope is one for a method that is not run.
func scope() *nn.Scope { return nn.NewScope(1, tensor.F64) }

// build makes the method. Its parameters are drawn anew, so that one which starts at zero or one
// hides nothing.
func (r rig) build(t reporter, d tensor.DType, seed uint64) model {
	t.Helper()
	s := nn.NewScope(seed, d)
	f, err := r.m.New(s, r.cfg, r.shape())
	if err != nil {
		t.Fatalf("cannot build %s for %v: %v", r.m.Name, r.views, err)
	}
	m := model{f: f, params: s.Params()}
	for _, p := range m.params {
		rng := stream(seed, p.Name)
		draw := tensor.New(tensor.F64, p.Value.Shape...)
		for i := range draw.F64 {
			draw.F64[i] = 0.5 * rng.NormFloat64()
		}
		p.Value.CopyFrom(draw)
	}
	return m
}

// param returns the parameter called name, or nil.
func (m model) param(name string) *grad.Param {
	for _, p := range m.params {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// result is what one call gave, in float64.
type result struct {
	z, weights, logvar *tensor.Tensor
	final              bool
	loss               float64
	dx                 []*tensor.Tensor
	dp                 []*tensor.Tensor // in the order of model.params
}

// call runs the model on b and back from a fixed random combination of all its outputs.
func (m model) call(t *grad.Tape, b batch, d tensor.DType) result {
	in, leaves := m.input(t, b, d)
	out := m.f.Forward(t, in)
	loss := combination(t, out.Z, d, "z")
	if out.Weights != nil {
		loss = t.Add(loss, combination(t, out.Weights, d, "weights"))
	}
	if out.LogVar != nil {
		loss = t.Add(loss, combination(t, out.LogVar, d, "logvar"))
	}
	t.Backward(loss)
	r := result{z: copied(out.Z), weights: copied(out.Weights), logvar: copied(out.LogVar), final: out.Final, loss: loss.Value().At(0)}
	return m.gradients(r, leaves)
}

// input puts b on the tape, with the leaves of the views, and forgets all gradients.
func (m model) input(t *grad.Tape, b batch, d tensor.DType) (fusion.Input, []*grad.Var) {
	t.Reset()
	in := fusion.Input{Present: b.present.As(d), RowGroups: b.groups}
	leaves := make([]*grad.Var, len(b.xs))
	for k, x := range b.xs {
		leaves[k] = t.Input(x.As(d).Clone())
		in.Views = append(in.Views, fusion.View{X: leaves[k], Lengths: b.lengths[k]})
	}
	for _, p := range m.params {
		p.Grad.Zero()
	}
	return in, leaves
}

// gradients adds those of the leaves and of the parameters to r.
func (m model) gradients(r result, leaves []*grad.Var) result {
	for _, x := range leaves {
		g := tensor.New(tensor.F64, x.Shape()...)
		if x.Grad() != nil {
			g.CopyFrom(x.Grad())
		}
		r.dx = append(r.dx, g)
	}
	for _, p := range m.params {
		r.dp = append(r.dp, p.Grad.As(tensor.F64).Clone())
	}
	return r
}

// combination is Σ x·g with a fixed random g.
func combination(t *grad.Tape, x *grad.Var, d tensor.DType, name string) *grad.Var {
	rng := stream(7, name)
	g := tensor.New(tensor.F64, x.Shape()...)
	for i := range g.F64 {
		g.F64[i] = rng.NormFloat64()
	}
	return t.Sum(t.Mul(x, t.Const(g.As(d))))
}

func copied(v *grad.Var) *tensor.Tensor {
	if v == nil {
		return nil
	}
	return v.Value().As(tensor.F64).Clone()
}
