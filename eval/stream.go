package eval

import (
	"context"
	"math"

	"github.com/fusor-ml/fusor/model"
)

// Pass calls f with the logits of every row, whose softmax are its probabilities. Rows are numbered
// from 0, come in any order and from several goroutines: worker is the calling one's number. f does
// not keep logits.
type Pass func(ctx context.Context, f func(worker, i int, logits []float64)) error

// passed holds what metrics take of probabilities that are not kept, by row.
type passed struct {
	classes         int
	top             []int
	sure, own, miss []float64 // of the top class, of the true one, and the Brier score
}

// Stream returns the predictions of three classes or more whose probabilities, [rows, classes], are
// too many to be kept: they are passed over three times, on so many workers, in memory for rows and
// classes alone. decide returns the predicted class of row i. All metrics are those of
// [Predictions] that hold them. The error is that of pass.
func Stream(ctx context.Context, labels []int, classes, workers int, pass Pass, decide func(i int, probs []float64) int) (*Predictions, error) {
	n := len(labels)
	// Numbers a row: what accuracy, log loss, Brier and calibration need. Ranks need two passes more.
	s := &passed{classes: classes, top: make([]int, n), sure: make([]float64, n), own: make([]float64, n), miss: make([]float64, n)}
	p := &Predictions{Labels: labels, Chosen: make([]int, n), passed: s}
	probs, norms := make([][]float64, workers), make([]norm, n)
	err := pass(ctx, func(worker, i int, logits []float64) {
		if probs[worker] == nil {
			probs[worker] = make([]float64, classes)
		}
		row := probs[worker]
		// The norm of a row, so that the later passes get any probability from its logit without a
		// softmax.
		norms[i] = newNorm(model.Softmax(row, logits))
		k := Argmax(row)
		s.top[i], s.sure[i], s.own[i], s.miss[i] = k, row[k], row[labels[i]], brier(row, labels[i])
		p.Chosen[i] = decide(i, row)
	})
	if err != nil {
		return nil, err
	}
	// The bins between the probabilities that each class's own rows have: those of others need only be
	// counted in them (AUC is a count of pairs).
	r := newOneVsRest(labels, s.own, classes)
	logs := make([]float64, len(r.cuts))
	for k, v := range r.cuts {
		logs[k] = logOf(v)
	}
	others := make([][]float64, workers)
	err = pass(ctx, func(worker, i int, logits []float64) {
		if others[worker] == nil {
			others[worker] = make([]float64, len(r.others))
		}
		r.binsOf(i, logits, norms[i], logs, func(bin int) { others[worker][bin]++ })
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
	err = pass(ctx, func(_, i int, logits []float64) {
		a, b := 0.0, 0.0
		r.binsOf(i, logits, norms[i], logs, func(bin int) {
			a += auc.slope[bin]
			b += precision.slope[bin]
		})
		r.auc[i], r.precision[i] = a, b
	})
	p.ranks = r
	return p, err
}

// norm is what makes a row's logits probabilities: exp(z − top)/sum.
type norm struct{ top, sum, log float64 } // log = top + ln sum

func newNorm(top, sum float64) norm { return norm{top, sum, top + math.Log(sum)} }

// leastLog is the logarithm of the least probability that is told apart by its logarithm.
const leastLog = -700

// logOf is the logarithm of a probability, or −∞ of one that is too small to be told apart by it.
func logOf(p float64) float64 {
	if l := math.Log(p); l > leastLog {
		return l
	}
	return math.Inf(-1)
}

// binsOf is bins of a row by its logits; logs are those of the cuts. Most probabilities are far
// from any cut and need not be computed: their logarithm is enough.
func (r *oneVsRest) binsOf(i int, logits []float64, of norm, logs []float64, f func(bin int)) {
	margin := 1e-12 * (1000 + math.Abs(of.top)) // beyond the rounding of both logarithms
	label := r.labels[i]
	for c, z := range logits {
		first, end := r.start[c], r.start[c+1]
		if c == label || first == end {
			continue
		}
		low := z - of.log - margin
		if low+2*margin < logs[first] {
			f(2*first + c)
			continue
		}
		lo, hi := first, end
		for lo < hi {
			if mid := int(uint(lo+hi) >> 1); logs[mid] < low {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		if !(low > leastLog) || lo < end && logs[lo] <= low+2*margin { // also of NaN
			f(r.bin(c, ordered(math.Exp(z-of.top)/of.sum)))
			continue
		}
		f(2*lo + c)
	}
}
