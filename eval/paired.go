package eval

import (
	"math"
	"slices"
)

// Test is a paired test of "the difference is above zero". Interval and
// p-value come from one statistic, so that for every level a:
// the lower end of Interval(a) is above zero exactly when P() < a.
//
// P is directional in a two-sided sense: it is the usual two-sided p-value
// where the difference is positive, and 1 or nearly so where it is not; a
// difference that is surely negative shows in the upper end of the interval.
type Test interface {
	// Difference is the estimate.
	Difference() float64
	// StandardError is that of the estimate.
	StandardError() float64
	// P is the p-value, 0..1.
	P() float64
	// Interval has confidence 1 − a, 0 < a < 1.
	Interval(a float64) (low, high float64)
	// Name reports which test it is.
	Name() string
}

var (
	_ Test = (*CorrectedT)(nil)
	_ Test = (*PairedBootstrap)(nil)
)

// CorrectedT is the corrected resampled t-test of Nadeau & Bengio (2003) on
// the differences of runs: t = d̄ / √((1/J + test/train)·s²), J − 1 degrees of
// freedom.
type CorrectedT struct {
	mean, se, df float64
}

// NewCorrectedT makes the test from the runs' paired differences. J is the
// number of different test parts; seeds of the same part count as one.
// Differences that are all equal get the standard deviation that one test row
// makes, for their spread cannot be known.
func NewCorrectedT(differences []float64, r Resampling) *CorrectedT {
	return correctedT(true, r.parts(differences), r)
}

// correctedT is NewCorrectedT of parts; steps: the values go in steps of a row.
func correctedT(steps bool, parts []float64, r Resampling) *CorrectedT {
	mean, std := meanStd(parts)
	if std == 0 && steps {
		std = 1 / math.Max(r.TestRows, 1)
	}
	return &CorrectedT{mean: mean, se: std * r.scale(len(parts)), df: float64(len(parts) - 1)}
}

// Name implements Test.
func (t *CorrectedT) Name() string { return "corrected resampled t-test" }

// Difference implements Test.
func (t *CorrectedT) Difference() float64 { return t.mean }

// StandardError implements Test.
func (t *CorrectedT) StandardError() float64 { return t.se }

// P implements Test.
func (t *CorrectedT) P() float64 {
	if !(t.df >= 1) || math.IsNaN(t.mean) {
		return 1
	}
	return math.Min(1, 2*studentTail(t.mean/t.se, t.df))
}

// Interval implements Test.
func (t *CorrectedT) Interval(a float64) (low, high float64) {
	if !(t.df >= 1) || math.IsNaN(t.mean) {
		return math.NaN(), math.NaN()
	}
	half := studentQuantile(a/2, t.df) * t.se
	return t.mean - half, t.mean + half
}

// PairedBootstrap resamples the test rows (or groups of rows) of an official
// split; the statistic is the mean difference over the rows.
type PairedBootstrap struct {
	mean  float64
	draws []float64 // ascending
	units int       // rows or groups
	share bool      // of rows, so that no difference on any row has a binomial interval
}

// pairedReplicates leaves enough draws in the tail for Holm's correction.
const pairedReplicates = 9_999

// NewPairedBootstrap makes the test from the difference of each row [N], for
// instance in correctness averaged over the seeds. groups may be nil.
func NewPairedBootstrap(differences []float64, groups []int) *PairedBootstrap {
	mean, _ := meanStd(differences)
	t := &PairedBootstrap{mean: mean}
	if len(differences) < 2 || math.IsNaN(mean) {
		return t
	}
	_, t.units = Units(groups, len(differences))
	times := min(pairedReplicates, max(3999, 100_000_000/len(differences)))
	t.draws = bootstrapMeans(differences, groups, times)
	for i, d := range t.draws { // a sum of thirds that should be 0 is not above it
		if math.Abs(d) < 1e-12 {
			t.draws[i] = 0
		}
	}
	return t
}

// newPairedBootstrapOf is the test for a metric that is no mean over rows: the statistic is the
// difference of the two systems' metrics, each the mean over its seeds, on the same resampled rows.
func newPairedBootstrapOf(m Metric, fused, single []*Predictions, groups []int) *PairedBootstrap {
	sign := 1.0
	if !m.HigherIsBetter {
		sign = -1
	}
	mean := func(seeds []*Predictions) (sum float64) {
		for _, p := range seeds {
			sum += m.Of(p)
		}
		return sum / float64(len(seeds))
	}
	t := &PairedBootstrap{mean: sign * (mean(fused) - mean(single))}
	n := fused[0].Len()
	if n < 2 || math.IsNaN(t.mean) {
		return t
	}
	_, t.units = Units(groups, n)
	t.draws = bootstrap(n, groups, statistic{replicates(2 * len(fused) * m.work(fused[0])), m.difference(fused, single, sign)})
	for i, d := range t.draws {
		if math.Abs(d) < 1e-12 {
			t.draws[i] = 0
		}
	}
	return t
}

// difference returns sign·(a − b) of the metric on the same resamples.
func (m Metric) difference(a, b []*Predictions, sign float64) pass {
	parts := newShared()
	return &combined{[]pass{m.statistic(a, parts).pass, m.statistic(b, parts).pass}, func(values [][lanes]float64) (out [lanes]float64) {
		for k := range out {
			out[k] = sign * (values[0][k] - values[1][k])
		}
		return out
	}}
}

// PairedError returns the standard error of the difference between two systems' metrics on the same
// rows, each the mean over its runs, by resampling rows or whole groups (nil: none).
func PairedError(m Metric, a, b []*Predictions, groups []int) float64 {
	if len(a) == 0 || a[0].Len() < 2 {
		return 0
	}
	const times = 200
	_, std := meanStd(bootstrap(a[0].Len(), groups, statistic{times, m.difference(a, b, 1)}))
	if math.IsNaN(std) {
		return 0
	}
	return std
}

// Name implements Test.
func (t *PairedBootstrap) Name() string { return "paired bootstrap" }

// Difference implements Test.
func (t *PairedBootstrap) Difference() float64 { return t.mean }

// StandardError implements Test.
func (t *PairedBootstrap) StandardError() float64 {
	_, std := meanStd(t.draws)
	return std
}

// P implements Test: twice the share of draws at or below zero, the observed
// data counted as one draw.
func (t *PairedBootstrap) P() float64 {
	if len(t.draws) == 0 {
		return 1
	}
	at, _ := slices.BinarySearchFunc(t.draws, 0, func(d, zero float64) int {
		if d <= zero {
			return -1
		}
		return 1
	})
	return math.Min(1, 2*float64(at+1)/float64(len(t.draws)+1))
}

// Interval implements Test, by order statistics: with x = a·(B+1)/2 the lower
// end is draw number ⌈x⌉ − 1, which is above zero exactly if fewer than x − 1
// draws are not. With too few draws for a the ends move out to the extremes
// by the reach of the draws again. Where no row differs in a share there is
// nothing to draw, and the ends are how large a share of others may differ, by
// the binomial.
func (t *PairedBootstrap) Interval(a float64) (low, high float64) {
	b := len(t.draws)
	if b == 0 {
		return math.NaN(), math.NaN()
	}
	if t.share && t.draws[0] == 0 && t.draws[b-1] == 0 {
		far := 1 - math.Pow(a/2, 1/float64(t.units))
		return -far, far
	}
	k := int(math.Ceil(a*float64(b+1)/2)) - 1 // 1-based from either end
	if k < 1 {
		reach := t.draws[b-1] - t.draws[0]
		return math.Min(t.draws[0]-reach, 0), t.draws[b-1] + reach
	}
	k = min(k, (b+1)/2)
	return t.draws[k-1], t.draws[b-k]
}

// McNemar is the two-sided p-value of McNemar's test: gained rows are right
// only in the second system, lost rows only in the first. Under 25 discordant
// rows it is exact (binomial), else the χ² test with Edwards's correction.
func McNemar(gained, lost int) float64 {
	n := gained + lost
	if n == 0 {
		return 1
	}
	if n < 25 {
		return math.Min(1, 2*binomialHalfCDF(min(gained, lost), n))
	}
	d := math.Max(math.Abs(float64(gained-lost))-1, 0)
	return math.Erfc(math.Sqrt(d * d / float64(n) / 2))
}
