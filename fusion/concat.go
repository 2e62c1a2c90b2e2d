package fusion

import (
	"strconv"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/nn"
)

// Concat stacks the views on the feature axis:
//
//	z = [x_0; x_1; …]
//
// In place of an absent view is a learned vector, absent.k [D_k], zero at first. With the option
// dim the result goes through `proj` to that width.
type Concat struct {
	absent []*grad.Param
	proj   *nn.Linear
	dim    int
}

var _ Fusion = (*Concat)(nil)

func newConcat(s *nn.Scope, cfg Config, shape Shape) (Fusion, error) {
	views := shape.Views
	c := &Concat{absent: newAbsent(s, views), dim: total(views)}
	if cfg.Int("dim") > 0 {
		c.proj = nn.NewLinear(s.Sub("proj"), c.dim, cfg.Int("dim"))
		c.dim = cfg.Int("dim")
	}
	return c, nil
}

// OutDim is the sum of the widths, or the option dim.
func (c *Concat) OutDim() int { return c.dim }

// Forward returns the views side by side.
func (c *Concat) Forward(t *grad.Tape, in Input) Output {
	z := join(t, in, c.absent)
	if c.proj != nil {
		z = c.proj.Forward(t, z)
	}
	return Output{Z: z}
}

// newAbsent makes absent.k, the vector that represents view k where it is absent.
func newAbsent(s *nn.Scope, views []ViewShape) []*grad.Param {
	absent := make([]*grad.Param, len(views))
	for k, v := range views {
		absent[k] = s.Sub("absent").Param(strconv.Itoa(k), nn.Zeros, v.Dim)
	}
	return absent
}

// join returns [x_0; x_1; …] with absent.k in place of what is absent, [B, ΣD].
func join(t *grad.Tape, in Input, absent []*grad.Param) *grad.Var {
	s := borrow()
	defer s.giveBack()
	xs, _ := s.views(len(in.Views))
	for k, v := range in.Views {
		xs[k] = t.WhereRows(in.Mask(t, k), v.X, t.Param(absent[k]))
	}
	return t.Concat(xs...)
}
