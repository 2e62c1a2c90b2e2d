package grad

import "github.com/fusor-ml/fusor/internal/kernel"

var opLayerNorm = operation{"LayerNorm", both(layerNormForward[float32], layerNormForward[float64]), both(layerNormBackward[float32], layerNormBackward[float64])}

// LayerNorm returns (x - mean)/√(variance + eps) w + b along the last axis (Ba 2016): x [..., D], w
// [D], b [D] or nil.
func (t *Tape) LayerNorm(x, w, b *Var, eps float64) *Var {
	n := lastOf("LayerNorm", x)
	vector("LayerNorm", w, n)
	v := t.node(&opLayerNorm, x)
	v.use(w)
	v.use(b)
	if b != nil {
		vector("LayerNorm", b, n)
	}
	v.x[0] = eps
	return v.like(x).run()
}

func layerNormForward[T kernel.Float](t *Tape, v *Var) {
	x, w := data[T](v.in[0]), data[T](v.in[1])
	var b []T
	if v.in[2] != nil {
		b = data[T](v.in[2])
	}
	rows := len(x) / max(len(w), 1)
	at := t.mark()
	kernel.LayerNorm(data[T](v), kept[T](t, v, 0, rows), kept[T](t, v, 1, rows), x, w, b, v.x[0])
	t.release(at)
}

func layerNormBackward[T kernel.Float](t *Tape, v *Var) {
	x, w, b := v.in[0], v.in[1], v.in[2]
	kernel.LayerNormGrad(gradAdd[T](t, x), gradAdd[T](t, w), gradAdd[T](t, b),
		pick[T](&v.keep[0]), pick[T](&v.keep[1]), data[T](x), data[T](w), pick[T](&v.grd))
}
