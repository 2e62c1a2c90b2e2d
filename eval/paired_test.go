package eval

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

func TestStudent(t *testing.T) {
	for _, df := range []float64{1, 2, 4, 9, 14, 99} {
		d := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}
		for _, x := range []float64{-3, -0.2, 0, 0.5, 1, 2.5, 8} {
			near(t, "tail", studentTail(x, df), d.Survival(x), 1e-10)
		}
		for _, q := range []float64{0.4, 0.025, 0.001} {
			near(t, "tail of the quantile", studentTail(studentQuantile(q, df), df), q, 1e-13)
		}
	}
	// scipy.stats.t.sf and .isf
	near(t, "sf(5.3, 14)", studentTail(5.3, 14)/5.608475100494403e-05, 1, 1e-9)
	near(t, "isf(0.025, 4)", studentQuantile(0.025, 4), 2.7764451051977943, 1e-10)
	near(t, "isf(1.92e-5, 2)", studentQuantile(1.92e-5, 2), 161.36965847477913, 1e-9)
}

// scipy: t = d̄/√((1/15 + 120/480)·s²), 2·t.sf(t, 14).
func TestCorrectedT(t *testing.T) {
	d := []float64{.03, .05, .01, .04, .06, .02, .05, .03, .04, .02, .01, .05, .03, .06, .04}
	test := NewCorrectedT(d, Resampling{TrainRows: 480, TestRows: 120})
	near(t, "p", test.P(), 0.0015902741466379887, 1e-10)
	low, _ := test.Interval(0.05)
	near(t, "low", low, 0.01622050563156308, 1e-10)
	if p := NewCorrectedT([]float64{.1}, Resampling{TrainRows: 10, TestRows: 10}).P(); p != 1 {
		t.Errorf("p of one run = %v, want 1", p)
	}
	if p := NewCorrectedT([]float64{0, 0, 0}, Resampling{TrainRows: 10, TestRows: 10}).P(); p != 1 {
		t.Errorf("p of no difference = %v, want 1", p)
	}
}

// scipy.stats.binom.cdf under 25 discordant rows, chi2.sf with Edwards's
// correction from there.
func TestMcNemar(t *testing.T) {
	f := func(gained, lost int, want float64) {
		t.Helper()
		near(t, "McNemar", McNemar(gained, lost), want, 1e-12)
		near(t, "McNemar", McNemar(lost, gained), want, 1e-12)
	}
	f(5, 1, 0.21875)
	f(10, 3, 0.09228515625)
	f(30, 12, 0.008711912962379598)
	f(0, 0, 1)
	f(7, 7, 1)
}

func TestHolm(t *testing.T) {
	got := Holm([]float64{0.01, 0.04, 0.03, 0.005}, nil)
	for i, want := range []float64{0.03, 0.06, 0.06, 0.02} { // R: p.adjust(p, "holm")
		near(t, "Holm", got[i], want, 1e-15)
	}
	// By hand: p/w = 0.02, 0.04, 0.15; factors 1/0.5, 0.5/0.25, 0.25/0.25... made monotone.
	got = Holm([]float64{0.01, 0.01, 0.0375}, []float64{0.5, 0.25, 0.25})
	for i, want := range []float64{0.02, 0.02, 0.0375} {
		near(t, "weighted Holm", got[i], want, 1e-15)
	}
}

// The lower end is above zero exactly when p is under the level, for both
// tests and any level: one statistic yields both.
func TestIntervalAgreesWithP(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 40).Draw(t, "n")
		shift := rapid.Float64Range(-0.3, 0.6).Draw(t, "shift")
		d := make([]float64, n)
		for i := range d {
			d[i] = rapid.Float64Range(-1, 1).Draw(t, "d") + shift
		}
		a := rapid.Float64Range(0.0005, 0.3).Draw(t, "a")
		for _, test := range []Test{NewCorrectedT(d, Resampling{TrainRows: 400, TestRows: 100}), quickBootstrap(d)} {
			low, high := test.Interval(a)
			if (low > 0) != (test.P() < a) || low > high {
				t.Fatalf("%s: [%v, %v] at %v, p = %v", test.Name(), low, high, a, test.P())
			}
		}
	})
}

func quickBootstrap(d []float64) *PairedBootstrap {
	mean, _ := meanStd(d)
	return &PairedBootstrap{mean: mean, draws: bootstrapMeans(d, nil, 399)}
}

func TestHolmLevelAgreesWithHolm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ps := rapid.SliceOfN(rapid.Float64Range(0, 0.2), 1, 15).Draw(t, "p")
		weights := validationWeights(len(ps), rapid.IntRange(0, len(ps)-1).Draw(t, "chosen"))
		if rapid.Bool().Draw(t, "equal") {
			weights = nil
		}
		all := Holm(ps, weights)
		for at, p := range ps {
			adjusted, level := holmLevel(ps, weights, at)
			if math.Abs(adjusted-all[at]) > 1e-12 || adjusted < p {
				t.Fatalf("adjusted %v, Holm %v, raw %v", adjusted, all[at], p)
			}
			if math.Abs(all[at]-alpha) > 1e-12 && (p < level) != (all[at] < alpha) {
				t.Fatalf("p %v against level %v, adjusted %v", p, level, all[at])
			}
		}
	})
}

// The mean's own bootstrap draws as the general one does.
func TestBootstrapMeans(t *testing.T) {
	v, groups := lcg(30, 4), make([]int, 30)
	for i := range groups {
		groups[i] = i * i % 31
	}
	for _, g := range [][]int{nil, groups} {
		a := bootstrapMeans(v, g, 50)
		b := bootstrap(len(v), g, statistic{50, each(func(w []uint8) float64 {
			sum, n := 0.0, 0.0
			for i, x := range v {
				sum += float64(w[i]) * x
				n += float64(w[i])
			}
			return sum / n
		})})
		for i := range a {
			near(t, "draw", a[i], b[i], 1e-12)
		}
	}
}

// Of several values the intervals are those of each; one group is too few to resample, so rows are.
func TestMeanIntervals(t *testing.T) {
	const rows = 400
	alike, groups, noise := make([]float64, rows), make([]int, rows), lcg(rows, 7)
	for i := range groups {
		groups[i] = i / (rows / 20)
		alike[i] = float64(groups[i] % 2)
	}
	both := [][]float64{alike, noise}
	low, high := MeanIntervals(both, nil)
	for k, v := range both {
		all := bootstrapMeans(v, nil, replicates(2*rows))
		near(t, "low end", low[k], quantile(all, 0.025), 1e-12)
		near(t, "high end", high[k], quantile(all, 0.975), 1e-12)
	}
	if l, h := MeanIntervals(both, make([]int, rows)); !slices.Equal(l, low) || !slices.Equal(h, high) {
		t.Errorf("one group has the intervals %g to %g, no group %g to %g", l, h, low, high)
	}
	if l, h := MeanIntervals(both, groups); h[0]-l[0] < 2*(high[0]-low[0]) {
		t.Errorf("rows that agree within 20 groups have an interval of %g, of %g without groups", h[0]-l[0], high[0]-low[0])
	}
	if low, high := MeanIntervals([][]float64{nil}, nil); low[0] != 0 || high[0] != 0 {
		t.Errorf("no row has the interval %g to %g", low, high)
	}
}

// Resampling whole groups must widen the interval where rows of a group agree.
func TestGroupsWiden(t *testing.T) {
	d, groups := make([]float64, 200), make([]int, 200)
	u := lcg(20, 5)
	for i := range d {
		groups[i] = i / 10
		d[i] = u[i/10]
	}
	a := NewPairedBootstrap(d, nil)
	b := NewPairedBootstrap(d, groups)
	al, ah := a.Interval(0.05)
	bl, bh := b.Interval(0.05)
	if bh-bl < 2*(ah-al) {
		t.Errorf("grouped [%v, %v] is not wider than [%v, %v]", bl, bh, al, ah)
	}
	if !slices.IsSorted(b.draws) {
		t.Error("draws are not sorted")
	}
}

// Two groups that happen to agree must not look like certainty.
func TestFewGroupsResampleRows(t *testing.T) {
	d, groups := make([]float64, 100), make([]int, 100)
	for i := range d {
		groups[i] = i % 2
		d[i] = float64(i/2%3) - 0.9 // the same in both groups
	}
	low, high := NewPairedBootstrap(d, groups).Interval(0.05)
	l, h := NewPairedBootstrap(d, nil).Interval(0.05)
	if low != l || high != h || high-low < 0.2 {
		t.Errorf("two groups: %v to %v, rows: %v to %v", low, high, l, h)
	}
}

// Draws that are zero but for rounding are not above zero.
func TestTiesAreNotAboveZero(t *testing.T) {
	d := make([]float64, 30)
	for i := range d {
		d[i] = 0.2 * float64(i%3-1)
	}
	whole := make([]float64, 30)
	for i := range whole {
		whole[i] = float64(i%3 - 1)
	}
	if p, q := NewPairedBootstrap(d, nil).P(), NewPairedBootstrap(whole, nil).P(); p != q {
		t.Errorf("p of fifths %v, of whole numbers %v", p, q)
	}
}
