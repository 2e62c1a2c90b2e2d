package grad

import (
	"github.com/fusor-ml/fusor/internal/kernel"
	"github.com/fusor-ml/fusor/tensor"
)

var (
	opCrossEntropy = operation{"CrossEntropy", both(crossEntropyForward[float32], crossEntropyForward[float64]), both(crossEntropyBackward[float32], crossEntropyBackward[float64])}
	opBCE          = operation{"BCEWithLogits", both(bceForward[float32], bceForward[float64]), both(bceBackward[float32], bceBackward[float64])}
	opMSE          = operation{"MSE", both(mseForward[float32], mseForward[float64]), both(mseBackward[float32], mseBackward[float64])}
	opL1           = operation{"L1", both(l1Forward[float32], l1Forward[float64]), both(l1Backward[float32], l1Backward[float64])}
	opSmoothL1     = operation{"SmoothL1", both(smoothL1Forward[float32], smoothL1Forward[float64]), both(smoothL1Backward[float32], smoothL1Backward[float64])}
)

// LossOptions are the options of CrossEntropy.
type LossOptions struct {
	ClassWeights   []float32 // one per class; nil for ones
	LabelSmoothing float64   // in [0, 1): the share of the target spread over all classes (Szegedy 2016)
}

// CrossEntropy returns -ln softmax(logits)[target], averaged as PyTorch does: the sum over the rows
// of w[target] times the loss, divided by the sum of w[target]. logits [B, C], target [B]; rows
// with a target below 0 are left out, and if none is left the loss is 0. -> [1].
func (t *Tape) CrossEntropy(logits *Var, target []int32, o LossOptions) *Var {
	rank("CrossEntropy", logits, 2, "[B, C]")
	if len(target) != logits.Dim(0) {
		badCount("CrossEntropy", "targets", len(target), logits.Dim(0))
	}
	if o.ClassWeights != nil && len(o.ClassWeights) != logits.Dim(1) {
		badCount("CrossEntropy", "class weights", len(o.ClassWeights), logits.Dim(1))
	}
	v := t.node(&opCrossEntropy, logits)
	v.setIDs("CrossEntropy", target, logits.Dim(1))
	v.f32s, v.flag = append(v.f32s[:0], o.ClassWeights...), o.ClassWeights != nil
	v.x[0] = o.LabelSmoothing
	return v.shape(1).run()
}

func crossEntropyForward[T kernel.Float](t *Tape, v *Var) {
	x := v.in[0]
	at := t.mark()
	data[T](v)[0], v.x[1] = kernel.CrossEntropy(kept[T](t, v, 0, x.Len()), data[T](x), v.ids, v.weights(), v.x[0], x.Dim(1))
	t.release(at)
}

func crossEntropyBackward[T kernel.Float](t *Tape, v *Var) {
	x := v.in[0]
	kernel.CrossEntropyGrad(gradAdd[T](t, x), pick[T](&v.keep[0]), v.ids, v.weights(), v.x[0], x.Dim(1), v.x[1], pick[T](&v.grd)[0])
}

// against records a loss of x and a target with as many elements.
func (t *Tape) against(op *operation, x *Var, target *tensor.Tensor) *Var {
	if target.Len() != x.Len() {
		badPair(op.name, x.val.Shape, target.Shape)
	}
	v := t.node(op, x)
	t.take(&v.other, target)
	return v.shape(1).run()
}

// BCEWithLogits returns the mean binary cross-entropy of sigmoid(logits) and targets in [0, 1]. ->
// [1].
func (t *Tape) BCEWithLogits(logits *Var, target *tensor.Tensor) *Var {
	return t.against(&opBCE, logits, target)
}

// MSE returns the mean of (pred - target)². -> [1].
func (t *Tape) MSE(pred *Var, target *tensor.Tensor) *Var { return t.against(&opMSE, pred, target) }

// L1 returns the mean of |pred - target|. -> [1].
func (t *Tape) L1(pred *Var, target *tensor.Tensor) *Var { return t.against(&opL1, pred, target) }

// SmoothL1 returns the mean of d²/2 where |d| < 1, else |d| - 1/2, d = pred - target (Girshick
// 2015). -> [1].
func (t *Tape) SmoothL1(pred *Var, target *tensor.Tensor) *Var {
	return t.against(&opSmoothL1, pred, target)
}

func bceForward[T kernel.Float](t *Tape, v *Var) {
	data[T](v)[0] = kernel.BCEWithLogits(data[T](v.in[0]), pick[T](&v.other))
}

func bceBackward[T kernel.Float](t *Tape, v *Var) {
	kernel.BCEWithLogitsGrad(gradAdd[T](t, v.in[0]), data[T](v.in[0]), pick[T](&v.other), pick[T](&v.grd)[0])
}

func mseForward[T kernel.Float](t *Tape, v *Var) {
	data[T](v)[0] = kernel.MSE(data[T](v.in[0]), pick[T](&v.other))
}

func mseBackward[T kernel.Float](t *Tape, v *Var) {
	kernel.MSEGrad(gradAdd[T](t, v.in[0]), data[T](v.in[0]), pick[T](&v.other), pick[T](&v.grd)[0])
}

func l1Forward[T kernel.Float](t *Tape, v *Var) {
	data[T](v)[0] = kernel.L1(data[T](v.in[0]), pick[T](&v.other))
}

func l1Backward[T kernel.Float](t *Tape, v *Var) {
	kernel.L1Grad(gradAdd[T](t, v.in[0]), data[T](v.in[0]), pick[T](&v.other), pick[T](&v.grd)[0])
}

func smoothL1Forward[T kernel.Float](t *Tape, v *Var) {
	data[T](v)[0] = kernel.SmoothL1(data[T](v.in[0]), pick[T](&v.other))
}

func smoothL1Backward[T kernel.Float](t *Tape, v *Var) {
	kernel.SmoothL1Grad(gradAdd[T](t, v.in[0]), data[T](v.in[0]), pick[T](&v.other), pick[T](&v.grd)[0])
}
