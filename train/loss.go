package train

import (
	"context"
	"math"

	"github.com/fusor-ml/fusor/model"
)

// fill fills t.batch with the rows of b and what is to be predicted of them.
func (t *trainer) fill(b model.Layout) error {
	if err := t.batch.Fill(t.d.Set, b.Rows, b.Groups); err != nil {
		return err
	}
	if t.m.Spec.Multilabel {
		t.batch.FillLabels(t.d.Set, b.Rows, t.m.Spec.Outputs)
	}
	return nil
}

// valLoss is the mean loss over the validation rows, without label smoothing, and its standard
// error.
func (t *trainer) valLoss(ctx context.Context) (mean, se float64, err error) {
	t.tape.SetTraining(false)
	t.tape.SetRecording(false)
	var sum, squares, weights, spread float64
	for _, b := range t.m.Layout(t.d.Set, t.d.Val) {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		t.tape.Reset()
		if err := t.fill(b); err != nil {
			return 0, 0, err
		}
		z := t.m.Forward(t.tape, &t.batch).Logits.Value().F32
		c := t.m.Spec.Outputs
		for i := range b.Rows {
			loss, w := t.rowLoss(z[i*c:(i+1)*c], i)
			sum += w * loss
			squares += w * loss * loss
			weights += w
			spread += w * w
		}
	}
	mean = sum / weights
	n := weights * weights / spread // of weighted rows, as many as of equal weight tell as much (Kish 1965)
	return mean, math.Sqrt(math.Max(0, squares/weights-mean*mean) / n), nil
}

// rowLoss is the loss of row i of the batch and its weight.
func (t *trainer) rowLoss(z []float32, i int) (loss, weight float64) {
	switch {
	case t.m.Spec.Multilabel:
		y := t.batch.Labels.F32[i*len(z) : (i+1)*len(z)]
		for k, v := range z {
			x := float64(v)
			loss += math.Max(x, 0) - x*float64(y[k]) + math.Log1p(math.Exp(-math.Abs(x)))
		}
		return loss / float64(len(z)), 1
	case t.m.Spec.Regression:
		d := math.Abs(float64(z[0]) - float64(t.batch.Target.F32[i]))
		switch t.c.Loss {
		case "l1":
			return d, 1
		case "smooth_l1":
			if d >= 1 {
				return d - 0.5, 1
			}
			return d * d / 2, 1
		}
		return d * d, 1
	}
	k := t.batch.Class[i]
	weight = 1
	if t.losses.ClassWeights != nil {
		weight = float64(t.losses.ClassWeights[k])
	}
	top := float64(z[0])
	for _, v := range z {
		top = max(top, float64(v))
	}
	sum := 0.0
	for _, v := range z {
		sum += math.Exp(float64(v) - top)
	}
	return top + math.Log(sum) - float64(z[k]), weight
}

// classWeights are n / (classes · count), as scikit-learn's "balanced".
func classWeights(class []int32, rows []int, classes int) []float32 {
	count := make([]float64, classes)
	for _, r := range rows {
		count[class[r]]++
	}
	w := make([]float32, classes)
	for k, n := range count {
		if n > 0 {
			w[k] = float32(float64(len(rows)) / (float64(classes) * n))
		}
	}
	return w
}
