package fusiontest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
)

// recorder notes whether a law was broken.
type recorder struct{ broken bool }

type stop struct{}

func (*recorder) Helper()                 {}
func (r *recorder) Errorf(string, ...any) { r.broken = true }
func (r *recorder) Fatalf(string, ...any) { r.broken = true; panic(stop{}) }

// broken lists the laws that the method breaks in its first case.
func broken(m fusion.Method) (names []string) {
	r := newRig(m, m.Laws.Cases[0])
	for _, l := range laws {
		if l.applies != nil && !l.applies(r) {
			continue
		}
		var rec recorder
		func() {
			defer func() {
				if p := recover(); p != nil && p != (stop{}) {
					panic(p)
				}
			}()
			l.check(r, &rec)
		}()
		if rec.broken {
			names = append(names, l.name)
		}
	}
	return names
}

// made is a fusion from functions: the sum of proj.k(x_k) over the present views, with a fault.
type made struct {
	proj    []*nn.Linear
	forward func(m *made, t *grad.Tape, in fusion.Input) *grad.Var
	calls   int
}

func (m *made) OutDim() int { return 3 }
func (m *made) Forward(t *grad.Tape, in fusion.Input) fusion.Output {
	return fusion.Output{Z: m.forward(m, t, in)}
}

// learned is a fusion with a loss of its own: the mean square of the rows that have a view.
type learned struct {
	*made
	fault bool
}

func (l *learned) Loss(t *grad.Tape, in fusion.Input, out fusion.Output, _ fusion.Target) *grad.Var {
	n, z := 0.0, t.Square(out.Z)
	for b := range in.Rows() {
		some := false
		for k := range in.Views {
			some = some || in.IsPresent(b, k)
		}
		if some {
			n++
		}
	}
	loss := t.Scale(t.Sum(z), 1/max(n, 1))
	if l.fault {
		loss = t.Add(loss, t.Sum(in.Views[0].X))
	}
	return loss
}

// method is the table entry of a fusion with this forward function.
func method(forward func(m *made, t *grad.Tape, in fusion.Input) *grad.Var) fusion.Method {
	return fusion.Method{
		Name: "made",
		Build: func(s *nn.Scope, _ fusion.Config, shape fusion.Shape) (fusion.Fusion, error) {
			m := &made{forward: forward}
			for k, v := range shape.Views {
				m.proj = append(m.proj, nn.NewLinear(s.Sub("proj").Sub(fmt.Sprint(k)), v.Dim, 3))
			}
			return m, nil
		},
		Laws: fusion.Laws{Permutable: true, Indexed: []string{"proj"}, Cases: []fusion.Case{{Drop: true}}},
	}
}

// sum is the right way; each argument may be the identity.
func sum(before, after func(t *grad.Tape, x *grad.Var, mask []float32) *grad.Var) func(*made, *grad.Tape, fusion.Input) *grad.Var {
	return func(m *made, t *grad.Tape, in fusion.Input) *grad.Var {
		var z *grad.Var
		for k, v := range in.Views {
			mask := make([]float32, in.Present.Dim(0))
			for b := range mask {
				mask[b] = float32(in.Present.At(b, k))
			}
			h := after(t, m.proj[k].Forward(t, before(t, v.X, mask)), mask)
			if z == nil {
				z = h
			} else {
				z = t.Add(z, h)
			}
		}
		return z
	}
}

// A sound method breaks no law, and each kind of fault breaks the law that is there for it.
func TestLawsFindFaults(t *testing.T) {
	mask := func(t *grad.Tape, x *grad.Var, mask []float32) *grad.Var { return t.MaskRows(x, mask) }
	pass := func(_ *grad.Tape, x *grad.Var, _ []float32) *grad.Var { return x }
	sound := sum(mask, mask)
	f := func(what string, forward func(*made, *grad.Tape, fusion.Input) *grad.Var, want ...string) {
		t.Helper()
		got := broken(method(forward))
		if len(want) == 0 && len(got) > 0 {
			t.Errorf("%s: breaks %q", what, got)
		}
		for _, w := range want {
			if !slices.Contains(got, w) {
				t.Errorf("%s: breaks %q, and should break %q", what, got, w)
			}
		}
	}
	f("sound", sound)
	f("absent content is read", sum(pass, pass), "absent content", "dropped view", "nothing present")
	f("absent content reaches gradients", sum(pass, mask), "absent content", "nothing present")
	f("an absent view adds its bias", sum(mask, pass), "dropped view")
	f("a parameter is not used", func(m *made, t *grad.Tape, in fusion.Input) *grad.Var {
		short := in
		short.Views = in.Views[:max(1, len(in.Views)-1)]
		return sound(m, t, short)
	}, "every parameter")
	f("the order matters", func(m *made, t *grad.Tape, in fusion.Input) *grad.Var {
		x := t.MaskRows(in.Views[0].X, make([]float32, in.Present.Dim(0)))
		return t.Add(sound(m, t, in), t.Scale(m.proj[0].Forward(t, x), 2))
	}, "order of views")
	f("rows mix", func(m *made, t *grad.Tape, in fusion.Input) *grad.Var {
		z := sound(m, t, in)
		idx := make([]int32, z.Dim(0))
		return t.Add(z, t.GatherRows(z, idx))
	}, "rows")
	f("the gradient is cut", func(m *made, t *grad.Tape, in fusion.Input) *grad.Var {
		z := sound(m, t, in)
		return t.Add(z, t.Const(t.Square(z).Value().Clone()))
	}, "gradients")
	f("a call remembers", func(m *made, t *grad.Tape, in fusion.Input) *grad.Var {
		if t.Training() {
			m.calls++
		}
		return t.AddScalar(sound(m, t, in), float64(m.calls))
	}, "determinism")
	f("not finite without views", func(m *made, t *grad.Tape, in fusion.Input) *grad.Var {
		n := t.NewConst(in.Present.Dim(0))
		for b := range in.Present.Dim(0) {
			here := 0.0
			for k := range in.Views {
				here += in.Present.At(b, k)
			}
			n.Value().SetFlat(1/here, b)
		}
		return t.ScaleRows(sound(m, t, in), n)
	}, "nothing present")
	f("overflows", func(m *made, t *grad.Tape, in fusion.Input) *grad.Var {
		z := t.Exp(sound(m, t, in))
		return t.Div(z, t.AddScalar(z, 1))
	}, "large input")
	f("too coarse in float32", func(m *made, t *grad.Tape, in fusion.Input) *grad.Var {
		return t.AddScalar(t.AddScalar(sound(m, t, in), 1e4), -1e4)
	}, "float32")
	for _, fault := range []bool{false, true} {
		learner := method(nil)
		learner.Build = func(s *nn.Scope, cfg fusion.Config, shape fusion.Shape) (fusion.Fusion, error) {
			b, err := method(sound).Build(s, cfg, shape)
			return &learned{b.(*made), fault}, err
		}
		if got := broken(learner); slices.Contains(got, "own loss") != fault {
			t.Errorf("a loss of its own that reads what is absent: %t, breaks %q", fault, got)
		}
	}
	hidden := 0.0
	unsaved := method(nil)
	build := unsaved.Build
	unsaved.Build = func(s *nn.Scope, cfg fusion.Config, shape fusion.Shape) (fusion.Fusion, error) {
		b, err := build(s, cfg, shape)
		hidden++
		bias := hidden
		b.(*made).forward = func(m *made, t *grad.Tape, in fusion.Input) *grad.Var {
			return t.AddScalar(sound(m, t, in), bias)
		}
		return b, err
	}
	if got := broken(unsaved); !slices.Contains(got, "save and load") {
		t.Errorf("a number is not saved: breaks %q", got)
	}
}
