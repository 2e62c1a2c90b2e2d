package eval

import "context"

// Pass calls f with the probabilities of every row, numbered from 0 in any order, from several
// goroutines: worker is the calling one's number. f does not keep row.
type Pass func(ctx context.Context, f func(worker, i int, row []float64)) error

// passed holds what metrics take of probabilities that are not kept, by row.
type passed struct {
	classes         int
	top             []int
	sure, own, miss []float64 // of the top class, of the true one, and the Brier score
}

// Stream returns the predictions of three classes or more whose probabilities, [rows, classes], are
// too many to be kept: they are passed over three times, on so many workers, in memory for rows and
// classes alone. All metrics are those of [Predictions] that hold them. The error is that of pass.
func Stream(ctx context.Context, labels []int, classes, workers int, pass Pass) (*Predictions, error) {
	n := len(labels)
	s := &passed{classes: classes, top: make([]int, n), sure: make([]float64, n), own: make([]float64, n), miss: make([]float64, n)}
	err := pass(ctx, func(_, i int, row []float64) {
		k := Argmax(row)
		s.top[i], s.sure[i], s.own[i], s.miss[i] = k, row[k], row[labels[i]], brier(row, labels[i])
	})
	if err != nil {
		return nil, err
	}
	p := &Predictions{Labels: labels, passed: s}
	r := newOneVsRest(labels, s.own, classes)
	others := make([][]float64, workers)
	err = pass(ctx, func(worker, i int, row []float64) {
		if others[worker] == nil {
			others[worker] = make([]float64, len(r.others))
		}
		r.bins(i, row, func(bin int) { others[worker][bin]++ })
	})
	if err != nil {
		return nil, err
	}
	for _, part := range others { // whole numbers: the order of their sum does not matter
		for bin, k := range part {
			r.others[bin] += k
		}
	}
	auc, precision := r.slopes(true), r.slopes(false)
	r.auc, r.precision = make([]float64, n), make([]float64, n)
	err = pass(ctx, func(_, i int, row []float64) {
		r.bins(i, row, func(bin int) {
			r.auc[i] += auc.slope[bin]
			r.precision[i] += precision.slope[bin]
		})
	})
	p.ranks = r
	return p, err
}
