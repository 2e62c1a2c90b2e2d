package grad

import (
	"slices"

	"github.com/fusor-ml/fusor/tensor"
)

// Param is a learned tensor with a name. Backward adds to Grad; a nil Grad freezes the parameter.
type Param struct {
	Name  string
	Value *tensor.Tensor
	Grad  *tensor.Tensor
	// Sparse marks a table of which a step touches a few rows only (an embedding). Optimizers update
	// those alone.
	Sparse bool
	// Rows are the rows of a sparse parameter that got a gradient since ZeroGrad, possibly several
	// times; see Touched.
	Rows []int32
	// NoDecay takes the parameter out of weight decay.
	NoDecay bool
}

// Touched returns the rows of a sparse parameter that may have a gradient, ascending, each once.
func (p *Param) Touched() []int32 {
	slices.Sort(p.Rows)
	p.Rows = slices.Compact(p.Rows)
	return p.Rows
}

// ZeroGrad sets the gradient to zero; of a sparse parameter only the touched rows.
func (p *Param) ZeroGrad() {
	switch {
	case p.Grad == nil:
	case !p.Sparse:
		p.Grad.Zero()
	default:
		cols := p.Cols()
		for _, r := range p.Touched() {
			if p.Grad.F64 != nil {
				clear(p.Grad.F64[int(r)*cols : (int(r)+1)*cols])
			} else {
				clear(p.Grad.F32[int(r)*cols : (int(r)+1)*cols])
			}
		}
	}
	p.Rows = p.Rows[:0]
}

// Cols is the number of elements of one row, the product of all axes but the first.
func (p *Param) Cols() int {
	if len(p.Value.Shape) == 0 {
		return 1
	}
	return tensor.Size(p.Value.Shape[1:])
}

// touchAll notes that every row may have a gradient.
func (p *Param) touchAll() {
	p.Rows = p.Rows[:0]
	for r := range p.Value.Dim(0) {
		p.Rows = append(p.Rows, int32(r))
	}
}
