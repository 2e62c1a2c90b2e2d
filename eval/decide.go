package eval

import (
	"math"
	"slices"
	"sort"
)

// DecideClass returns the class that is predicted of a row of probabilities: the one that exceeds
// its threshold by the largest factor, the first one among equals. Without thresholds it is the
// most probable one. Of two classes whose thresholds sum to 1 it is the second one exactly where
// its probability exceeds its threshold.
func DecideClass(probs, thresholds []float64) int {
	if thresholds == nil {
		return Argmax(probs)
	}
	best, most := 0, math.Inf(-1)
	for c, p := range probs {
		if r := p / thresholds[c]; r > most {
			best, most = c, r
		}
	}
	return best
}

// DecideClasses returns the predicted class of each row: that of [DecideClass] or, of the absent
// rows, of which nothing is known but the prior, the most probable one.
func DecideClasses(probs [][]float64, thresholds []float64, absent []bool) []int {
	out := make([]int, len(probs))
	for i, p := range probs {
		if absent[i] {
			out[i] = Argmax(p)
		} else {
			out[i] = DecideClass(p, thresholds)
		}
	}
	return out
}

// Decides reports whether thresholds can be chosen for the metric: it is of the predicted classes
// alone, and the most probable ones need not be best. Accuracy is best with those.
func (m Metric) Decides() bool { return m.ofCounts != nil }

// Bounds of the choice of thresholds: docs/decisions/0041-thresholds-of-classes.md.
const (
	fewestOfClass  = 5          // validation rows of a class whose threshold is looked for by itself
	decisionMargin = 1          // standard errors that another threshold must gain
	decisionPasses = 3          // over the classes
	decisionWork   = 50_000_000 // rows · classes² beyond which thresholds are not looked for one by one
	pathWork       = 20_000_000 // rows · classes that the path is looked for on
	leastThreshold = 1e-9
)

// ClassThresholds chooses the thresholds of classes, which sum to 1, by which a metric that
// [Metric.Decides] is highest on validation rows; nil where there are none. probs are calibrated
// probabilities.
//
// A few rows of a rare class cannot tell thresholds apart, and the best ones on them fit their
// chance. So the probabilities are taken at their word first: thresholds are powers of the mean
// probability of each class, the power with which the metric is expected to be highest (1 for
// balanced accuracy, the rule of Bayes for equal priors: Elkan, The Foundations of Cost-Sensitive
// Learning, IJCAI 2001). From there each class's threshold moves only as far as it must to come
// within a standard error of the best one (Breiman et al. 1984).
func ClassThresholds(m Metric, probs [][]float64, labels []int) []float64 {
	if !m.Decides() || len(labels) == 0 {
		return nil
	}
	d := &decision{metric: m, probs: probs, labels: labels, classes: len(probs[0])}
	d.offsets = d.path()
	if work := len(labels) * d.classes * d.classes; work <= decisionWork {
		d.search()
	}
	return d.thresholds()
}

// decision is a choice of thresholds under way.
type decision struct {
	metric  Metric
	probs   [][]float64
	labels  []int
	classes int
	offsets []float64   // [classes]: a class's score is its log-probability plus its offset
	logs    [][]float64 // [rows][classes]
}

// path returns the offsets −α·ln q of the mean probabilities q by which the metric is highest in
// expectation, as the probabilities are.
func (d *decision) path() []float64 {
	rows := d.probs
	// A sample does: the path is a mean over rows, which search then leaves.
	if most := max(1, pathWork/d.classes); len(rows) > most {
		rows = nil
		for i := range most { // evenly spaced
			rows = append(rows, d.probs[i*len(d.probs)/most])
		}
	}
	logs := make([]float64, d.classes) // of the mean probabilities
	for _, row := range rows {
		for c, p := range row {
			logs[c] += p / float64(len(rows))
		}
	}
	// A class without any probability would have an infinite offset.
	for c, q := range logs {
		logs[c] = math.Log(math.Max(q, leastThreshold))
	}
	best, power := math.Inf(-1), 0.0
	hit, truth, pred := make([]float64, d.classes), make([]float64, d.classes), make([]float64, d.classes)
	weights := make([]float64, d.classes)
	// α of 0 (the most probable class) to 1.2: beyond 1 rare classes are favored more than equal
	// priors would.
	for step := range 13 {
		alpha := float64(step) / 10
		for c, q := range logs {
			weights[c] = math.Exp(-alpha * q)
		}
		clear(hit)
		clear(truth)
		clear(pred)
		for _, row := range rows {
			top, most := 0, math.Inf(-1)
			// Expected counts: a row is of class c with probability p, so no label is used, and no chance of
			// few rows.
			for c, p := range row {
				truth[c] += p
				if v := p * weights[c]; v > most {
					top, most = c, v
				}
			}
			pred[top]++
			hit[top] += row[top]
		}
		// Of equal ones the smaller power, which changes less.
		if v := d.metric.ofCounts(hit, truth, pred); v > best+1e-9 {
			best, power = v, alpha
		}
	}
	if d.metric.Name == "balanced_accuracy" { // by Bayes, whatever the few rows of the path show
		power = 1
	}
	offsets := make([]float64, d.classes)
	for c, q := range logs {
		offsets[c] = -power * q
	}
	return offsets
}

// search moves the offsets of classes, one after the other, where the rows show that others are
// better.
func (d *decision) search() {
	d.logs = make([][]float64, len(d.probs))
	rows := make([]int, d.classes)
	for i, row := range d.probs {
		d.logs[i] = make([]float64, d.classes)
		for c, p := range row {
			d.logs[i][c] = math.Log(math.Max(p, 1e-300))
		}
		rows[d.labels[i]]++
	}
	anchor := slices.Clone(d.offsets)
	for range decisionPasses {
		moved := false
		for c := range d.classes {
			if d.classes == 2 && c == 0 || rows[c] < fewestOfClass {
				continue
			}
			if to := d.best(c, anchor[c]); to != d.offsets[c] {
				d.offsets[c], moved = to, true
			}
		}
		if !moved || d.classes == 2 {
			return
		}
	}
}

// best returns the offset of class c nearest to the anchor with which the metric is within the
// margin of the best one.
func (d *decision) best(c int, anchor float64) float64 {
	n := len(d.labels)
	// With the other offsets fixed, row i is of class c beyond cut[i] and of other[i] below it: one
	// sweep over the sorted cuts meets every confusion.
	cut, other, order := make([]float64, n), make([]int, n), make([]int, n)
	for i, row := range d.logs {
		top := math.Inf(-1)
		for k, v := range row {
			if s := v + d.offsets[k]; k != c && s > top {
				top, other[i] = s, k
			}
		}
		cut[i], order[i] = top-row[c], i // the offset beyond which c is predicted
	}
	sort.SliceStable(order, func(a, b int) bool { return cut[order[a]] < cut[order[b]] })
	confusion := d.newConfusion(other)
	type candidate struct{ offset, value float64 }
	// Offsets between cuts all give the same predictions; the middle of the gap stays farthest from
	// both.
	all := []candidate{{cut[order[0]] - 1, confusion.value()}}
	best, spread := 0, confusion.spread()
	at, own := all[0].value, spread // of the anchor
	for k, i := range order {
		confusion.move(i, other[i], c)
		next := cut[i] + 2
		if k+1 < n {
			// Rows of equal cuts move together.
			if next = cut[order[k+1]]; next == cut[i] {
				continue
			}
		}
		all = append(all, candidate{(cut[i] + next) / 2, confusion.value()})
		last := all[len(all)-1].value
		// The last one below the anchor is what the anchor predicts.
		if cut[i] < anchor {
			at, own = last, confusion.spread()
		}
		if last > all[best].value {
			best, spread = len(all)-1, confusion.spread()
		}
	}
	// Where no row of a class is wrong, the spread is not known: that of the anchor then counts.
	enough := all[best].value - decisionMargin*math.Max(spread, own) - 1e-12
	if at >= enough {
		return anchor
	}
	to, far := anchor, math.Inf(1)
	// The least move that is good enough (the one-standard-error rule).
	for _, o := range all {
		if away := math.Abs(o.offset - anchor); o.value >= enough && away < far {
			to, far = o.offset, away
		}
	}
	return to
}

// thresholds are those of the offsets.
func (d *decision) thresholds() []float64 {
	out := make([]float64, d.classes)
	least := slices.Min(d.offsets)
	sum := 0.0
	for c, b := range d.offsets {
		out[c] = math.Max(math.Exp(least-b), leastThreshold)
		sum += out[c]
	}
	for c := range out {
		out[c] /= sum
	}
	return out
}

// confusion counts rows by true and predicted class.
type confusion struct {
	d                *decision
	cells            []float64 // [true, predicted]
	hit, truth, pred []float64
}

func (d *decision) newConfusion(predicted []int) *confusion {
	m := &confusion{d: d, cells: make([]float64, d.classes*d.classes), hit: make([]float64, d.classes), truth: make([]float64, d.classes), pred: make([]float64, d.classes)}
	for i, k := range predicted {
		m.add(d.labels[i], k, 1)
		m.truth[d.labels[i]]++
	}
	return m
}

// add counts a prediction n times.
func (m *confusion) add(truth, predicted int, n float64) {
	m.cells[truth*m.d.classes+predicted] += n
	m.pred[predicted] += n
	if truth == predicted {
		m.hit[truth] += n
	}
}

// move changes the prediction of row i.
func (m *confusion) move(i, from, to int) {
	m.add(m.d.labels[i], from, -1)
	m.add(m.d.labels[i], to, 1)
}

func (m *confusion) value() float64 { return m.d.metric.ofCounts(m.hit, m.truth, m.pred) }

// spread is the standard error of the value, by the jackknife over the rows.
func (m *confusion) spread() float64 {
	sum, squares, n := 0.0, 0.0, float64(len(m.d.labels))
	for t := range m.d.classes {
		for k := range m.d.classes {
			rows := m.cells[t*m.d.classes+k]
			if rows == 0 {
				continue
			}
			m.add(t, k, -1)
			m.truth[t]--
			v := m.value()
			m.truth[t]++
			m.add(t, k, 1)
			sum += rows * v
			squares += rows * v * v
		}
	}
	mean := sum / n
	return math.Sqrt(math.Max(0, squares/n-mean*mean) * (n - 1))
}
