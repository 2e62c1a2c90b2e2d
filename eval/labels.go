package eval

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// labelCounts are the decisions about one row's labels.
type labelCounts struct {
	hits   int // labels that are predicted and true
	named  int // predicted and true ones together, those that are both twice
	decide []int
}

// Decide returns the labels that a row of probabilities is given, ascending: those that reach their
// thresholds (nil: 0.5 each).
func Decide(probs, thresholds []float64) []int {
	out := []int{}
	for l, p := range probs {
		t := 0.5
		if thresholds != nil {
			t = thresholds[l]
		}
		if p >= t {
			out = append(out, l)
		}
	}
	return out
}

// counted returns what is decided of each row, computed once.
func (p *Predictions) counted() []labelCounts {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.labels) != len(p.Sets) {
		p.labels = make([]labelCounts, len(p.Sets))
		for i, truth := range p.Sets {
			c := &p.labels[i]
			if p.Given != nil {
				c.decide = p.Given[i]
			} else {
				c.decide = Decide(p.Probs[i], p.Thresholds)
			}
			c.hits = Matches(c.decide, truth)
			c.named = len(c.decide) + len(truth)
		}
	}
	return p.labels
}

// Matches counts what two ascending lists of labels have in common.
func Matches(a, b []int) int {
	n := 0
	for i, k := 0, 0; i < len(a) && k < len(b); {
		switch {
		case a[i] == b[k]:
			n, i, k = n+1, i+1, k+1
		case a[i] < b[k]:
			i++
		default:
			k++
		}
	}
	return n
}

// RowF1 is the F1 of one row's labels, of which hits are predicted and true and named counts
// predicted and true ones; 1 where there are neither.
func RowF1(hits, named int) float64 {
	if named == 0 {
		return 1
	}
	return 2 * float64(hits) / float64(named)
}

// subsetAccuracy is 1 where all labels of a row are right.
func subsetAccuracy(p *Predictions, i int) float64 {
	c := p.counted()[i]
	return agree(2*c.hits == c.named)
}

// hammingLoss is the share of a row's labels that are wrong.
func hammingLoss(p *Predictions, i int) float64 {
	c := p.counted()[i]
	return float64(c.named-2*c.hits) / float64(p.Classes())
}

// microF1 is the F1 of all rows' labels together; 1 where there are none to find and none is named.
func microF1(p *Predictions, w []uint8) float64 {
	hits, named := 0.0, 0.0
	for i, c := range p.counted() {
		hits += weight(w, i) * float64(c.hits)
		named += weight(w, i) * float64(c.named)
	}
	if named == 0 {
		return 1
	}
	return 2 * hits / named
}

// OfCounts returns micro F1 as a metric of counts that were taken before: Targets are the labels of
// each row that are predicted and true, Values predicted and true ones counted together.
func (m Metric) OfCounts() Metric {
	m.Row = nil
	m.whole = func(p *Predictions, w []uint8) float64 {
		hits, named := 0.0, 0.0
		for i := range p.Targets {
			hits += weight(w, i) * p.Targets[i]
			named += weight(w, i) * p.Values[i]
		}
		if named == 0 {
			return 1
		}
		return 2 * hits / named
	}
	return m
}

// LabelScore is how well one label is told.
type LabelScore struct {
	Label     string  `json:"label"`
	Rows      int     `json:"rows"`                // that have it
	Threshold float64 `json:"threshold,omitempty"` // 0 where models of several thresholds answered
	Precision float64 `json:"precision"`           // 0 where it is never predicted
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
	AP        float64 `json:"average_precision"` // 0 where no row has it
}

// LabelScores returns the scores of each label by itself.
func LabelScores(p *Predictions, labels []string) []LabelScore {
	hit, truth, pred := labelSums(p, nil)
	out := make([]LabelScore, len(labels))
	for l := range out {
		s := LabelScore{Label: labels[l], Rows: int(truth[l])}
		switch {
		case p.Given != nil:
		case p.Thresholds != nil:
			s.Threshold = p.Thresholds[l]
		default:
			s.Threshold = 0.5
		}
		if pred[l] > 0 {
			s.Precision = hit[l] / pred[l]
		}
		if truth[l] > 0 {
			s.Recall = hit[l] / truth[l]
			s.AP = p.labelAP(l, nil)
		}
		if both := truth[l] + pred[l]; both > 0 {
			s.F1 = 2 * hit[l] / both
		}
		out[l] = s
	}
	return out
}

// labelSums returns per label the weight of hits, of true and of predicted rows.
func labelSums(p *Predictions, w []uint8) (hit, truth, pred []float64) {
	n := p.Classes()
	hit, truth, pred = make([]float64, n), make([]float64, n), make([]float64, n)
	for i, c := range p.counted() {
		wi := weight(w, i)
		if wi == 0 {
			continue
		}
		for _, l := range p.Sets[i] {
			truth[l] += wi
		}
		for _, l := range c.decide {
			pred[l] += wi
			if _, is := slices.BinarySearch(p.Sets[i], l); is {
				hit[l] += wi
			}
		}
	}
	return hit, truth, pred
}

// macroLabelF1 is the mean F1 of the labels that occur or are predicted.
func macroLabelF1(p *Predictions, w []uint8) float64 {
	hit, truth, pred := labelSums(p, w)
	sum, n := 0.0, 0.0
	for l := range truth {
		if both := truth[l] + pred[l]; both > 0 {
			sum += 2 * hit[l] / both
			n++
		}
	}
	return sum / n
}

// labelAP is the average precision of one label, Σ (Rₙ − Rₙ₋₁)·Pₙ over the thresholds, as
// scikit-learn defines it; NaN where no row has it.
func (p *Predictions) labelAP(label int, w []uint8) float64 {
	order, has := p.labelOrder(label), p.having(label)
	hits, all, sum := 0.0, 0.0, 0.0
	for at := len(order) - 1; at >= 0; {
		tp, end := 0.0, at
		for v := p.Probs[order[at]][label]; end >= 0 && equal(p.Probs[order[end]][label], v); end-- {
			wi := weight(w, order[end])
			all += wi
			if has[order[end]] {
				tp += wi
			}
		}
		hits += tp
		if tp > 0 {
			sum += tp * hits / all
		}
		at = end
	}
	return sum / hits
}

// many reports whether there are too many labels of rows to keep their orders in memory.
func (p *Predictions) many() bool { return p.Classes()*p.Len() > manyClasses }

// labelOrder is order, of very many labels computed each time.
func (p *Predictions) labelOrder(label int) []int {
	if !p.many() {
		return p.order(label)
	}
	o := make([]int, p.Len())
	for i := range o {
		o[i] = i
	}
	slices.SortStableFunc(o, func(a, b int) int { return cmp.Compare(p.Probs[a][label], p.Probs[b][label]) })
	return o
}

// having marks the rows with a label, computed once unless there are very many.
func (p *Predictions) having(label int) []bool {
	if p.many() {
		has := make([]bool, p.Len())
		for i, set := range p.Sets {
			_, has[i] = slices.BinarySearch(set, label)
		}
		return has
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.with == nil {
		p.with = make([][]bool, p.Classes())
		for l := range p.with {
			p.with[l] = make([]bool, len(p.Sets))
		}
		for i, set := range p.Sets {
			for _, l := range set {
				p.with[l][i] = true
			}
		}
	}
	return p.with[label]
}

// meanAveragePrecision is the mean over the labels that occur.
func meanAveragePrecision(p *Predictions, w []uint8) float64 {
	sum, n := 0.0, 0.0
	for l := range p.Classes() {
		if v := p.labelAP(l, w); !math.IsNaN(v) {
			sum += v
			n++
		}
	}
	return sum / n
}

// resampledMAP returns a function of how often each row is drawn that is near the mean average
// precision, and takes work for rows alone: rows count to first order (the infinitesimal jackknife:
// Efron 1982, chapter 6).
func (p *Predictions) resampledMAP() func(w []uint8) float64 {
	effect := make([]float64, p.Len())
	total, n := 0.0, 0.0
	for l := range p.Classes() {
		ap := p.labelAP(l, nil)
		if math.IsNaN(ap) {
			continue
		}
		total += ap
		n++
		p.addEffect(effect, l, ap)
	}
	return func(w []uint8) float64 {
		sum := total
		for i, wi := range w {
			sum += (float64(wi) - 1) * effect[i]
		}
		return math.Min(math.Max(sum/n, 0), 1)
	}
}

// addEffect adds the derivative of a label's average precision in the weight of each row to effect.
// With H and A the hits and all rows at or above a place, it is for row j
//
//	[y_j (H_j/A_j − AP) + Σ_{true i at or below j} (y_j/A_i − H_i/A_i²)] / ΣY
func (p *Predictions) addEffect(effect []float64, label int, ap float64) {
	order, has := p.labelOrder(label), p.having(label)
	n := len(order)
	h, a := make([]float64, n), make([]float64, n) // by place, from the top
	hits, positives := 0.0, 0.0
	for at := 0; at < n; {
		end := at
		for v := p.Probs[order[n-1-at]][label]; end < n && equal(p.Probs[order[n-1-end]][label], v); end++ {
			if has[order[n-1-end]] {
				hits++
			}
		}
		for ; at < end; at++ {
			h[at], a[at] = hits, float64(end)
		}
	}
	positives = hits
	one, square := 0.0, 0.0 // Σ 1/A_i and Σ H_i/A_i² over true rows at or below
	for at := n - 1; at >= 0; {
		end := at
		for end >= 0 && a[end] == a[at] {
			if has[order[n-1-end]] {
				one += 1 / a[end]
				square += h[end] / (a[end] * a[end])
			}
			end--
		}
		for ; at > end; at-- {
			i := order[n-1-at]
			d := -square
			if has[i] {
				d += h[at]/a[at] - ap + one
			}
			effect[i] += d / positives
		}
	}
}

// fewPositives is how many validation rows must have a label for a threshold of its own.
const fewPositives = 5

// Thresholds chooses, for each label, the probability from which on it is predicted: the one with
// the highest F1 on validation rows (Koyejo et al. 2015). A label that few of them have shares the
// threshold that is best for all labels together. Without rows it is 0.5. Thresholds lie halfway
// between two probabilities, so that rounding moves no row over them.
func Thresholds(probs [][]float64, sets [][]int, labels int) []float64 {
	out := make([]float64, labels)
	scores, truth := make([][]float64, labels), make([][]bool, labels)
	var all []float64
	var allTrue []bool
	for l := range out {
		for i, row := range probs {
			_, is := slices.BinarySearch(sets[i], l)
			scores[l], truth[l] = append(scores[l], row[l]), append(truth[l], is)
		}
		all, allTrue = append(all, scores[l]...), append(allTrue, truth[l]...)
	}
	common, ok := bestF1(all, allTrue, 1)
	if !ok {
		common = 0.5
	}
	for l := range out {
		var own bool
		if out[l], own = bestF1(scores[l], truth[l], fewPositives); !own {
			out[l] = common
		}
	}
	return out
}

// thresholdMargin is by how many standard errors a threshold's F1 may be below the best.
const thresholdMargin = 1

// bestF1 finds a threshold with as high an F1 as the scores tell apart: of those whose F1 is within
// a standard error of the best, the one nearest to half of the best F1, which is where the F1 of
// calibrated probabilities is highest (Lipton, Elkan and Naryanaswamy 2014). The best one itself
// fits the chance of few rows. ok is false if fewer than least scores are of true ones.
func bestF1(scores []float64, truth []bool, least int) (threshold float64, ok bool) {
	order := make([]int, len(scores))
	positives := 0
	for i := range order {
		order[i] = i
		if truth[i] {
			positives++
		}
	}
	if positives < least {
		return 0.5, false
	}
	// The threshold moves down the sorted scores, and each row that it passes becomes a hit or a false
	// alarm.
	sort.SliceStable(order, func(a, b int) bool { return scores[order[a]] > scores[order[b]] })
	type candidate struct{ threshold, f1 float64 }
	var all []candidate
	best, size, hits := 0.0, 1.0, 0
	for k, i := range order {
		if truth[i] {
			hits++
		}
		below := 0.0
		if k+1 < len(order) {
			// No threshold is between equal scores.
			if below = scores[order[k+1]]; below == scores[i] {
				continue
			}
		}
		// F1 = 2·TP / (predicted + true), so that n is the mean of the two.
		n := float64(k+1+positives) / 2
		f := float64(hits) / n
		all = append(all, candidate{(scores[i] + below) / 2, f})
		if f > best {
			best, size = f, n
		}
	}
	// The binomial error of F1 as if it were a share of n rows.
	enough := best - thresholdMargin*math.Sqrt(best*(1-best)/size)
	far := math.Inf(1)
	for _, c := range all {
		if d := math.Abs(c.threshold - best/2); c.f1 >= enough-1e-12 && d < far {
			threshold, far = c.threshold, d
		}
	}
	return threshold, true
}

// ConstantLabels returns the thresholds with which always giving the same labels, by how often each
// is on a row, has the highest micro F1: those of the most frequent labels are 0, of the others 2.
func ConstantLabels(rates []float64) []float64 {
	order := make([]int, len(rates))
	total := 0.0
	for l, r := range rates {
		order[l] = l
		total += r
	}
	sort.SliceStable(order, func(a, b int) bool { return rates[order[a]] > rates[order[b]] })
	most, best, hits := 0, -1.0, 0.0
	for k, l := range order {
		hits += rates[l]
		if f := 2 * hits / (float64(k+1) + total); f > best {
			most, best = k+1, f
		}
	}
	out := slices.Repeat([]float64{2}, len(rates))
	for _, l := range order[:most] {
		out[l] = 0
	}
	return out
}

// LabelTemperature returns the T that minimizes the binary cross-entropy of sigmoid(logits/T) on
// validation rows, as [Temperature] does of classes.
func LabelTemperature(logits [][]float64, sets [][]int) float64 {
	if len(sets) == 0 {
		return 1
	}
	loss := func(logT float64) float64 {
		inv := math.Exp(-logT)
		sum := logT * logT / 2
		for i, row := range logits {
			sum += labelLoss(row, sets[i], inv)
		}
		return sum
	}
	return math.Exp(golden(loss, math.Log(0.05), math.Log(20)))
}

// labelLoss is the binary cross-entropy of a row's labels under its logits times inv.
func labelLoss(logits []float64, set []int, inv float64) float64 {
	sum := 0.0
	for l, z := range logits {
		x := z * inv
		if _, is := slices.BinarySearch(set, l); is {
			x = -x
		}
		sum += math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x)))
	}
	return sum
}

// CalibrateLabels finds the temperature of validation rows, their probabilities with it, and the
// thresholds of the labels. absent [N] are the rows of which nothing was known: they say nothing of
// the model.
func CalibrateLabels(logits [][]float64, sets [][]int, absent []bool, labels int) (t float64, thresholds []float64) {
	var known [][]float64
	var truth [][]int
	for i, row := range logits {
		if !absent[i] && sets[i] != nil {
			known, truth = append(known, row), append(truth, sets[i])
		}
	}
	t = shownTemperature(len(known), func(rows []int) float64 {
		return LabelTemperature(picked(known, rows), picked(truth, rows))
	}, func(i int, t float64) float64 { return labelLoss(known[i], truth[i], 1/t) })
	return t, Thresholds(SoftenLabels(known, t), truth, labels)
}

// SoftenLabels returns sigmoid(logits/t), [N][L].
func SoftenLabels(logits [][]float64, t float64) [][]float64 {
	out := make([][]float64, len(logits))
	for i, row := range logits {
		out[i] = make([]float64, len(row))
		for l, z := range row {
			out[i][l] = 1 / (1 + math.Exp(-z/t))
		}
	}
	return out
}

// LabelReliability returns the non-empty bins of all labels' probabilities: Confidence is their
// mean, Accuracy the share of labels that are true, and Rows counts labels of rows.
func LabelReliability(p *Predictions, bins int) []Bin {
	all := newBins(bins)
	for i, row := range p.Probs {
		for l, q := range row {
			b := &all[binOf(q, bins)]
			b.Rows++
			b.Confidence += q
			if _, is := slices.BinarySearch(p.Sets[i], l); is {
				b.Accuracy++
			}
		}
	}
	return filledBins(all)
}

// BinsECE is the expected calibration error of bins.
func BinsECE(bins []Bin) float64 {
	sum, n := 0.0, 0.0
	for _, b := range bins {
		sum += float64(b.Rows) * math.Abs(b.Accuracy-b.Confidence)
		n += float64(b.Rows)
	}
	return sum / n
}
