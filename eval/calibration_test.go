package eval

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestTemperature(t *testing.T) {
	p := classData(90, 4, 2)
	logits := Logits(p.Probs)
	for _, row := range logits {
		for c := range row {
			row[c] *= 3
		}
	}
	// scipy.optimize.minimize_scalar of the penalized likelihood.
	near(t, "temperature", Temperature(logits, p.Labels), 1.1849408556491783, 1e-6)
	if got := Temperature(nil, nil); got != 1 {
		t.Errorf("temperature of nothing = %v, want 1", got)
	}
	// An over-confident model gets a T above 1, and its ECE shrinks.
	probs, labels := simulated(4000, 5, 1, 1)
	hot := Soften(Logits(probs), 0.3)
	before := ece(&Predictions{Probs: hot, Labels: labels}, nil)
	temp := Temperature(Logits(hot), labels)
	after := ece(&Predictions{Probs: Soften(Logits(hot), temp), Labels: labels}, nil)
	near(t, "recovered temperature", temp, 1/0.3, 0.1)
	if !(after < before/4) {
		t.Errorf("ECE %.3f before, %.3f after calibration", before, after)
	}
	// Data without an error must not give a temperature of nothing.
	if got := Temperature([][]float64{{9, 0}, {0, 9}}, []int{0, 1}); !(got > 0.05 && got < 1.5) {
		t.Errorf("temperature of separable data = %v", got)
	}
}

// simulated draws labels from the probabilities themselves, so that the
// probabilities are calibrated; a larger sharp makes them surer.
func simulated(n, c int, sharp float64, seed uint64) (probs [][]float64, labels []int) {
	rng := rand.New(rand.NewPCG(seed, 9))
	for range n {
		row := make([]float64, c)
		for k := range row {
			row[k] = sharp * rng.NormFloat64() * 1.5
		}
		row = Soften([][]float64{row}, 1)[0]
		u, y := rng.Float64(), 0
		for u > row[y] && y < c-1 {
			u -= row[y]
			y++
		}
		probs, labels = append(probs, row), append(labels, y)
	}
	return probs, labels
}

func TestConformal(t *testing.T) {
	f := func(classes int, sharp float64) {
		t.Helper()
		coverage, accuracy := 0.0, 0.0
		const seeds = 20
		for seed := range uint64(seeds) {
			probs, labels := simulated(1500, classes, sharp, seed)
			c := FitConformal(probs[:500], labels[:500], 0.9)
			for _, row := range probs[500:] {
				if set := c.Set(row); len(set) == 0 || set[0] != Argmax(row) {
					t.Fatalf("set %v of %v lacks its best class", set, row)
				}
			}
			r := c.Measure(probs[500:], labels[500:], nil)
			coverage += r.Coverage / seeds
			m, _ := MetricByName("accuracy")
			accuracy += m.Of(&Predictions{Probs: probs[500:], Labels: labels[500:]}) / seeds
			if r.MeanSize < 1 || r.Answered < 0 || r.Answered > 1 {
				t.Errorf("report %+v", r)
			}
		}
		if coverage < 0.89 || (accuracy < 0.88 && coverage > 0.91) {
			t.Errorf("%d classes, sharp %v: coverage %.3f at accuracy %.3f", classes, sharp, coverage, accuracy)
		}
	}
	f(2, 0.5)
	f(2, 1)
	f(3, 1)
	f(10, 1)
	f(10, 2)
	f(3, 4)
	f(2, 10) // accuracy above 90 %
}

func TestConformalEdges(t *testing.T) {
	few := FitConformal([][]float64{{.6, .4}}, []int{0}, 0.9)
	if got := few.Set([]float64{.9, .1}); len(got) != 2 {
		t.Errorf("set after one validation row = %v, want every class", got)
	}
	scores := make([]float64, 99)
	for i := range scores {
		scores[i] = float64(98-i) / 100
	}
	near(t, "threshold", ConformalFrom(scores, 0.9).Threshold, 0.89, 0)
	near(t, "the first score, which stays where it is", scores[0], 0.98, 0)
}

func TestReliabilityAndAbstention(t *testing.T) {
	probs, labels := simulated(3000, 4, 2, 3)
	p := &Predictions{Probs: probs, Labels: labels}
	rows, gap := 0, 0.0
	for _, b := range Reliability(p, Bins) {
		rows += b.Rows
		gap += math.Abs(b.Accuracy-b.Confidence) * float64(b.Rows) / 3000
		if b.Confidence <= b.Low-1e-12 || b.Confidence > b.High+1e-12 {
			t.Errorf("confidence %v outside (%v, %v]", b.Confidence, b.Low, b.High)
		}
	}
	if rows != 3000 {
		t.Errorf("%d rows in the bins, want 3000", rows)
	}
	near(t, "ECE from the bins", gap, ece(p, nil), 1e-12)
	curve := AbstentionCurve(p)
	if first, last := curve[0], curve[len(curve)-1]; len(curve) != 10 || first.Answered != 1 || last.Accuracy < first.Accuracy {
		t.Errorf("curve %+v", curve)
	}
}

// A model chosen on the validation rows was lucky on them: a threshold from its
// own scores covers too little, one from ChosenScores does not.
func TestChosenScores(t *testing.T) {
	const sets, models, n = 60, 10, 100
	plain, corrected := 0.0, 0.0
	for seed := range uint64(sets) {
		rng := rand.New(rand.NewPCG(seed, 4))
		// Ten models that are equally good, each with errors of its own.
		draw := func(rows int) (can []Candidate, probs [][][]float64, labels []int) {
			labels = make([]int, rows)
			for i := range labels {
				labels[i] = rng.IntN(4)
			}
			for range models {
				p := make([][]float64, rows)
				right := make([]bool, rows)
				for i, y := range labels {
					z := make([]float64, 4)
					for c := range z {
						z[c] = rng.NormFloat64()
					}
					z[y] += 2.2
					p[i] = Soften([][]float64{z}, 1)[0]
					right[i] = Argmax(p[i]) == y
				}
				can = append(can, Candidate{[][]bool{right}, [][]float64{RowConformalScores(p, labels)}})
				probs = append(probs, p)
			}
			return can, probs, labels
		}
		val, probs, labels := draw(n)
		best, most := 0, -1
		for k, c := range val {
			hits := 0
			for _, r := range c.Right[0] {
				if r {
					hits++
				}
			}
			if hits > most {
				best, most = k, hits
			}
		}
		ids := make([]int, n)
		for i := range ids {
			ids[i] = i
		}
		_, test, truth := draw(400)
		plain += FitConformal(probs[best], labels, 0.9).Measure(test[best], truth, nil).Coverage / sets
		corrected += ConformalOf(ChosenScores(val, [][]int{ids})[0], n, 0.9).Measure(test[best], truth, nil).Coverage / sets
	}
	t.Logf("wished 0.900, plain %.3f, corrected %.3f", plain, corrected)
	if plain > 0.885 || corrected < 0.89 || corrected > 0.915 {
		t.Errorf("coverage of the chosen model: plain %.3f, corrected %.3f", plain, corrected)
	}
	one := ChosenScores([]Candidate{{[][]bool{{true, false}}, [][]float64{{0.7, 0}}}}, [][]int{{0, 1}})
	if len(one) != 1 || one[0][0] != 0 || one[0][1] != 0.7 {
		t.Errorf("one candidate: %v", one)
	}
}

func TestCoverageIntervals(t *testing.T) {
	low, high := binomialInterval(0.9, 100) // statsmodels proportion_confint(90, 100, method="wilson")
	near(t, "low", low, 0.8256343384950865, 1e-9)
	near(t, "high", high, 0.9447708629393249, 1e-9)
	low, high = expectedCoverage(99, 0.9) // scipy.stats.beta(90, 10).ppf
	near(t, "expected low", incompleteBeta(90, 10, low), 0.025, 1e-9)
	near(t, "expected high", incompleteBeta(90, 10, high), 0.975, 1e-9)
	if low, high = expectedCoverage(5, 0.9); low != 1 || high != 1 {
		t.Errorf("five rows: %v to %v, want every class", low, high)
	}
}

// The rows of a group are covered together: the interval of the coverage is as
// wide as so many groups make it, and holds the truth about as often as it states.
func TestCoverageIntervalOfGroups(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	held, heldRows, times := 0, 0, 400
	for range times {
		var covered []float64
		var groups []int
		for g := range 60 {
			hit := agree(rng.Float64() < 0.8)
			for range 10 {
				covered, groups = append(covered, hit), append(groups, g)
			}
		}
		f := func(groups []int) int {
			low, high := coverageInterval(covered, groups)
			return int(agree(low <= 0.8 && 0.8 <= high))
		}
		held, heldRows = held+f(groups), heldRows+f(nil)
	}
	if share := float64(held) / float64(times); share < 0.9 || share > 0.98 {
		t.Errorf("intervals over groups hold the truth in %.3f of the cases", share)
	}
	if share := float64(heldRows) / float64(times); share > 0.6 {
		t.Errorf("rows that are no groups hold it in %.3f: the case tells nothing", share)
	}
	covered, groups := slices.Repeat([]float64{1}, 200), make([]int, 200)
	for i := range groups {
		groups[i] = i / 10
	}
	low, high := coverageInterval(covered, groups)
	if want, _ := binomialInterval(1, 20); low != want || high != 1 {
		t.Errorf("20 groups all covered: %g to %g, want from %g", low, high, want)
	}
	for i := range groups {
		groups[i] = i % 3 // too few to resample
	}
	if low, _ = coverageInterval(covered, groups); low < 0.98 {
		t.Errorf("three groups all covered: from %g", low)
	}
	c := Conformal{Threshold: 0.5, Coverage: 0.9}
	probs, labels := simulated(200, 3, 1, 1)
	for i := range groups {
		groups[i] = i / 10
		labels[i] = labels[groups[i]*10]
	}
	if a, b := c.Measure(probs, labels, groups), c.Measure(probs, labels, nil); a.Coverage != b.Coverage || a.Low == b.Low {
		t.Errorf("with groups %+v, without %+v", a, b)
	}
}

// A temperature is taken where rows that it was not fitted to show that it helps, and only there:
// of logits that are twice too large always, of right ones hardly ever, and never one that makes
// the loss of many other rows worse than it was.
func TestTemperatureIsShownToHelp(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	logits := func(n int, scale float64) ([][]float64, []int) {
		probs, labels := calibratedRows(rng, n, 0.6, 0.25, 0.15)
		z := Logits(probs)
		for _, row := range z {
			for c := range row {
				row[c] *= scale
			}
		}
		return z, labels
	}
	loss := func(z [][]float64, labels []int, t float64) float64 {
		m, _ := MetricByName("log_loss")
		return m.Of(&Predictions{Probs: Soften(z, t), Labels: labels})
	}
	taken := map[float64]int{}
	const draws = 40
	for _, scale := range []float64{1, 2} {
		many, truth := logits(5000, scale)
		worse := 0.0
		for range draws {
			few, labels := logits(150, scale)
			if got := Calibrate(few, labels, make([]bool, len(few))); got != 1 {
				taken[scale]++
				worse += loss(many, truth, got) - loss(many, truth, 1)
			}
		}
		if worse/draws > 0.001 {
			t.Errorf("logits %g times as large: the loss rises by %g in the mean", scale, worse/draws)
		}
	}
	t.Logf("taken in %d of %d draws of right logits, in %d of those twice too large", taken[1], draws, taken[2])
	if taken[1] > draws/3 || taken[2] < draws-2 {
		t.Errorf("taken in %d of %d draws of right logits, in %d of those twice too large", taken[1], draws, taken[2])
	}
}
