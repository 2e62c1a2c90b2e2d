package eval

import (
	"encoding/json"
	"math"
)

// Summary is one metric over the runs of one row, with its 95 % interval.
// A bound that cannot be known (one run and no rows to resample) is NaN, in
// JSON null.
type Summary struct {
	Mean float64
	Std  float64   // of the runs, n − 1 in the denominator; 0 for one run
	Low  float64   // 95 % interval, kept inside the metric's range
	High float64   //
	Runs []float64 // fold by fold, seed by seed
}

type summaryJSON struct {
	Mean number   `json:"mean"`
	Std  number   `json:"std"`
	Low  number   `json:"low"`
	High number   `json:"high"`
	Runs []number `json:"runs"`
}

// StandardError returns that of the mean, which the interval is of.
func (s Summary) StandardError() float64 { return (s.High - s.Low) / (2 * normal) }

// unlikeErrors is how many standard errors of the difference the best of twenty equally good
// entries, which choosing flatters, is ahead on its validation rows in fewer than one of twenty
// comparisons: see docs/decisions/0051-two-remarks.md.
const unlikeErrors = 4

// Unlike reports whether validation rows score better than test rows by more than chance and the
// choice of the best entry on them explain: the two are rows of different kinds.
func (m Metric) Unlike(val, test Summary) bool {
	ahead := val.Mean - test.Mean
	if !m.HigherIsBetter {
		ahead = -ahead
	}
	return ahead > unlikeErrors*math.Hypot(val.StandardError(), test.StandardError())
}

// MarshalJSON writes {"mean", "std", "low", "high", "runs"}.
func (s Summary) MarshalJSON() ([]byte, error) {
	j := summaryJSON{Mean: number(s.Mean), Std: number(s.Std), Low: number(s.Low), High: number(s.High), Runs: make([]number, len(s.Runs))}
	for i, r := range s.Runs {
		j.Runs[i] = number(r)
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *Summary) UnmarshalJSON(b []byte) error {
	var j summaryJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*s = Summary{Mean: float64(j.Mean), Std: float64(j.Std), Low: float64(j.Low), High: float64(j.High)}
	for _, r := range j.Runs {
		s.Runs = append(s.Runs, float64(r))
	}
	return nil
}

const (
	alpha  = 0.05              // intervals are 1 − alpha wide
	normal = 1.959963984540054 // the standard normal quantile of 1 − alpha/2
)

// SummarizeRuns summarizes runs over folds with a t interval whose variance
// carries the Nadeau–Bengio correction: (1/J + test/train)·s², J − 1 degrees
// of freedom, J different test parts. Where every row of every run is right, or
// none, the interval is the exact binomial one.
func SummarizeRuns(m Metric, runs []float64, r Resampling) Summary {
	mean, std := meanStd(runs)
	s := Summary{Mean: mean, Std: std, Low: math.NaN(), High: math.NaN(), Runs: runs}
	parts := r.parts(runs)
	if len(parts) < 2 {
		return s
	}
	if v, same := constant(parts); same && m.allOrNothing(v) && r.rows() > 0 {
		return m.allOrNone(s, r.rows())
	}
	t := correctedT(m.Share, parts, r)
	s.Low, s.High = t.Interval(alpha)
	s.Low, s.High = m.inside(s.Low), m.inside(s.High)
	return s
}

// SummarizeSplit summarizes several seeds' predictions of the same test rows
// (an official split). Rows, or whole groups of rows where groups is not nil
// ([N], any numbers), are resampled; the resampled quantity is the mean of
// the metric over the seeds. The interval is the percentile interval moved by
// the bootstrap's bias, so that it lies around the mean for metrics that
// resampling inflates (ECE), and holds the mean in any case.
func SummarizeSplit(m Metric, seeds []*Predictions, groups []int) Summary {
	return SummarizeSplits([]Metric{m}, seeds, groups)[0]
}

// SummarizeSplits is SummarizeSplit by several metrics, of the same resamples.
func SummarizeSplits(metrics []Metric, seeds []*Predictions, groups []int) []Summary {
	out := make([]Summary, len(metrics))
	var of []statistic
	var resampled []int // the metrics of of
	parts := newShared()
	for k, m := range metrics {
		runs := make([]float64, len(seeds))
		for i, p := range seeds {
			runs[i] = m.Of(p)
		}
		mean, std := meanStd(runs)
		out[k] = Summary{Mean: mean, Std: std, Low: math.NaN(), High: math.NaN(), Runs: runs}
		if len(seeds) > 0 && seeds[0].Len() > 1 && !math.IsNaN(mean) {
			of, resampled = append(of, m.statistic(seeds, parts)), append(resampled, k)
		}
	}
	if len(of) == 0 {
		return out
	}
	for j, draws := range bootstrapAll(seeds[0].Len(), groups, of) {
		m, s := metrics[resampled[j]], &out[resampled[j]]
		if len(draws) == 0 {
			continue
		}
		if v, same := constant(draws); same && m.allOrNothing(v) {
			_, units := Units(groups, seeds[0].Len())
			*s = m.allOrNone(*s, units)
			continue
		}
		bias := -s.Mean
		for _, d := range draws {
			bias += d / float64(len(draws))
		}
		s.Low = math.Min(s.Mean, m.inside(quantile(draws, alpha/2)-bias))
		s.High = math.Max(s.Mean, m.inside(quantile(draws, 1-alpha/2)-bias))
	}
	return out
}

// statistic returns the mean of the metric over the seeds.
func (m Metric) statistic(seeds []*Predictions, parts *shared) statistic {
	if m.Row != nil {
		rows := RowScores(m, seeds)
		return statistic{replicates(len(rows)), &means{values: rows}}
	}
	of := make([]pass, len(seeds))
	for i, p := range seeds {
		of[i] = m.pass(p, parts)
	}
	mean := func(values [][lanes]float64) (out [lanes]float64) {
		for _, of := range values {
			for k, v := range of {
				out[k] += v
			}
		}
		for k := range out {
			out[k] /= float64(len(values))
		}
		return out
	}
	return statistic{replicates(len(seeds) * m.work(seeds[0])), &combined{of, mean}}
}

// allOrNothing reports whether v is a share of rows that is all of them or
// none, or another score that only answers without a fault have.
func (m Metric) allOrNothing(v float64) bool {
	return m.Share && v == 0 || m.Min == 0 && m.Max == 1 && v == 1
}

// allOrNone is the exact binomial interval of n rows, or groups of rows, that
// all are right, or none: nothing varies there.
func (m Metric) allOrNone(s Summary, n int) Summary {
	far := 1 - math.Pow(alpha/2, 1/float64(n))
	s.Low, s.High = s.Mean, s.Mean
	if s.Mean == 0 {
		s.High = far
	} else {
		s.Low = 1 - far
	}
	return s
}

// RowScores is the metric's score of each row, averaged over the seeds, [N].
// It is nil for a metric that is no mean over rows.
func RowScores(m Metric, seeds []*Predictions) []float64 {
	if m.Row == nil || len(seeds) == 0 {
		return nil
	}
	out := make([]float64, seeds[0].Len())
	for _, p := range seeds {
		for i := range out {
			out[i] += m.Row(p, i) / float64(len(seeds))
		}
	}
	if len(seeds) > 1 { // 1/3+1/3+1/3 is not exactly 1
		for i, v := range out {
			if r := math.Round(v); math.Abs(v-r) < 1e-12 {
				out[i] = r
			}
		}
	}
	return out
}

func (m Metric) inside(v float64) float64 { return math.Min(math.Max(v, m.Min), m.Max) }

func meanStd(v []float64) (mean, std float64) {
	if len(v) == 0 {
		return math.NaN(), math.NaN()
	}
	for _, x := range v {
		mean += x
	}
	mean /= float64(len(v))
	if same, ok := constant(v); ok { // exactly, whatever the rounding of the sum
		return same, 0
	}
	for _, x := range v {
		std += (x - mean) * (x - mean)
	}
	return mean, math.Sqrt(std / float64(len(v)-1))
}

func constant(v []float64) (float64, bool) {
	for _, x := range v {
		if x != v[0] {
			return 0, false
		}
	}
	return v[0], true
}
