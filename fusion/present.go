package fusion

import (
	"fmt"

	"github.com/fusor-ml/fusor/grad"
)

// checkViews reports views that a method cannot be built for, and values of cfg out of range.
func checkViews(cfg Config, views []ViewShape, sequences bool) error {
	if len(views) == 0 {
		return fmt.Errorf("there are no views")
	}
	for _, v := range views {
		if v.Dim < 1 {
			return fmt.Errorf("view %q has width %d", v.Name, v.Dim)
		}
		if v.Sequence && !sequences {
			return fmt.Errorf("view %q is a sequence; pool it first", v.Name)
		}
	}
	return cfg.check()
}

// rows is the number of rows of the batch.
func (in Input) rows() int { return in.Present.Dim(0) }

// present reports whether view k is there in row b.
func (in Input) present(b, k int) bool {
	return in.Present.Flat(b*len(in.Views)+k) != 0
}

// mask returns column k of the presence as 0 and 1, [B], in memory of the tape.
func (in Input) mask(t *grad.Tape, k int) []float32 {
	m := floats(t, in.rows())
	for b := range m {
		if in.present(b, k) {
			m[b] = 1
		}
	}
	return m
}

// clean returns view k with the rows where it is absent set to zero, whatever they hold, and the mask.
func (in Input) clean(t *grad.Tape, k int) (*grad.Var, []float32) {
	m := in.mask(t, k)
	return t.MaskRows(in.Views[k].X, m), m
}

// shares returns w[b][k] = 1/(views present in row b) where view k is present, else 0: [B, V].
func (in Input) shares(t *grad.Tape) *grad.Var {
	B, V := in.rows(), len(in.Views)
	w := t.NewConst(B, V)
	for b := range B {
		n := 0
		for k := range V {
			if in.present(b, k) {
				n++
			}
		}
		for k := range V {
			if in.present(b, k) {
				w.Value().SetFlat(1/float64(n), b*V+k)
			}
		}
	}
	return w
}

// floats returns n zeros in memory of the tape where that is float32, which holds them until the tape is reset.
func floats(t *grad.Tape, n int) []float32 {
	if v := t.NewConst(n).Value(); v.F32 != nil {
		return v.F32
	}
	return make([]float32, n)
}

// filled returns a constant with every element v.
func filled(t *grad.Tape, v float64, shape ...int) *grad.Var {
	c := t.NewConst(shape...)
	c.Value().Fill(v)
	return c
}
