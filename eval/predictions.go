package eval

import (
	"cmp"
	"slices"
	"sync"
)

// Predictions holds what one run states about N rows, and what was true. For
// classification Probs and Labels are set, for a multi-label task Probs and Sets,
// for regression and sentiment scores Values and Targets. It must not be changed or
// copied after a metric has been computed on it: sort orders are kept inside.
type Predictions struct {
	Probs   [][]float64 // [N][C], each row sums to 1 unless it is of labels
	Labels  []int       // [N], 0..C-1
	Sets    [][]int     // [N], the labels of each row, ascending
	Values  []float64   // [N], predicted
	Targets []float64   // [N], true

	Thresholds []float64 // [C], from which on a label is predicted; nil: 0.5
	Given      [][]int   // [N], the labels that are predicted, where Thresholds are not the same for all rows
	Chosen     []int     // [N], the predicted classes (see [DecideClasses]); nil: the most probable ones

	mu       sync.Mutex
	orders   map[int][]int    // label (or valueOrder, targetOrder) -> rows, ascending
	rankings map[int][]ranked // class -> rows, ascending
	tops     []int            // [N], the most probable class
	sures    []float64        // [N], its probability
	ranks    *oneVsRest       // of the classes, if there are more than two
	passed   *passed          // in place of Probs: see Stream
	labels   []labelCounts    // [N]
	with     [][]bool         // [C][N]: the rows with a label
}

const (
	valueOrder  = -1
	targetOrder = -2
)

// Len is the number of rows N.
func (p *Predictions) Len() int {
	switch {
	case p.Sets != nil:
		return len(p.Sets)
	case p.Probs != nil || p.passed != nil:
		return len(p.Labels)
	}
	return len(p.Targets)
}

// Classes is the number of classes C, 0 for regression.
func (p *Predictions) Classes() int {
	switch {
	case p.passed != nil:
		return p.passed.classes
	case len(p.Probs) == 0:
		return 0
	}
	return len(p.Probs[0])
}

// score is the value by which rows are ordered: a class's probability, the
// predicted or the true value.
func (p *Predictions) score(key, i int) float64 {
	switch key {
	case valueOrder:
		return p.Values[i]
	case targetOrder:
		return p.Targets[i]
	}
	return p.Probs[i][key]
}

// equal reports whether order puts two scores at one place: NaN, which an
// overflowing model yields, ties with NaN.
func equal(a, b float64) bool { return a == b || a != a && b != b }

// order returns the rows in ascending order of score, NaN first, computed once.
func (p *Predictions) order(key int) []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if o, ok := p.orders[key]; ok {
		return o
	}
	o := make([]int, p.Len())
	for i := range o {
		o[i] = i
	}
	slices.SortStableFunc(o, func(a, b int) int { return cmp.Compare(p.score(key, a), p.score(key, b)) })
	if p.orders == nil {
		p.orders = map[int][]int{}
	}
	p.orders[key] = o
	return o
}

// top returns each row's most probable class, computed once.
func (p *Predictions) top() []int {
	if p.passed != nil {
		return p.passed.top
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.tops) != len(p.Probs) {
		p.tops = make([]int, len(p.Probs))
		for i, row := range p.Probs {
			p.tops[i] = Argmax(row)
		}
	}
	return p.tops
}

// decided returns each row's predicted class.
func (p *Predictions) decided() []int {
	if p.Chosen != nil {
		return p.Chosen
	}
	return p.top()
}

// sure returns the probability of each row's most probable class, computed once.
func (p *Predictions) sure() []float64 {
	if p.passed != nil {
		return p.passed.sure
	}
	top := p.top()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.sures) != len(top) {
		p.sures = make([]float64, len(top))
		for i, k := range top {
			p.sures[i] = p.Probs[i][k]
		}
	}
	return p.sures
}

// own is the probability of row i's true class.
func (p *Predictions) own(i int) float64 {
	if p.passed != nil {
		return p.passed.own[i]
	}
	return p.Probs[i][p.Labels[i]]
}

// weight is how often row i counts; nil weights count every row once.
func weight(w []uint8, i int) float64 {
	if w == nil {
		return 1
	}
	return float64(w[i])
}

// Argmax returns the index of the largest value, the first one among equals.
func Argmax(probs []float64) int {
	best := 0
	for c, v := range probs {
		if v > probs[best] {
			best = c
		}
	}
	return best
}
