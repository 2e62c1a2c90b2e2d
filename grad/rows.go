package grad

import "github.com/fusor-ml/fusor/internal/kernel"

var (
	opAddRow      = operation{"AddRow", both(addRowForward[float32], addRowForward[float64]), both(addRowBackward[float32], addRowBackward[float64])}
	opMulRow      = operation{"MulRow", both(mulRowForward[float32], mulRowForward[float64]), both(mulRowBackward[float32], mulRowBackward[float64])}
	opScaleRows   = operation{"ScaleRows", both(scaleRowsForward[float32], scaleRowsForward[float64]), both(scaleRowsBackward[float32], scaleRowsBackward[float64])}
	opWhereRows   = operation{"WhereRows", both(whereRowsForward[float32], whereRowsForward[float64]), both(whereRowsBackward[float32], whereRowsBackward[float64])}
	opWeightedSum = operation{"WeightedSum", both(weightedSumForward[float32], weightedSumForward[float64]), both(weightedSumBackward[float32], weightedSumBackward[float64])}
	opOuter       = operation{"Outer", both(outerForward[float32], outerForward[float64]), both(outerBackward[float32], outerBackward[float64])}
)

// AddRow returns x + b for x [..., D] and b [D].
func (t *Tape) AddRow(x, b *Var) *Var { return t.rowwise(&opAddRow, x, b) }

// MulRow returns the products of x [..., D] and w [D].
func (t *Tape) MulRow(x, w *Var) *Var { return t.rowwise(&opMulRow, x, w) }

func (t *Tape) rowwise(op *operation, x, b *Var) *Var {
	vector(op.name, b, lastOf(op.name, x))
	v := t.node(op, x)
	v.use(b)
	return v.like(x).run()
}

func addRowForward[T kernel.Float](t *Tape, v *Var) {
	kernel.AddRow(data[T](v), data[T](v.in[0]), data[T](v.in[1]))
}

func addRowBackward[T kernel.Float](t *Tape, v *Var) {
	dy := pick[T](&v.grd)
	passOn(t, v.in[0], dy)
	if db := gradAdd[T](t, v.in[1]); db != nil {
		kernel.ColSum(db, dy)
	}
}

func mulRowForward[T kernel.Float](t *Tape, v *Var) {
	kernel.MulRow(data[T](v), data[T](v.in[0]), data[T](v.in[1]))
}

func mulRowBackward[T kernel.Float](t *Tape, v *Var) {
	dy, x, w := pick[T](&v.grd), v.in[0], v.in[1]
	if dx := gradAdd[T](t, x); dx != nil {
		kernel.MulAddRow(dx, dy, data[T](w))
	}
	if dw := gradAdd[T](t, w); dw != nil {
		kernel.ColDot(dw, dy, data[T](x))
	}
}

// ScaleRows multiplies each row of x [..., D] by its own factor of c [...].
func (t *Tape) ScaleRows(x, c *Var) *Var {
	cols := lastOf("ScaleRows", x)
	if c.Len()*cols != x.Len() {
		badPair("ScaleRows", x.val.Shape, c.val.Shape)
	}
	v := t.node(&opScaleRows, x)
	v.use(c)
	v.n[0] = cols
	return v.like(x).run()
}

func scaleRowsForward[T kernel.Float](t *Tape, v *Var) {
	kernel.ScaleRows(data[T](v), data[T](v.in[0]), data[T](v.in[1]), v.n[0])
}

func scaleRowsBackward[T kernel.Float](t *Tape, v *Var) {
	dy, x, c := pick[T](&v.grd), v.in[0], v.in[1]
	if dx := gradAdd[T](t, x); dx != nil {
		kernel.ScaleRowsAdd(dx, dy, data[T](c), v.n[0])
	}
	if dc := gradAdd[T](t, c); dc != nil {
		kernel.RowDot(dc, dy, data[T](x), v.n[0])
	}
}

// WhereRows returns the rows of x [B, D] where mask [B] is not zero, and alt [D] elsewhere. The
// content of the other rows of x has no effect.
func (t *Tape) WhereRows(mask []float32, x, alt *Var) *Var {
	v := t.masked("WhereRows", x, mask)
	if alt != nil {
		vector("WhereRows", alt, v.n[0])
	}
	v.use(alt)
	return v.like(x).run()
}

// MaskRows returns x [B, ...] with the rows set to zero where mask [B] is zero: they get no
// gradient, and the content of them, NaN too, has no effect.
func (t *Tape) MaskRows(x *Var, mask []float32) *Var {
	v := t.masked("MaskRows", x, mask)
	v.use(nil)
	return v.like(x).run()
}

func (t *Tape) masked(op string, x *Var, mask []float32) *Var {
	if x.Rank() == 0 || x.Dim(0) != len(mask) {
		badCount(op, "mask values", len(mask), x.Len())
	}
	v := t.node(&opWhereRows, x)
	v.f32s = append(v.f32s[:0], mask...)
	v.n[0] = x.Len() / max(len(mask), 1)
	return v
}

func whereRowsForward[T kernel.Float](t *Tape, v *Var) {
	var alt []T
	if v.in[1] != nil {
		alt = data[T](v.in[1])
	}
	kernel.WhereRows(data[T](v), data[T](v.in[0]), alt, v.f32s, v.n[0])
}

func whereRowsBackward[T kernel.Float](t *Tape, v *Var) {
	kernel.WhereRowsGrad(gradAdd[T](t, v.in[0]), gradAdd[T](t, v.in[1]), pick[T](&v.grd), v.f32s, v.n[0])
}

// WeightedSum returns the sum over v of w[b, v] x[b, v]: x [B, V, D], w [B, V] or, the same for all
// rows, [V] -> [B, D]. A view of weight zero has no effect on the result, even where it is NaN.
func (t *Tape) WeightedSum(x, w *Var) *Var {
	rank("WeightedSum", x, 3, "[B, V, D]")
	B, V, D := x.Dim(0), x.Dim(1), x.Dim(2)
	shared := w.Rank() == 1 && w.Len() == V
	if w.Len() != B*V && !shared {
		badPair("WeightedSum", x.val.Shape, w.val.Shape)
	}
	v := t.node(&opWeightedSum, x)
	v.use(w)
	v.n[0], v.n[1] = V, D
	v.flag = shared && B != 1
	return v.shape(B, D).run()
}

func weightedSumForward[T kernel.Float](t *Tape, v *Var) {
	at := t.mark()
	kernel.WeightedSum(data[T](v), data[T](v.in[0]), rowWeights[T](t, v), v.n[0], v.n[1])
	t.release(at)
}

// rowWeights returns the weights [B, V]; shared ones are repeated in scratch.
func rowWeights[T kernel.Float](t *Tape, v *Var) []T {
	w := data[T](v.in[1])
	if !v.flag {
		return w
	}
	all := scratch[T](t, v.Dim(0)*len(w))
	for i := 0; i < len(all); i += len(w) {
		copy(all[i:], w)
	}
	return all
}

func weightedSumBackward[T kernel.Float](t *Tape, v *Var) {
	x, dw := v.in[0], gradAdd[T](t, v.in[1])
	at := t.mark()
	w, each := rowWeights[T](t, v), dw
	if v.flag && dw != nil {
		each = scratch[T](t, len(w))
		clear(each)
	}
	kernel.WeightedSumGrad(gradAdd[T](t, x), each, data[T](x), w, pick[T](&v.grd), v.n[0], v.n[1])
	if v.flag && dw != nil {
		kernel.ColSum(dw, each)
	}
	t.release(at)
}

// Outer returns the outer product of each row, a's index the slower: a [B, m], b [B, n] -> [B,
// m·n].
func (t *Tape) Outer(a, b *Var) *Var {
	rank("Outer", a, 2, "[B, m]")
	rank("Outer", b, 2, "[B, n]")
	if a.Dim(0) != b.Dim(0) {
		badPair("Outer", a.val.Shape, b.val.Shape)
	}
	v := t.node(&opOuter, a)
	v.use(b)
	v.n = [4]int{a.Dim(0), a.Dim(1), b.Dim(1)}
	return v.shape(v.n[0], v.n[1]*v.n[2]).run()
}

func outerForward[T kernel.Float](t *Tape, v *Var) {
	kernel.Outer(data[T](v), data[T](v.in[0]), data[T](v.in[1]), v.n[0], v.n[1], v.n[2])
}

func outerBackward[T kernel.Float](t *Tape, v *Var) {
	a, b := v.in[0], v.in[1]
	kernel.OuterGrad(gradAdd[T](t, a), gradAdd[T](t, b), data[T](a), data[T](b), pick[T](&v.grd), v.n[0], v.n[1], v.n[2])
}
