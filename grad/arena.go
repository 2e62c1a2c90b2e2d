package grad

import "github.com/fusor-ml/fusor/internal/kernel"

// arena hands out slices of a few large blocks, in order. reset takes everything back at once;
// release takes back what was handed out since a mark. Memory is not cleared.
type arena[T kernel.Float] struct {
	blocks [][]T
	at     mark
}

// mark is a place in an arena: a block and how much of it is in use.
type mark struct{ block, used int }

const firstBlock = 1 << 14 // elements

// alloc returns n elements of unspecified content.
func (a *arena[T]) alloc(n int) []T {
	for a.at.block < len(a.blocks) {
		b := a.blocks[a.at.block]
		if a.at.used+n <= len(b) {
			s := b[a.at.used : a.at.used+n : a.at.used+n]
			a.at.used += (n + 15) &^ 15 // keep starts on cache lines
			return s
		}
		a.at = mark{block: a.at.block + 1}
	}
	size := firstBlock
	for _, b := range a.blocks {
		size += len(b)
	}
	a.blocks = append(a.blocks, kernel.Block[T](max(size, n)))
	a.at.used = (n + 15) &^ 15
	return a.blocks[a.at.block][:n:n]
}

// release takes back everything handed out since m.
func (a *arena[T]) release(m mark) { a.at = m }

// reset takes everything back. If one block did not suffice, the next step finds one that does.
func (a *arena[T]) reset() {
	if a.at.block > 0 {
		size := 0
		for _, b := range a.blocks {
			size += len(b)
		}
		a.blocks = append(a.blocks[:0:0], kernel.Block[T](size))
	}
	a.at = mark{}
}
