package grad

import (
	"github.com/fusor-ml/fusor/internal/kernel"
	"github.com/fusor-ml/fusor/tensor"
)

var (
	opGather = operation{"GatherRows", both(gatherForward[float32], gatherForward[float64]), both(gatherBackward[float32], gatherBackward[float64])}
	opBag    = operation{"EmbeddingBag", both(bagForward[float32], bagForward[float64]), both(bagBackward[float32], bagBackward[float64])}
)

// GatherRows returns the rows x[idx[i]] of x [N, D]: [len(idx), D], zeros where an index is -1. Its
// gradient adds the rows up where they came from.
func (t *Tape) GatherRows(x *Var, idx []int32) *Var {
	rank("GatherRows", x, 2, "[N, D]")
	return t.gather("GatherRows", x, idx).shape(len(idx), x.Dim(1)).run()
}

// Embedding returns the rows w[ids[i]] of w [V, D] as shape + [D], zeros where an id is below 0.
// For a sparse parameter it notes the rows that get a gradient.
func (t *Tape) Embedding(w *Var, ids []int32, shape ...int) *Var {
	rank("Embedding", w, 2, "[V, D]")
	if tensor.Size(shape) != len(ids) {
		badCount("Embedding", "ids", len(ids), tensor.Size(shape))
	}
	v := t.gather("Embedding", w, ids)
	v.val.Shape = append(append(v.val.Shape, shape...), w.Dim(1))
	t.room(&v.val, len(ids)*w.Dim(1))
	return v.run()
}

func (t *Tape) gather(op string, x *Var, idx []int32) *Var {
	v := t.node(&opGather, x)
	v.setIDs(op, idx, x.Dim(0))
	v.n[0] = x.Dim(1)
	return v
}

// setIDs stores row numbers below n in ids.
func (v *Var) setIDs(op string, idx []int32, n int) {
	for _, i := range idx {
		if int(i) >= n {
			badRange(op, int(i), n)
		}
	}
	v.ids = append(v.ids[:0], idx...)
}

func gatherForward[T kernel.Float](t *Tape, v *Var) {
	kernel.GatherRows(data[T](v), data[T](v.in[0]), v.ids, v.n[0])
}

func gatherBackward[T kernel.Float](t *Tape, v *Var) {
	kernel.ScatterAddRows(gradRows[T](t, v.in[0], v.ids), pick[T](&v.grd), v.ids, v.n[0])
}

// gradRows is gradAdd for an operation that adds to some rows only: of a sparse parameter it notes
// just these.
func gradRows[T kernel.Float](t *Tape, x *Var, ids []int32) []T {
	p := x.param
	if p == nil || !p.Sparse {
		return gradAdd[T](t, x)
	}
	if len(p.Rows) > 4*len(ids)+1024 {
		p.Touched()
	}
	for _, i := range ids {
		if i >= 0 {
			p.Rows = append(p.Rows, i)
		}
	}
	return pick[T](p.Grad)
}

// EmbeddingBag returns weighted sums of rows of w [V, D]: row b is the sum over i from offsets[b]
// to offsets[b+1] of weights[i] w[ids[i]], [len(offsets)-1, D]. A nil weights means ones; ids below
// 0 are left out; an empty bag is zeros.
func (t *Tape) EmbeddingBag(w *Var, ids, offsets []int32, weights []float32) *Var {
	rank("EmbeddingBag", w, 2, "[V, D]")
	if len(offsets) == 0 {
		badCount("EmbeddingBag", "offsets", 0, 1)
	}
	if weights != nil && len(weights) != len(ids) {
		badCount("EmbeddingBag", "weights", len(weights), len(ids))
	}
	for b, o := range offsets {
		if o < 0 || int(o) > len(ids) || b > 0 && o < offsets[b-1] {
			badRange("EmbeddingBag", int(o), len(ids))
		}
	}
	v := t.node(&opBag, w)
	v.setIDs("EmbeddingBag", ids, w.Dim(0))
	v.ids2 = append(v.ids2[:0], offsets...)
	v.f32s, v.flag = append(v.f32s[:0], weights...), weights != nil
	v.n[0] = w.Dim(1)
	return v.shape(len(offsets)-1, w.Dim(1)).run()
}

// weights returns what EmbeddingBag or CrossEntropy was given, nil if nothing.
func (v *Var) weights() []float32 {
	if !v.flag {
		return nil
	}
	return v.f32s
}

func bagForward[T kernel.Float](t *Tape, v *Var) {
	kernel.Bag(data[T](v), data[T](v.in[0]), v.ids, v.ids2, v.weights(), v.n[0])
}

func bagBackward[T kernel.Float](t *Tape, v *Var) {
	kernel.BagGrad(gradRows[T](t, v.in[0], v.ids), pick[T](&v.grd), v.ids, v.ids2, v.weights(), v.n[0])
}
