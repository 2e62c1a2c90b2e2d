package eval

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/fusor-ml/fusor/dataset"
)

// The kinds of contestant.
const (
	Single = "single"
	Fusion = "fusion"
)

// Contestant is one row of a comparison: a single view, a single modality
// column or a fusion, measured on the same runs as every other.
type Contestant struct {
	Name string
	Kind string // Single or Fusion
	// Modality reports whether a single is a whole modality. Where some are, fusions are judged
	// against those, and not against one view of them.
	Modality bool
	Val      []float64 // validation score of each run; the best are chosen by its mean
	Margin   float64   // by how much another's Val must be better for that one to be chosen
	Test     []float64 // test score of each run, fold by fold, seed by seed
	// Rows is the score of each test row averaged over the seeds, [N], on an
	// official split; nil with folds. RowScores makes it.
	Rows []float64
	// Seeds are the predictions of the test rows by seed, on an official split; a metric that is no
	// mean over rows is tested by resampling them.
	Seeds []*Predictions
}

// Trial describes how the contestants were measured.
type Trial struct {
	Metric Metric // of Val and Test; the verdict is about it
	Resampling
	Groups []int  // [N] groups of the official test rows, or nil
	Lang   string // "en" or "zh", of Text
	// Baseline, if not nil, always yields the same answer; its name, kind and Val are not looked at.
	Baseline *Contestant
}

// Baseline is what the best two are worth against always giving the same
// answer: the most frequent class, or the mean target, of the training rows.
type Baseline struct {
	Score   float64 `json:"score"`            // mean test score
	SingleP float64 `json:"single_p"`         // of the claim that the best single view is better, unadjusted
	FusionP float64 `json:"fusion_p"`         // of the claim that the best fusion is
	Labels  bool    `json:"labels,omitempty"` // the answer is a set of labels
}

// Finding is what a verdict comes to.
type Finding string

// The findings. NotShown is the honest answer between the two others.
const (
	Helps    Finding = "helps"
	Hurts    Finding = "hurts"
	NotShown Finding = "not shown"
)

// Verdict answers whether fusion helps: the best fusion against the best single modality or, of the
// views of one column, the best single view, both chosen by validation scores, compared on test
// rows.
type Verdict struct {
	BestSingle string
	BestFusion string
	Modality   bool // BestSingle is the best of whole modalities, not of views
	// Difference is fusion − single, signed so that above zero fusion is
	// better (for an error such as MAE it is single − fusion). Low and High
	// bound it at the Confidence that Holm's correction leaves to this
	// comparison: Low > 0 exactly when PValue < 0.05.
	Difference float64
	Low        float64
	High       float64
	// StandardError is that of Difference, which no correction changes.
	StandardError float64
	PValue        float64 // of the claim that fusion is better (see Test), adjusted by Holm for the fusions tried, weighted by validation
	Text          string  // in plain sentences

	Finding     Finding
	RawP        float64 // before Holm
	EqualP      float64 // by Holm with equal weights: as if none had been chosen beforehand
	Fusions     int     // how many fusions were tried
	Confidence  float64 // of the interval, 0.95 for one fusion, more for several
	Test        string  // the statistic both interval and p-value come from
	ByGroups    bool    // whole groups of test rows were resampled
	McNemar     float64 // on an official split of rows without groups, unadjusted, for orientation; else NaN
	Metric      string  // a name of the registry
	SingleScore float64 // mean test score of the best single view
	FusionScore float64 // and of the best fusion
	Runs        int     // test scores of each
	Baseline    *Baseline
}

type verdictJSON struct {
	BestSingle  string  `json:"best_single"`
	BestFusion  string  `json:"best_fusion"`
	Modality    bool    `json:"modality,omitempty"`
	Difference  number  `json:"difference"`
	Low         number  `json:"low"`
	High        number  `json:"high"`
	Error       number  `json:"standard_error"`
	PValue      number  `json:"p_value"`
	Text        string  `json:"text"`
	Finding     Finding `json:"finding"`
	RawP        number  `json:"p_raw"`
	EqualP      number  `json:"p_equal_weights"`
	Fusions     int     `json:"fusions_tried"`
	Confidence  number  `json:"confidence"`
	Test        string  `json:"test"`
	ByGroups    bool    `json:"by_groups,omitempty"`
	McNemar     number  `json:"mcnemar_p"`
	Metric      string  `json:"metric"`
	SingleScore number  `json:"single_score"`
	FusionScore number  `json:"fusion_score"`
	Runs        int     `json:"runs,omitempty"`

	Baseline *Baseline `json:"baseline,omitempty"`
}

// MarshalJSON writes the stable names of the JSON of compare.
func (v Verdict) MarshalJSON() ([]byte, error) {
	return json.Marshal(verdictJSON{
		BestSingle: v.BestSingle, BestFusion: v.BestFusion, Modality: v.Modality, Difference: number(v.Difference), Low: number(v.Low), High: number(v.High),
		Error: number(v.StandardError), PValue: number(v.PValue), Text: v.Text, Finding: v.Finding, RawP: number(v.RawP), EqualP: number(v.EqualP), Fusions: v.Fusions, Confidence: number(v.Confidence),
		Test: v.Test, ByGroups: v.ByGroups, McNemar: number(v.McNemar), Metric: v.Metric, SingleScore: number(v.SingleScore), FusionScore: number(v.FusionScore), Runs: v.Runs, Baseline: v.Baseline,
	})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (v *Verdict) UnmarshalJSON(b []byte) error {
	var j verdictJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return fmt.Errorf("cannot read a verdict: %w", err)
	}
	*v = Verdict{
		BestSingle: j.BestSingle, BestFusion: j.BestFusion, Modality: j.Modality, Difference: float64(j.Difference), Low: float64(j.Low), High: float64(j.High),
		StandardError: float64(j.Error), PValue: float64(j.PValue), Text: j.Text, Finding: j.Finding, RawP: float64(j.RawP), EqualP: float64(j.EqualP), Fusions: j.Fusions, Confidence: float64(j.Confidence),
		Test: j.Test, ByGroups: j.ByGroups, McNemar: float64(j.McNemar), Metric: j.Metric, SingleScore: float64(j.SingleScore), FusionScore: float64(j.FusionScore), Runs: j.Runs, Baseline: j.Baseline,
	}
	return nil
}

// Judge compares the best fusion with the best single modality or view. With folds it
// uses the corrected resampled t-test over the runs, on an official split the
// paired bootstrap over the test rows; in both cases Holm's correction for
// every fusion tried, most of the error given to the one chosen by validation
// (validationWeights), and an interval widened to match. It fails where there
// is no single view or no fusion, or where the contestants' runs don't pair.
func Judge(t Trial, rows []Contestant) (Verdict, error) {
	single, fused, err := champions(t, rows)
	if err != nil {
		return Verdict{}, err
	}
	// Holm needs the p-values of all fusions, also if one is asked about.
	var tests []Test
	var ps []float64
	at := 0
	for i, r := range rows {
		if r.Kind != Fusion {
			continue
		}
		if i == fused {
			at = len(tests)
		}
		test := t.compare(r, rows[single])
		tests, ps = append(tests, test), append(ps, test.P())
	}
	p, level := holmLevel(ps, validationWeights(len(ps), at), at)
	test := tests[at]
	// Of the level that Holm leaves this test, so that low > 0 exactly where p < alpha (decision 9).
	low, high := test.Interval(level)
	low = consistent(low, p)
	// Student's t of one degree of freedom is a Cauchy distribution: its interval would be wider than
	// any score.
	if _, ok := test.(*CorrectedT); ok && len(rows[fused].Test) == 2 && p >= alpha { // of one degree of freedom
		low, high = math.NaN(), math.NaN()
	}
	if t.Metric.Share { // shares are no further apart, whatever a t interval of few folds states
		low, high = max(low, -1), min(high, 1)
	}

	v := Verdict{
		BestSingle: rows[single].Name, BestFusion: rows[fused].Name, Modality: rows[single].Modality,
		Difference: test.Difference(), StandardError: test.StandardError(), Low: low, High: high, PValue: p,
		// The p-value without weights is reported as well, for who distrusts them.
		Finding: NotShown, RawP: ps[at], EqualP: Holm(ps, nil)[at], Fusions: len(ps), Confidence: 1 - level, Test: test.Name(),
		McNemar: t.mcNemar(rows[fused], rows[single]), Metric: t.Metric.Name, Runs: len(rows[fused].Test),
	}
	v.SingleScore, _ = meanStd(rows[single].Test)
	v.FusionScore, _ = meanStd(rows[fused].Test)
	if b, ok := test.(*PairedBootstrap); ok {
		n := len(rows[fused].Rows)
		if n == 0 {
			n = rows[fused].Seeds[0].Len()
		}
		// Groups were resampled if there are fewer units than rows.
		v.ByGroups = b.units < n
	}
	if b := t.Baseline; b != nil {
		v.Baseline = &Baseline{Labels: t.Metric.Task == dataset.Multilabel, SingleP: t.compare(rows[single], *b).P(), FusionP: t.compare(rows[fused], *b).P()}
		v.Baseline.Score, _ = meanStd(b.Test)
	}
	switch {
	case v.PValue < alpha:
		v.Finding = Helps
	// By the interval of the same level; nothing else was asked the other way around.
	case v.High < 0:
		v.Finding = Hurts
	}
	v.Text = v.Sentence(t.Lang)
	return v, nil
}

// consistent guards the promise "low > 0 exactly when p < 0.05" against the
// last bit of rounding.
func consistent(low, p float64) float64 {
	switch {
	case p < alpha && !(low > 0):
		return math.SmallestNonzeroFloat64
	case p >= alpha && low > 0:
		return 0
	}
	return low
}

// champions finds the best single and the best fusion by the mean validation score, the first of
// the table among equals. Where there are whole modalities, their views are no
// candidates: docs/decisions/0042-the-modality-question.md.
func champions(t Trial, rows []Contestant) (single, fused int, err error) {
	single, fused = -1, -1
	best := map[string]float64{}
	modalities := slices.ContainsFunc(rows, func(r Contestant) bool { return r.Kind == Single && r.Modality })
	for i, r := range rows {
		at := &single
		if r.Kind == Fusion {
			at = &fused
		}
		score, _ := meanStd(r.Val)
		if !t.Metric.HigherIsBetter {
			score = -score
		}
		score += r.Margin
		if len(r.Val) == 0 || math.IsNaN(score) {
			return 0, 0, fmt.Errorf("cannot judge: %q has no validation score", r.Name)
		}
		part := r.Kind == Single && modalities && !r.Modality
		if !part && (*at < 0 || score > best[r.Kind]) {
			*at, best[r.Kind] = i, score
		}
		if len(r.Test) != len(rows[0].Test) || len(r.Rows) != len(rows[0].Rows) {
			return 0, 0, fmt.Errorf("cannot judge: %q and %q were not measured on the same runs", r.Name, rows[0].Name)
		}
	}
	switch {
	case single < 0:
		return 0, 0, fmt.Errorf("cannot judge: no single view was measured")
	case fused < 0:
		return 0, 0, fmt.Errorf("cannot judge: no fusion was measured")
	case len(rows[0].Test) == 0:
		return 0, 0, fmt.Errorf("cannot judge: no run was measured")
	}
	return single, fused, nil
}

// compare tests whether the first is better than the second.
func (t Trial) compare(fused, single Contestant) Test {
	sign := 1.0
	if !t.Metric.HigherIsBetter {
		sign = -1
	}
	minus := func(a, b []float64) []float64 {
		d := make([]float64, len(a))
		for i := range d {
			d[i] = sign * (a[i] - b[i])
		}
		return d
	}
	if len(fused.Rows) > 0 {
		b := NewPairedBootstrap(minus(fused.Rows, single.Rows), t.Groups)
		b.share = t.Metric.Share
		return b
	}
	if len(fused.Seeds) > 0 && t.Metric.Row == nil {
		b := newPairedBootstrapOf(t.Metric, fused.Seeds, single.Seeds, t.Groups)
		b.share = t.Metric.Share
		return b
	}
	return NewCorrectedT(minus(fused.Test, single.Test), t.Resampling)
}

// mcNemar counts a row as right where most seeds are. It takes the rows to be
// independent, which those of a group are not.
func (t Trial) mcNemar(fused, single Contestant) float64 {
	if len(fused.Rows) == 0 || !t.Metric.Share || len(t.Groups) > 0 {
		return math.NaN()
	}
	gained, lost := 0, 0
	for i, f := range fused.Rows {
		switch f, s := f > 0.5, single.Rows[i] > 0.5; {
		case f && !s:
			gained++
		case s && !f:
			lost++
		}
	}
	return McNemar(gained, lost)
}
