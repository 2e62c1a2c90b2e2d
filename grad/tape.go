package grad

import (
	"github.com/fusor-ml/fusor/internal/kernel"
	"github.com/fusor-ml/fusor/tensor"
)

// Tape records operations. Make one with NewTape; the zero value is not ready.
type Tape struct {
	dtype     tensor.DType
	recording bool
	training  bool
	frozen    bool
	workers   int
	seed      uint64
	step      uint64
	drops     uint64 // dropout operations since Reset

	vars []*Var // the first n are in use
	n    int
	m32  arena[float32] // values, gradients and what is kept, until Reset
	m64  arena[float64]
	s32  arena[float32] // scratch of one operation
	s64  arena[float64]

	frozen32 frozenWeights[float32]
	frozen64 frozenWeights[float64]

	lstm32 lstmJob[float32]
	lstm64 lstmJob[float64]
	attn32 attentionJob[float32]
	attn64 attentionJob[float64]
}

// NewTape returns an empty tape that computes in d. It records, does not train (dropout is off) and
// uses one worker.
func NewTape(d tensor.DType) *Tape {
	return &Tape{dtype: d, recording: true, workers: 1}
}

// DType returns the element type that the tape computes in.
func (t *Tape) DType() tensor.DType { return t.dtype }

// Reset forgets all operations and takes back their memory.
func (t *Tape) Reset() {
	t.n, t.drops = 0, 0
	t.m32.reset()
	t.m64.reset()
	t.s32.reset()
	t.s64.reset()
}

// SetTraining switches dropout on or off.
func (t *Tape) SetTraining(on bool) { t.training = on }

// Training reports whether dropout is on.
func (t *Tape) Training() bool { return t.training }

// SetRecording reports whether operations keep what Backward needs. Without, nothing wants a
// gradient, and an operation yields its working memory back at once.
func (t *Tape) SetRecording(on bool) { t.recording = on }

// SetWorkers sets how many goroutines an operation may use. Results don't depend on it.
func (t *Tape) SetWorkers(n int) { t.workers = max(n, 1) }

// Seed sets the random stream of dropout: it depends on seed, step and the number of dropout
// operations before on the tape.
func (t *Tape) Seed(seed, step uint64) { t.seed, t.step = seed, step }

// Const returns x as a leaf without gradient. The tape reads x's memory, or a converted copy if the
// element types differ.
func (t *Tape) Const(x *tensor.Tensor) *Var {
	v := t.next(&opConst)
	v.val.Shape = append(v.val.Shape, x.Shape...)
	t.take(&v.val, x)
	return v
}

// Input returns x as a leaf that gets a gradient.
func (t *Tape) Input(x *tensor.Tensor) *Var {
	v := t.Const(x)
	v.op, v.needs = &opInput, t.recording
	return v
}

// Param returns a leaf of a learned tensor; Backward adds to its Grad.
func (t *Tape) Param(p *Param) *Var {
	if p.Value.DType() != t.dtype {
		badParam(p, t.dtype)
	}
	v := t.Const(p.Value)
	v.op, v.param, v.needs = &opParam, p, t.recording && p.Grad != nil
	return v
}

// NewConst returns a leaf of zeros in the tape's memory, for callers to fill before they use it.
func (t *Tape) NewConst(shape ...int) *Var {
	v := t.next(&opConst)
	v.val.Shape = append(v.val.Shape, shape...)
	t.room(&v.val, tensor.Size(shape))
	v.val.Zero()
	return v
}

// Backward walks back from a loss of one element. Every leaf that wants a gradient has it
// afterward.
func (t *Tape) Backward(loss *Var) {
	if loss.val.Len() != 1 {
		badOne("Backward", loss)
	}
	if !loss.needs {
		return
	}
	t.seedGrad(loss, nil)
	t.walk(loss.index)
}

// BackwardFrom walks back from several results at once, starting from their gradients.
func (t *Tape) BackwardFrom(outs []*Var, grads []*tensor.Tensor) {
	last := -1
	for i, v := range outs {
		if grads[i].Len() != v.val.Len() {
			badPair("BackwardFrom", v.val.Shape, grads[i].Shape)
		}
		if v.needs {
			t.seedGrad(v, grads[i])
			last = max(last, v.index)
		}
	}
	t.walk(last)
}

// seedGrad adds g, or one, to the gradient of v.
func (t *Tape) seedGrad(v *Var, g *tensor.Tensor) {
	if t.dtype == tensor.F64 {
		seedGrad[float64](t, v, g)
		return
	}
	seedGrad[float32](t, v, g)
}

func seedGrad[T kernel.Float](t *Tape, v *Var, g *tensor.Tensor) {
	dv := gradAdd[T](t, v)
	for i := range dv {
		if g == nil {
			dv[i]++
		} else {
			dv[i] += T(g.Flat(i))
		}
	}
}

// walk runs the backward functions from node last to the first.
func (t *Tape) walk(last int) {
	for i := last; i >= 0; i-- {
		v := t.vars[i]
		if !v.needs || v.op.backward[t.dtype] == nil {
			continue
		}
		reached := v.has || v.some
		for _, o := range v.more {
			reached = reached || o.has
		}
		if reached {
			v.op.backward[t.dtype](t, v)
		}
	}
}
