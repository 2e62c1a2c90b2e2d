package grad

import "github.com/fusor-ml/fusor/internal/kernel"

var (
	opMatMul = operation{"MatMul", both(matMulForward[float32], matMulForward[float64]), both(matMulBackward[float32], matMulBackward[float64])}
	opLinear = operation{"Linear", both(linearForward[float32], linearForward[float64]), both(linearBackward[float32], linearBackward[float64])}
)

// MatMul returns a b: [m, k] x [k, n] -> [m, n].
func (t *Tape) MatMul(a, b *Var) *Var { return t.product(a, b, false) }

// MatMulT returns a bᵀ: [m, k] x [n, k] -> [m, n].
func (t *Tape) MatMulT(a, b *Var) *Var { return t.product(a, b, true) }

func (t *Tape) product(a, b *Var, transposed bool) *Var {
	rank("MatMul", a, 2, "[m, k]")
	rank("MatMul", b, 2, "[k, n]")
	inner, n := b.Dim(0), b.Dim(1)
	if transposed {
		inner, n = n, inner
	}
	if a.Dim(1) != inner {
		badPair("MatMul", a.val.Shape, b.val.Shape)
	}
	v := t.node(&opMatMul, a)
	v.use(b)
	v.flag = transposed
	v.n = [4]int{a.Dim(0), n, inner}
	return v.shape(a.Dim(0), n).run()
}

func matMulForward[T kernel.Float](t *Tape, v *Var) {
	m, n, k := v.n[0], v.n[1], v.n[2]
	_, ldb := wide(v)
	kernel.GemmWorkers(t.workers, false, v.flag, m, n, k, data[T](v.in[0]), k, data[T](v.in[1]), ldb, data[T](v), n, false)
}

// wide returns the shape of b as it is stored.
func wide(v *Var) (rows, cols int) {
	if v.flag {
		return v.n[1], v.n[2]
	}
	return v.n[2], v.n[1]
}

func matMulBackward[T kernel.Float](t *Tape, v *Var) {
	m, n, k := v.n[0], v.n[1], v.n[2]
	a, b, dy := v.in[0], v.in[1], pick[T](&v.grd)
	rows, cols := wide(v)
	if da, add := gradOf[T](t, a); da != nil { // dy bᵀ
		kernel.GemmWorkers(t.workers, false, !v.flag, m, k, n, dy, n, data[T](b), cols, da, k, add)
	}
	if db, add := gradOf[T](t, b); db != nil {
		if v.flag { // dyᵀ a
			kernel.GemmWorkers(t.workers, true, false, rows, cols, m, dy, n, data[T](a), k, db, cols, add)
		} else { // aᵀ dy
			kernel.GemmWorkers(t.workers, true, false, rows, cols, m, data[T](a), k, dy, n, db, cols, add)
		}
	}
}

// Linear returns x wᵀ + b for x [..., in], w [out, in] and b [out] or nil: [..., out].
func (t *Tape) Linear(x, w, b *Var) *Var { return t.LinearAct(x, w, b, ActNone) }

// LinearAct returns act(x wᵀ + b) as one operation.
func (t *Tape) LinearAct(x, w, b *Var, act Activation) *Var {
	rank("Linear", w, 2, "a weight [out, in]")
	in, out := w.Dim(1), w.Dim(0)
	if lastOf("Linear", x) != in {
		badPair("Linear", x.val.Shape, w.val.Shape)
	}
	v := t.node(&opLinear, x)
	v.use(w)
	v.use(b)
	if b != nil {
		vector("Linear", b, out)
	}
	rows := 1
	for _, d := range x.val.Shape[:x.Rank()-1] {
		v.val.Shape = append(v.val.Shape, d)
		rows *= d
	}
	v.val.Shape = append(v.val.Shape, out)
	t.room(&v.val, rows*out)
	v.n = [4]int{rows, out, in, int(act)}
	return v.run()
}

func linearForward[T kernel.Float](t *Tape, v *Var) {
	m, n, act := v.n[0], v.n[1], Activation(v.n[3])
	y, sum := data[T](v), data[T](v)
	at := t.mark()
	if act == ActGELU {
		sum = kept[T](t, v, 0, m*n)
	}
	timesWeight(t, m, data[T](v.in[0]), v.in[1], sum, n)
	if b := v.in[2]; b != nil {
		kernel.AddRow(sum, sum, data[T](b))
	}
	switch act {
	case ActTanh:
		kernel.Tanh(y, sum)
	case ActSigmoid:
		kernel.Sigmoid(y, sum)
	case ActReLU:
		kernel.ReLU(y, sum)
	case ActGELU:
		kernel.GELU(y, sum)
	}
	t.release(at)
}

func linearBackward[T kernel.Float](t *Tape, v *Var) {
	m, n, k, act := v.n[0], v.n[1], v.n[2], Activation(v.n[3])
	x, w, b := v.in[0], v.in[1], v.in[2]
	at := t.mark()
	dy := pick[T](&v.grd)
	if act != ActNone {
		dz := scratch[T](t, m*n)
		clear(dz)
		switch y := data[T](v); act {
		case ActTanh:
			kernel.TanhGrad(dz, y, dy)
		case ActSigmoid:
			kernel.SigmoidGrad(dz, y, dy)
		case ActReLU:
			kernel.ReLUGrad(dz, y, dy)
		case ActGELU:
			kernel.GELUGrad(dz, pick[T](&v.keep[0]), dy)
		}
		dy = dz
	}
	if dx, add := gradOf[T](t, x); dx != nil {
		kernel.GemmWorkers(t.workers, false, false, m, k, n, dy, n, data[T](w), k, dx, k, add)
	}
	if dw, add := gradOf[T](t, w); dw != nil {
		kernel.GemmWorkers(t.workers, true, false, n, k, m, dy, n, data[T](x), k, dw, k, add)
	}
	if db := gradAdd[T](t, b); db != nil {
		kernel.ColSum(db, dy)
	}
	t.release(at)
}
