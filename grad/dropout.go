package grad

import "github.com/fusor-ml/fusor/internal/kernel"

var opDropout = operation{"Dropout", both(dropoutForward[float32], dropoutForward[float64]), both(dropoutBackward[float32], dropoutBackward[float64])}

// Dropout sets elements to zero with probability p and divides the others by 1-p (Srivastava 2014),
// while the tape trains; else it returns x. Which elements go depends on Seed and on how many
// dropout operations came before, in one step.
func (t *Tape) Dropout(x *Var, p float64) *Var {
	if !(p >= 0 && p < 1) {
		panic("grad: Dropout: the probability is not in [0, 1)")
	}
	if !t.training || p == 0 {
		return x
	}
	v := t.node(&opDropout, x)
	v.x[0] = p
	v.key = mix(mix(mix(t.seed)+t.step) + t.drops)
	t.drops++
	return v.like(x).run()
}

// mix is the output function of SplitMix64 (Steele 2014).
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func dropoutForward[T kernel.Float](t *Tape, v *Var) {
	kernel.Dropout(data[T](v), data[T](v.in[0]), v.x[0], v.key)
}

func dropoutBackward[T kernel.Float](t *Tape, v *Var) {
	kernel.DropoutGrad(gradAdd[T](t, v.in[0]), pick[T](&v.grd), v.x[0], v.key)
}
