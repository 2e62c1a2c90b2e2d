package grad

import "github.com/fusor-ml/fusor/internal/kernel"

var opLinearStack = operation{"LinearStack", both(linearStackForward[float32], linearStackForward[float64]), both(linearStackBackward[float32], linearStackBackward[float64])}

// LinearStack is Stack of Linear(xs[i], ws[i], bs[i]) as one operation: xs [B, in_i], ws [out,
// in_i], bs [out] or nil -> [B, V, out].
func (t *Tape) LinearStack(xs, ws, bs []*Var) *Var {
	if len(xs) == 0 || len(ws) != len(xs) || len(bs) != len(xs) {
		badCount("LinearStack", "weights", len(ws), max(len(xs), 1))
	}
	rank("LinearStack", xs[0], 2, "[B, in]")
	rank("LinearStack", ws[0], 2, "a weight [out, in]")
	B, out := xs[0].Dim(0), ws[0].Dim(0)
	v := t.next(&opLinearStack)
	for i, x := range xs {
		w, b := ws[i], bs[i]
		rank("LinearStack", x, 2, "[B, in]")
		rank("LinearStack", w, 2, "a weight [out, in]")
		if x.Dim(0) != B || w.Dim(0) != out || w.Dim(1) != x.Dim(1) {
			badPair("LinearStack", x.val.Shape, w.val.Shape)
		}
		if b != nil {
			vector("LinearStack", b, out)
		}
		v.use(x)
		v.use(w)
		v.use(b)
	}
	v.n = [4]int{B, len(xs), out}
	return v.shape(B, len(xs), out).run()
}

func linearStackForward[T kernel.Float](t *Tape, v *Var) {
	B, V, out := v.n[0], v.n[1], v.n[2]
	y := data[T](v)
	at := t.mark()
	bias := scratch[T](t, V*out)
	clear(bias)
	for i := range V {
		x, w, b := v.in[3*i], v.in[3*i+1], v.in[3*i+2]
		timesWeight(t, B, data[T](x), w, from(y, i*out), V*out)
		if b != nil {
			copy(bias[i*out:], data[T](b))
		}
	}
	kernel.AddRow(y, y, bias)
	t.release(at)
}

func linearStackBackward[T kernel.Float](t *Tape, v *Var) {
	B, V, out := v.n[0], v.n[1], v.n[2]
	dy := pick[T](&v.grd)
	at := t.mark()
	bias := scratch[T](t, V*out)
	clear(bias)
	kernel.ColSum(bias, dy)
	for i := range V {
		x, w, b := v.in[3*i], v.in[3*i+1], v.in[3*i+2]
		k, g := w.Dim(1), from(dy, i*out)
		if dx, add := gradOf[T](t, x); dx != nil {
			kernel.GemmWorkers(t.workers, false, false, B, k, out, g, V*out, data[T](w), k, dx, k, add)
		}
		if dw, add := gradOf[T](t, w); dw != nil {
			kernel.GemmWorkers(t.workers, true, false, out, k, B, g, V*out, data[T](x), k, dw, k, add)
		}
		if db := gradAdd[T](t, b); db != nil {
			kernel.Accumulate(db, bias[i*out:(i+1)*out])
		}
	}
	t.release(at)
}
