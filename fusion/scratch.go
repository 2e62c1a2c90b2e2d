package fusion

import (
	"sync"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/internal/buffer"
)

// scratch lends slices for the arguments of tape operations, which copy what they keep. A method is
// shared by goroutines, so the slices cannot be its own; the pool keeps a steady step from
// allocating.
type scratch struct {
	vars  []*grad.Var
	masks [][]float32
	ints  []int
	ids   []int32
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func borrow() *scratch { return scratches.Get().(*scratch) }

// giveBack ends the loan; the operands are forgotten, so that no tape is kept alive.
func (s *scratch) giveBack() {
	clear(s.vars[:cap(s.vars)])
	clear(s.masks[:cap(s.masks)])
	scratches.Put(s)
}

// views returns room for an operand and a mask per view.
func (s *scratch) views(n int) ([]*grad.Var, [][]float32) {
	s.vars, s.masks = buffer.Grow(s.vars, n), buffer.Grow(s.masks, n)
	return s.vars, s.masks
}
