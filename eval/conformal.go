package eval

import (
	"math"
	"slices"
)

// Conformal makes prediction sets by split conformal prediction: the sets
// contain the true class with at least the nominal probability on rows that
// are exchangeable with the validation rows.
//
// The score of a class is 1 − p (LAC, Sadinle et al. 2019), but 0 for the most
// probable class. The sets of this score are nested and never empty by
// construction, so validation and use count the same sets: the coverage is
// the nominal one, not more, wherever accuracy is below it; where accuracy is
// above it the sets are single classes and cover what accuracy covers.
type Conformal struct {
	Coverage  float64 `json:"coverage"`  // nominal
	Threshold float64 `json:"threshold"` // classes with a score up to it are in the set
	Rows      int     `json:"rows"`      // validation rows that the threshold comes from
}

// FitConformal finds the threshold on validation rows the model was not
// fitted on. coverage lies in (0, 1).
func FitConformal(probs [][]float64, labels []int, coverage float64) Conformal {
	return ConformalFrom(RowConformalScores(probs, labels), coverage)
}

func conformity(row []float64, top, class int) float64 {
	if class == top {
		return 0
	}
	return 1 - row[class]
}

// upperQuantile is the ⌈(n+1)·coverage⌉-th smallest score, or 1, which lets
// every class in, where there are too few scores to promise that coverage.
func upperQuantile(scores []float64, coverage float64) float64 {
	k := int(math.Ceil(float64(len(scores)+1)*coverage - 1e-9))
	if k > len(scores) {
		return 1
	}
	return slices.Sorted(slices.Values(scores))[max(k, 1)-1]
}

// Set returns the classes of one row's prediction set, most probable first;
// it is never empty.
func (c Conformal) Set(row []float64) []int {
	top := Argmax(row)
	set := []int{top}
	for k := range row {
		if k != top && 1-row[k] <= c.Threshold {
			set = append(set, k)
		}
	}
	slices.SortStableFunc(set[1:], func(a, b int) int {
		switch {
		case row[a] > row[b]:
			return -1
		case row[a] < row[b]:
			return 1
		}
		return 0
	})
	return set
}

// SetReport measures prediction sets on test rows.
type SetReport struct {
	Nominal   float64 `json:"nominal"`
	Coverage  float64 `json:"coverage"`  // share of rows whose set holds the true class
	MeanSize  float64 `json:"mean_size"` // classes per set
	Answered  float64 `json:"answered"`  // share of rows whose set is one class; the rest abstain
	Accuracy  float64 `json:"accuracy"`  // among the answered
	Threshold float64 `json:"threshold"`

	Rows        int     `json:"rows"`             // test rows that Coverage was measured on
	Low         float64 `json:"low"`              // 95 % interval of Coverage
	High        float64 `json:"high"`             //
	Calibration int     `json:"calibration_rows"` // rows that the threshold comes from
	ExpectLow   float64 `json:"expect_low"`       // coverage to be expected from so many of them, in 95 of 100 cases
	ExpectHigh  float64 `json:"expect_high"`      //
	Source      string  `json:"source"`           // of the threshold: one of the Sources
}

// Sources of a threshold.
const (
	FromValidation = "validation"  // the model's own validation rows
	FromChosen     = "chosen"      // those, corrected for the choice of the model on them
	FromFolds      = "other_folds" // the test rows of the other folds
	FromTraining   = "inner_folds" // training and validation rows, each predicted by a fit without it
)

// Interpret fills in how sure the coverage is: covered makes of every test row
// whether its set held the true class (a mean, if it was measured several
// times), groups which of them belong together (nil: none), calibration from
// how many rows the threshold comes.
func (r *SetReport) Interpret(covered []float64, groups []int, calibration int, source string) {
	r.Rows, r.Calibration, r.Source = len(covered), calibration, source
	r.Low, r.High = coverageInterval(covered, groups)
	r.ExpectLow, r.ExpectHigh = expectedCoverage(calibration, r.Nominal)
}

// Measure applies c to labeled rows; groups may be nil. Accuracy is 0 if no
// row is answered.
func (c Conformal) Measure(probs [][]float64, labels, groups []int) SetReport {
	r := SetReport{Nominal: c.Coverage, Threshold: c.Threshold}
	answered, n := 0.0, float64(len(labels))
	if n == 0 {
		return r
	}
	covered := c.Covered(probs, labels)
	for i, row := range probs {
		set := c.Set(row)
		r.MeanSize += float64(len(set)) / n
		r.Coverage += covered[i] / n
		if len(set) == 1 {
			answered++
			r.Accuracy += covered[i]
		}
	}
	r.Answered = answered / n
	if answered > 0 {
		r.Accuracy /= answered
	}
	r.Interpret(covered, groups, c.Rows, FromValidation)
	return r
}

// Covered makes of each row whether its set holds the true class: 1 or 0.
func (c Conformal) Covered(probs [][]float64, labels []int) []float64 {
	out := make([]float64, len(labels))
	for i, row := range probs {
		out[i] = agree(slices.Contains(c.Set(row), labels[i]))
	}
	return out
}

// Abstention is one point of the curve of answering only when sure.
type Abstention struct {
	Threshold float64 `json:"threshold"` // rows with a top probability from here on are answered
	Answered  float64 `json:"answered"`  // share of rows
	Accuracy  float64 `json:"accuracy"`  // among them
}

// AbstentionCurve returns accuracy among the surest rows, for every tenth of
// the rows from all of them down to 10 %.
func AbstentionCurve(p *Predictions) []Abstention {
	n := p.Len()
	if n == 0 {
		return nil
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	top := func(i int) float64 { return p.Probs[i][Argmax(p.Probs[i])] }
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case top(a) > top(b):
			return -1
		case top(a) < top(b):
			return 1
		}
		return 0
	})
	var out []Abstention
	for tenth := 10; tenth >= 1; tenth-- {
		k := max(1, n*tenth/10)
		hits := 0.0
		for _, i := range order[:k] {
			hits += agree(p.top()[i] == p.Labels[i]) // as sure as the probabilities are, whatever thresholds there are
		}
		out = append(out, Abstention{Threshold: top(order[k-1]), Answered: float64(k) / float64(n), Accuracy: hits / float64(k)})
	}
	return out
}
