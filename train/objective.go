package train

import (
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/model"
	"github.com/fusor-ml/fusor/tensor"
)

// goals are what is to be predicted of some rows, as the task has it.
type goals struct {
	class  []int32
	labels *tensor.Tensor // [rows, labels]
	target *tensor.Tensor // [rows]
	rows   []int32
}

// objective is what a step makes smaller: the task's loss, or the fusion's own one, and that of
// what each view predicts by itself; of a stacker this alone.
func (t *trainer) objective(out model.Output) *grad.Var {
	if s := t.losses.LabelSmoothing; s > 0 && t.m.Spec.Multilabel {
		for i, y := range t.batch.Labels.F32 {
			t.batch.Labels.F32[i] = y*float32(1-s) + float32(s/2)
		}
	}
	var loss *grad.Var
	weight := t.m.Spec.Auxiliary
	switch {
	case t.m.Stacker() != nil:
		loss, weight = t.tape.NewConst(1), 1
	case t.m.Learns():
		loss = t.m.Loss(t.tape, out, t.fusionTarget())
	default:
		loss = t.loss(out.Logits, t.whole())
	}
	for k, z := range out.Votes {
		if l := t.voteLoss(z, k); l != nil {
			loss = t.tape.Add(loss, t.tape.Scale(l, weight))
		}
	}
	return loss
}

// whole returns what is to be predicted of all rows of the batch.
func (t *trainer) whole() goals {
	return goals{class: t.batch.Class, labels: t.batch.Labels, target: t.batch.Target}
}

// loss is the task's loss of logits or values.
func (t *trainer) loss(z *grad.Var, g goals) *grad.Var {
	switch {
	case t.m.Spec.Multilabel:
		return t.tape.BCEWithLogits(z, g.labels)
	case !t.m.Spec.Regression:
		return t.tape.CrossEntropy(z, g.class, t.losses)
	}
	z = t.tape.Reshape(z, z.Dim(0))
	switch t.c.Loss {
	case "l1":
		return t.tape.L1(z, g.target)
	case "smooth_l1":
		return t.tape.SmoothL1(z, g.target)
	}
	return t.tape.MSE(z, g.target)
}

// voteLoss is the task's loss of what view k predicts by itself, over the rows of the batch that
// have it; nil if none has.
func (t *trainer) voteLoss(z *grad.Var, k int) *grad.Var {
	for len(t.goals) <= k {
		t.goals = append(t.goals, goals{})
	}
	g := &t.goals[k]
	g.rows, g.class = g.rows[:0], g.class[:0]
	for i, there := range t.batch.Views[k].Mask {
		if there != 0 {
			g.rows, g.class = append(g.rows, int32(i)), append(g.class, t.batch.Class[i])
		}
	}
	switch len(g.rows) {
	case 0:
		return nil
	case t.batch.N:
		return t.loss(z, t.whole())
	}
	g.labels, g.target = pickRows(g.labels, t.batch.Labels, g.rows), pickRows(g.target, t.batch.Target, g.rows)
	return t.loss(t.tape.GatherRows(z, g.rows), *g)
}

// pickRows copies some rows of src to dst, whose memory it keeps; nil of nil.
func pickRows(dst, src *tensor.Tensor, rows []int32) *tensor.Tensor {
	if src == nil {
		return nil
	}
	if dst == nil {
		dst = &tensor.Tensor{}
	}
	cols := src.Len() / src.Dim(0)
	dst.F32, dst.Shape = dst.F32[:0], append(append(dst.Shape[:0], len(rows)), src.Shape[1:]...)
	for _, r := range rows {
		dst.F32 = append(dst.F32, src.F32[int(r)*cols:int(r+1)*cols]...)
	}
	return dst
}

// fusionTarget is the target of the batch as a fusion's own loss takes it.
func (t *trainer) fusionTarget() fusion.Target {
	n, c := t.batch.N, t.m.Spec.Outputs
	out := fusion.Target{Epoch: t.current}
	switch {
	case t.m.Spec.Multilabel:
		out.P = t.batch.Labels
		return out
	case t.m.Spec.Regression:
		out.P = tensor.FromF32(t.batch.Target.F32, n, 1)
		return out
	}
	out.P = tensor.New(tensor.F32, n, c)
	out.P.Fill(t.losses.LabelSmoothing / float64(c))
	for i, k := range t.batch.Class {
		out.P.F32[i*c+int(k)] += float32(1 - t.losses.LabelSmoothing)
		if w := t.losses.ClassWeights; w != nil {
			out.Weights = append(out.Weights, w[k])
		}
	}
	return out
}
