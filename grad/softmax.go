package grad

import (
	"github.com/fusor-ml/fusor/internal/kernel"
	"github.com/fusor-ml/fusor/tensor"
)

var (
	opSoftmax       = operation{"Softmax", both(softmaxForward[float32], softmaxForward[float64]), both(softmaxBackward[float32], softmaxBackward[float64])}
	opLogSoftmax    = operation{"LogSoftmax", both(logSoftmaxForward[float32], logSoftmaxForward[float64]), both(logSoftmaxBackward[float32], logSoftmaxBackward[float64])}
	opMaskedSoftmax = operation{"MaskedSoftmax", both(maskedSoftmaxForward[float32], maskedSoftmaxForward[float64]), both(maskedSoftmaxBackward[float32], maskedSoftmaxBackward[float64])}
)

// Softmax returns exp(x)/Σ exp(x) along the last axis.
func (t *Tape) Softmax(x *Var) *Var { return t.alongLast(&opSoftmax, x) }

// LogSoftmax returns x - ln Σ exp(x) along the last axis.
func (t *Tape) LogSoftmax(x *Var) *Var { return t.alongLast(&opLogSoftmax, x) }

func (t *Tape) alongLast(op *operation, x *Var) *Var {
	v := t.node(op, x)
	v.n[0] = lastOf(op.name, x)
	return v.like(x).run()
}

// MaskedSoftmax is Softmax over the elements where mask, of x's shape, is not zero; the others
// become zero, and what is there has no effect. Rows without any element become zeros.
func (t *Tape) MaskedSoftmax(x *Var, mask *tensor.Tensor) *Var {
	if mask.Len() != x.Len() {
		badPair("MaskedSoftmax", x.val.Shape, mask.Shape)
	}
	v := t.node(&opMaskedSoftmax, x)
	v.n[0] = lastOf("MaskedSoftmax", x)
	t.take(&v.other, mask)
	return v.like(x).run()
}

func softmaxForward[T kernel.Float](t *Tape, v *Var) {
	kernel.Softmax(data[T](v), data[T](v.in[0]), v.n[0])
}

func softmaxBackward[T kernel.Float](t *Tape, v *Var) {
	kernel.SoftmaxGrad(gradAdd[T](t, v.in[0]), data[T](v), pick[T](&v.grd), v.n[0])
}

func logSoftmaxForward[T kernel.Float](t *Tape, v *Var) {
	kernel.LogSoftmax(data[T](v), data[T](v.in[0]), v.n[0])
}

func logSoftmaxBackward[T kernel.Float](t *Tape, v *Var) {
	kernel.LogSoftmaxGrad(gradAdd[T](t, v.in[0]), data[T](v), pick[T](&v.grd), v.n[0])
}

func maskedSoftmaxForward[T kernel.Float](t *Tape, v *Var) {
	kernel.MaskedSoftmax(data[T](v), data[T](v.in[0]), pick[T](&v.other), v.n[0])
}

func maskedSoftmaxBackward[T kernel.Float](t *Tape, v *Var) {
	kernel.MaskedSoftmaxGrad(gradAdd[T](t, v.in[0]), data[T](v), pick[T](&v.grd), pick[T](&v.other), v.n[0])
}
