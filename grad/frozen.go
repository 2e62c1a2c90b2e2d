package grad

import "github.com/fusor-ml/fusor/internal/kernel"

// frozenKey is a weight matrix in memory, as it is stored.
type frozenKey[T kernel.Float] struct {
	first      *T
	rows, cols int
}

// frozenWeights are the weights of a frozen tape, laid out for products. The keys hold their
// memory, so no other matrix can come to stand where one of them stood.
type frozenWeights[T kernel.Float] map[frozenKey[T]]*kernel.Packed[T]

// SetFrozen promises, while on, that no parameter changes its value: the tape then lays out each
// weight for products when it first meets it, and uses that from then on. It is meant for
// prediction; results are the same, bit for bit. A tape that records does not use it. Switching it
// off or on forgets what was laid out.
func (t *Tape) SetFrozen(on bool) {
	t.frozen = on
	t.frozen32, t.frozen64 = nil, nil
}

// laidOut returns the transpose of the weight w [rows, cols] as it is laid out, nil if it has to be
// read where it is.
func laidOut[T kernel.Float](t *Tape, w *Var) *kernel.Packed[T] {
	if !t.frozen || t.recording || root(w).param == nil || w.Len() == 0 {
		return nil
	}
	all := frozenOf[T](t)
	x := data[T](w)
	key := frozenKey[T]{&x[0], w.Dim(0), w.Dim(1)}
	if p := (*all)[key]; p != nil {
		return p
	}
	if *all == nil {
		*all = frozenWeights[T]{}
	}
	p := new(kernel.Packed[T])
	p.Pack(true, key.rows, key.cols, x, key.cols)
	(*all)[key] = p
	return p
}

func frozenOf[T kernel.Float](t *Tape) *frozenWeights[T] {
	if m, ok := any(&t.frozen32).(*frozenWeights[T]); ok {
		return m
	}
	return any(&t.frozen64).(*frozenWeights[T])
}

// timesWeight sets c [m, n] = x [m, k] wᵀ for the weight w [n, k].
func timesWeight[T kernel.Float](t *Tape, m int, x []T, w *Var, c []T, ldc int) {
	n, k := w.Dim(0), w.Dim(1)
	if p := laidOut[T](t, w); p != nil && (t.workers == 1 || m < 64) {
		p.Mul(m, x, k, c, ldc, false)
		return
	}
	kernel.GemmWorkers(t.workers, false, true, m, n, k, x, k, data[T](w), k, c, ldc, false)
}
