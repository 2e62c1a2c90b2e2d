package grad

import (
	"github.com/fusor-ml/fusor/internal/kernel"
	"github.com/fusor-ml/fusor/tensor"
)

var (
	opConcat    = operation{"Concat", both(concatForward[float32], concatForward[float64]), both(concatBackward[float32], concatBackward[float64])}
	opConcat0   = operation{"ConcatRows", both(concatRowsForward[float32], concatRowsForward[float64]), both(concatRowsBackward[float32], concatRowsBackward[float64])}
	opSlice     = operation{"Slice", both(sliceForward[float32], sliceForward[float64]), both(sliceBackward[float32], sliceBackward[float64])}
	opTranspose = operation{"Transpose2", both(transposeForward[float32], transposeForward[float64]), both(transposeBackward[float32], transposeBackward[float64])}
)

// Reshape returns x under another shape with as many elements. It shares x's memory.
func (t *Tape) Reshape(x *Var, shape ...int) *Var {
	if tensor.Size(shape) != x.Len() {
		badPair("Reshape", x.val.Shape, shape)
	}
	v := t.part(x, 0, x.Len())
	v.val.Shape = append(v.val.Shape, shape...)
	return v
}

// SliceRows returns x[from:to] along the first axis. It shares x's memory.
func (t *Tape) SliceRows(x *Var, from, to int) *Var {
	if x.Rank() == 0 || from < 0 || to < from || to > x.Dim(0) {
		badShape("SliceRows", x.val.Shape, "long enough along its first axis")
	}
	row := tensor.Size(x.val.Shape[1:])
	v := t.part(x, from*row, (to-from)*row)
	v.val.Shape = append(v.val.Shape, to-from)
	v.val.Shape = append(v.val.Shape, x.val.Shape[1:]...)
	return v
}

// Row returns x[i] along the first axis, which goes away. It shares x's memory.
func (t *Tape) Row(x *Var, i int) *Var {
	if x.Rank() == 0 || i < 0 || i >= x.Dim(0) {
		badShape("Row", x.val.Shape, "long enough along its first axis")
	}
	row := tensor.Size(x.val.Shape[1:])
	v := t.part(x, i*row, row)
	v.val.Shape = append(v.val.Shape, x.val.Shape[1:]...)
	return v
}

// part returns n elements of x from off on, without a shape.
func (t *Tape) part(x *Var, off, n int) *Var {
	v := t.node(&opView, x)
	v.base, v.off = x, off
	if t.dtype == tensor.F64 {
		v.val.F64, v.val.F32 = x.val.F64[off:off+n:off+n], nil
	} else {
		v.val.F32, v.val.F64 = x.val.F32[off:off+n:off+n], nil
	}
	return v
}

// Concat joins along the last axis: [..., D1], [..., D2], … -> [..., ΣD].
func (t *Tape) Concat(xs ...*Var) *Var {
	if len(xs) == 0 {
		badCount("Concat", "operands", 0, 1)
	}
	v := t.next(&opConcat)
	cols := 0
	rows := xs[0].Len() / max(lastOf("Concat", xs[0]), 1)
	for _, x := range xs {
		v.use(x)
		c := lastOf("Concat", x)
		if x.Rank() != xs[0].Rank() || !tensor.SameShape(x.val.Shape[:x.Rank()-1], xs[0].val.Shape[:x.Rank()-1]) {
			badPair("Concat", xs[0].val.Shape, x.val.Shape)
		}
		if c > 0 {
			rows = x.Len() / c
		}
		cols += c
	}
	v.n[0], v.n[1] = rows, cols
	v.val.Shape = append(append(v.val.Shape, xs[0].val.Shape[:xs[0].Rank()-1]...), cols)
	t.room(&v.val, rows*cols)
	return v.run()
}

// Stack puts V values of shape [B, D] side by side: [B, V, D].
func (t *Tape) Stack(xs ...*Var) *Var {
	for _, x := range xs {
		rank("Stack", x, 2, "[B, D]")
		sameShape("Stack", xs[0], x)
	}
	v := t.Concat(xs...)
	v.val.Shape = append(v.val.Shape[:0], xs[0].Dim(0), len(xs), xs[0].Dim(1))
	return v
}

func concatForward[T kernel.Float](t *Tape, v *Var) {
	y, at := data[T](v), 0
	for _, x := range v.in {
		c := x.Dim(-1)
		kernel.CopyCols(y[min(at, len(y)):], v.n[1], data[T](x), c, v.n[0], c)
		at += c
	}
}

func concatBackward[T kernel.Float](t *Tape, v *Var) {
	dy, at := pick[T](&v.grd), 0
	for _, x := range v.in {
		c := x.Dim(-1)
		switch dx, add := gradOf[T](t, x); {
		case dx == nil:
		case add:
			kernel.AddCols(dx, c, dy[min(at, len(dy)):], v.n[1], v.n[0], c)
		default:
			kernel.CopyCols(dx, c, dy[min(at, len(dy)):], v.n[1], v.n[0], c)
		}
		at += c
	}
}

// ConcatRows joins along the first axis: [N1, ...], [N2, ...], … -> [ΣN, ...].
func (t *Tape) ConcatRows(xs ...*Var) *Var {
	if len(xs) == 0 {
		badCount("ConcatRows", "operands", 0, 1)
	}
	v := t.next(&opConcat0)
	rows, n := 0, 0
	for _, x := range xs {
		v.use(x)
		if x.Rank() == 0 || !tensor.SameShape(x.val.Shape[1:], xs[0].val.Shape[1:]) {
			badPair("ConcatRows", xs[0].val.Shape, x.val.Shape)
		}
		rows += x.Dim(0)
		n += x.Len()
	}
	v.val.Shape = append(append(v.val.Shape, rows), xs[0].val.Shape[1:]...)
	t.room(&v.val, n)
	return v.run()
}

func concatRowsForward[T kernel.Float](t *Tape, v *Var) {
	y := data[T](v)
	for _, x := range v.in {
		y = y[copy(y, data[T](x)):]
	}
}

func concatRowsBackward[T kernel.Float](t *Tape, v *Var) {
	dy := pick[T](&v.grd)
	for _, x := range v.in {
		passOn(t, x, dy[:x.Len()])
		dy = dy[x.Len():]
	}
}

// Slice returns x[..., from:to].
func (t *Tape) Slice(x *Var, from, to int) *Var {
	cols := lastOf("Slice", x)
	if from < 0 || to < from || to > cols {
		badRange("Slice", to, cols)
	}
	v := t.node(&opSlice, x)
	v.n = [4]int{x.Len() / max(cols, 1), cols, from, to - from}
	v.val.Shape = append(append(v.val.Shape, x.val.Shape[:x.Rank()-1]...), to-from)
	t.room(&v.val, v.n[0]*v.n[3])
	return v.run()
}

// Select returns x[:, v]: x [B, V, D] -> [B, D].
func (t *Tape) Select(x *Var, i int) *Var {
	rank("Select", x, 3, "[B, V, D]")
	B, V, D := x.Dim(0), x.Dim(1), x.Dim(2)
	if i < 0 || i >= V {
		badRange("Select", i, V)
	}
	v := t.node(&opSlice, x)
	v.n = [4]int{B, V * D, i * D, D}
	return v.shape(B, D).run()
}

func sliceForward[T kernel.Float](t *Tape, v *Var) {
	rows, cols, from, n := v.n[0], v.n[1], v.n[2], v.n[3]
	x := data[T](v.in[0])
	kernel.CopyCols(data[T](v), n, x[min(from, len(x)):], cols, rows, n)
}

func sliceBackward[T kernel.Float](t *Tape, v *Var) {
	rows, cols, from, n := v.n[0], v.n[1], v.n[2], v.n[3]
	dx := gradAdd[T](t, v.in[0])
	kernel.AddCols(dx[min(from, len(dx)):], cols, pick[T](&v.grd), n, rows, n)
}

// Transpose2 returns the transpose of a matrix.
func (t *Tape) Transpose2(x *Var) *Var {
	rank("Transpose2", x, 2, "[m, n]")
	return t.node(&opTranspose, x).shape(x.Dim(1), x.Dim(0)).run()
}

func transposeForward[T kernel.Float](t *Tape, v *Var) {
	kernel.Transpose(data[T](v), data[T](v.in[0]), v.in[0].Dim(0), v.in[0].Dim(1))
}

func transposeBackward[T kernel.Float](t *Tape, v *Var) {
	kernel.TransposeAdd(gradAdd[T](t, v.in[0]), pick[T](&v.grd), v.Dim(0), v.Dim(1))
}
