// Package optim holds optimizers, gradient clipping and learning-rate schedules.
//
// An optimizer keeps its parameters in the order it was given, and walks them in that order.
// Parameters that lie side by side in memory (see Flatten) are updated as one vector; the numbers
// are the same either way.
//
// Sparse parameters are updated lazily: a step changes only the rows that got a gradient, their
// moments too. A row that is not read keeps its value, its momentum and is not decayed; the bias
// correction of Adam counts the steps of the optimizer, not of the row (as PyTorch's SparseAdam
// does).
package optim

import (
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/internal/kernel"
	"github.com/fusor-ml/fusor/tensor"
)

// Optimizer changes parameters by their gradients.
type Optimizer interface {
	// Step updates every parameter with the learning rate lr. It leaves the gradients as they are.
	Step(lr float64)
	// State returns everything that the following steps depend on but the parameters, as bytes that
	// don't depend on the machine.
	State() ([]byte, error)
	// Load takes a state of the same kind of optimizer with the same parameters; the following steps
	// are bit for bit those of the optimizer that the state is of. After an error nothing has changed.
	Load(state []byte) error
}

// ZeroGrad sets all gradients to zero, of sparse parameters the rows that have one.
func ZeroGrad(params []*grad.Param) {
	for _, p := range params {
		p.ZeroGrad()
	}
}

// span is a stretch of elements that one kernel call updates: of a dense parameter, or of several
// side by side.
type span struct {
	value, grad tensor.Tensor
	m, v        tensor.Tensor // moments; empty where the optimizer has none
	decay       bool
	sparse      *grad.Param // the rows of this one, if not nil
	cols        int
}

// spans lays out the parameters that have a gradient, with room for 0 to 2 moments.
func spans(params []*grad.Param, moments int) []span {
	var all []span
	for _, p := range params {
		if p.Grad == nil || p.Value.Len() == 0 {
			continue
		}
		s := span{value: flat(p.Value), grad: flat(p.Grad), decay: !p.NoDecay}
		if p.Sparse {
			s.sparse, s.cols = p, p.Cols()
		}
		if n := len(all); n > 0 && s.sparse == nil && all[n-1].sparse == nil && all[n-1].decay == s.decay {
			if v, ok := join(all[n-1].value, s.value); ok {
				if g, ok := join(all[n-1].grad, s.grad); ok {
					all[n-1].value, all[n-1].grad = v, g
					continue
				}
			}
		}
		all = append(all, s)
	}
	for i := range all {
		d, n := all[i].value.DType(), all[i].value.Len()
		if moments > 0 {
			all[i].m = flat(tensor.New(d, n))
		}
		if moments > 1 {
			all[i].v = flat(tensor.New(d, n))
		}
	}
	return all
}

// flat returns a tensor without its shape.
func flat(x *tensor.Tensor) tensor.Tensor { return tensor.Tensor{F32: x.F32, F64: x.F64} }

// join returns a and b as one, if b follows a in one block of memory.
func join(a, b tensor.Tensor) (tensor.Tensor, bool) {
	if a.DType() != b.DType() {
		return a, false
	}
	var ok bool
	if a.F64 != nil {
		a.F64, ok = follow(a.F64, b.F64)
	} else {
		a.F32, ok = follow(a.F32, b.F32)
	}
	return a, ok
}

func follow[T kernel.Float](a, b []T) ([]T, bool) {
	n := len(a) + len(b)
	if cap(a) < n || &a[:n][len(a)] != &b[0] {
		return a, false
	}
	return a[:n], true
}
