package analysis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/compare"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/explain"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/media"
	"github.com/fusor-ml/fusor/model"
	"github.com/fusor-ml/fusor/predict"
	"github.com/fusor-ml/fusor/progress"
	"github.com/fusor-ml/fusor/report"
)

// ExplainOptions describe an explanation. The zero value explains all rows and tries every kind of
// noise.
type ExplainOptions struct {
	Noise     []string       // kinds of noise (explain.Kinds), or "none"; nil: all that suit the data
	NoiseRows int            // rows that noise is added to at most; 0: 500 of data with pictures, sounds or videos, else 5000
	Against   *predict.Model // another model of the same data, whose curves are drawn beside; may be nil
	// Name and AgainstName tell the two models apart; empty: their fusions.
	Name, AgainstName string
	Scope             Scope // of the rows
}

// Check reports what is wrong with o.
func (o *ExplainOptions) Check() error {
	if o.NoiseRows < 0 {
		return fmt.Errorf("%d rows of noise are below 0", o.NoiseRows)
	}
	for _, k := range o.Noise {
		if k == "none" && len(o.Noise) > 1 {
			return errors.New(`the kind of noise "none" stands alone`)
		}
		if k != "none" && !slices.Contains(explain.Kinds(), k) {
			return fmt.Errorf("no kind of noise %q; there are none, %s", k, strings.Join(explain.Kinds(), ", "))
		}
	}
	return nil
}

// noiseRows keeps the curves of a large data set affordable: each level of each
// kind of noise extracts the views of every row again.
func noiseRows(s *dataset.Schema) int {
	for _, c := range s.Columns {
		if c.Kind == media.Image || c.Kind == media.Audio || c.Kind == media.Video {
			return 500
		}
	}
	return 5000
}

// Explanation is why a model decides as it does, on some labeled rows.
type Explanation struct {
	Evaluation *Evaluation
	Importance *explain.Importance
	Noise      []explain.Noise
	NoiseRows  int              // rows that noise was added to
	Data       *dataset.Dataset // the rows that were explained
	Problems   dataset.Problems
	Weights    []map[string]float64 // of each row, by view; nil without
	Scope      Scope

	m       *predict.Model
	answers []answer // of the labeled rows
}

// Scope describes the rows that are explained.
type Scope struct {
	Split   string // their name
	HeldOut bool   // they are those that training held out of data without a split
	Unsplit bool   // they are all rows, for want of test rows
	Trained int    // labeled rows that were also used for training; -1 if unknown
}

// Explain explains the model's predictions of the labeled ones of the rows of ds, which was read
// with the model's schema. An error wraps the [dataset.Problems] found until then.
func Explain(ctx context.Context, m *predict.Model, ds *dataset.Dataset, o ExplainOptions) (*Explanation, error) {
	rows := explain.Labeled(ds)
	f, err := m.Mapped(ctx, ds)
	if err != nil {
		return nil, err
	}
	ex := &Explanation{Data: ds, Problems: f.Problems, Scope: o.Scope, m: m}
	s, err := m.Score(ctx, f.Set(), nil, nil)
	if err != nil {
		return nil, f.Problems.Wrap(err)
	}
	p := m.Probabilities(s)
	ex.Evaluation = NewEvaluation(m, ds, allRows(ds), p, s.Absent)
	c := s.Outputs
	for _, r := range rows {
		a := answer{row: r, before: s.P[r*c : (r+1)*c], after: p[r*c : (r+1)*c]}
		switch ds.Schema.Task {
		case dataset.Multilabel:
			a.given = eval.Decide(a.after, m.Artifact().Thresholds)
		case dataset.Classification:
			a.class = m.Decide(a.after, s.Absent[r])
		}
		ex.answers = append(ex.answers, a)
		if s.Weights != nil {
			ex.Weights = append(ex.Weights, m.Prediction(s, p, r).Weights)
		}
	}
	ex.Importance, err = target(m, o.Name).Importance(ctx, ds, f.Set(), func(done, total int) {
		m.Options().Progress.Report(progress.Explain, done, total, "")
	})
	if err == nil && !slices.Contains(o.Noise, "none") {
		err = ex.addNoise(ctx, o)
	}
	if err != nil {
		return nil, f.Problems.Wrap(err)
	}
	return ex, nil
}

func allRows(ds *dataset.Dataset) []int {
	rows := make([]int, len(ds.Rows))
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// target returns the model as package explain takes it.
func target(m *predict.Model, name string) *explain.Target {
	if name == "" {
		name = m.Artifact().Spec.Method
	}
	return &explain.Target{
		Name: name, Artifact: m.Artifact(), Probabilities: m.Probabilities,
		Predict: func(ctx context.Context, set *model.Set, hide []bool) (*model.Scores, error) {
			return m.Score(ctx, set, nil, hide)
		},
	}
}

// addNoise measures the noise curves of the model and of the one beside it.
func (ex *Explanation) addNoise(ctx context.Context, o ExplainOptions) error {
	limit := o.NoiseRows
	if limit == 0 {
		limit = noiseRows(&ex.Data.Schema)
	}
	models, names := []*predict.Model{ex.m}, []string{o.Name}
	if o.Against != nil {
		if err := checkComparable(ex.m, o.Against); err != nil {
			return err
		}
		models, names = append(models, o.Against), append(names, o.AgainstName)
	}
	ds := sampleRows(ex.Data, limit, ex.m.OverRows() || (o.Against != nil && o.Against.OverRows()))
	r := &explain.Robustness{
		Data: ds, Kinds: o.Noise, Workers: ex.m.Options().Threads,
		Progress: func(done, total int) { ex.m.Options().Progress.Report(progress.Noise, done, total, "") },
	}
	for i, m := range models {
		f, err := m.Features(ctx, ds) // its problems are known from the whole
		if err != nil {
			return err
		}
		r.Targets, r.Sets = append(r.Targets, target(m, names[i])), append(r.Sets, f.Set())
		refs, err := m.Options().Views.Select(&ds.Schema, m.Views())
		if err != nil {
			return err
		}
		for _, ref := range refs {
			if !slices.ContainsFunc(r.Refs, func(x feature.Ref) bool { return x.Name == ref.Name }) {
				r.Refs = append(r.Refs, ref)
			}
		}
	}
	slices.SortStableFunc(r.Refs, func(a, b feature.Ref) int { return a.Column - b.Column })
	var err error
	ex.Noise, err = r.Curves(ctx)
	ex.NoiseRows = len(explain.Labeled(ds))
	return err
}

// checkComparable checks that two models read the same data and predict the same.
func checkComparable(a, b *predict.Model) error {
	x, y := a.Schema(), b.Schema()
	same := x.Task == y.Task && slices.Equal(x.Classes, y.Classes) && len(x.Columns) == len(y.Columns)
	for i := range x.Columns {
		same = same && x.Columns[i].Name == y.Columns[i].Name && x.Columns[i].Kind == y.Columns[i].Kind
	}
	if !same {
		return fmt.Errorf("cannot set the two models side by side: they were trained on different columns or classes")
	}
	return nil
}

// sampleRows draws at most n rows, or whole groups, with a fixed seed, and keeps their order.
func sampleRows(ds *dataset.Dataset, n int, groups bool) *dataset.Dataset {
	if len(ds.Rows) <= n {
		return ds
	}
	var units [][]int
	if groups {
		units = dataset.Sequences(ds, nil)
	} else {
		for i := range ds.Rows {
			units = append(units, []int{i})
		}
	}
	rng := rand.New(rand.NewPCG(0x6e6f697365, uint64(len(ds.Rows))))
	rng.Shuffle(len(units), func(i, j int) { units[i], units[j] = units[j], units[i] })
	var rows []int
	for _, u := range units {
		if len(rows) > 0 && len(rows)+len(u) > n {
			break
		}
		rows = append(rows, u...)
	}
	slices.Sort(rows)
	out := *ds
	out.Rows = nil
	for _, r := range rows {
		out.Rows = append(out.Rows, ds.Rows[r])
	}
	return &out
}

// Document is the explanation as the report shows it.
func (ex *Explanation) Document(o ReportOptions) *report.Document {
	m := ex.m
	metric := eval.MainMetric(ex.Data.Schema.Task)
	name := ex.Evaluation.Name
	d := &report.Document{Metric: metric.Name, Data: describe(ex.Data, ex.Problems)}
	d.Rows = []compare.Row{ex.Evaluation.Row}
	for i := range d.Data.Modalities {
		for _, v := range m.Artifact().Views {
			if v.Column == d.Data.Modalities[i].Name {
				d.Data.Modalities[i].Views = append(d.Data.Modalities[i].Views, v.View)
			}
		}
	}
	ex.addSubsets(d)
	d.Shapley, d.Noise = named(name, ex.Importance.Contributions), ex.Noise
	// A regression has neither classes nor weights by class: its mistakes are the largest errors.
	switch ex.Data.Schema.Task {
	case dataset.Classification:
		// Measured on the rows explained, which need not be those that the threshold is from.
		if m.Artifact().Conformal != nil {
			var probs [][]float64
			var labels, rows []int
			for _, a := range ex.answers {
				probs, labels, rows = append(probs, a.after), append(labels, ex.Data.Rows[a.row].Class), append(rows, a.row)
			}
			sets := m.Conformal(o.coverage()).Measure(probs, labels, eval.Groups(ex.Data, rows))
			// More rows than validated: a comparison took them from folds (decision 28).
			if t := m.Artifact().Record; t != nil && sets.Calibration > t.Rows.Val {
				sets.Source = eval.FromTraining
			}
			d.Sets = &report.Sets{Model: name, Report: sets}
		}
		a := m.Artifact()
		addCalibration(d, ex.Data, name, ex.answers, compare.Calibration{Temperature: a.Temperature, Thresholds: a.Thresholds, Decision: a.Decision}, &o)
		ex.addWeights(d)
	case dataset.Multilabel:
		addLabels(d, ex.Data, name, ex.answers, m.Artifact().Temperature, &o)
		ex.addWeights(d)
	default:
		d.Mistakes = errorsOf(ex.Data, ex.answers, o.Media)
	}
	if len(m.Artifact().Curve) > 0 {
		l := report.Learning{Model: name, Best: -1}
		for i, e := range m.Artifact().Curve {
			l.Train, l.Val = append(l.Train, e.TrainLoss), append(l.Val, e.ValLoss)
			// The lowest loss, to mark in the curve; the epoch kept may be an earlier one (decision 12).
			if l.Best < 0 || e.ValLoss < m.Artifact().Curve[l.Best].ValLoss {
				l.Best = i
			}
		}
		d.Learning = []report.Learning{l}
	}
	d.Run = report.Run{
		Version: o.Version, Go: runtime.Version(), Machine: machine(),
		Command: o.Command, Seconds: o.Seconds,
	}
	if m.Artifact().Training != nil {
		d.Run.Seed = &m.Artifact().Training.Seed
	}
	d.Scope = ex.scope()
	// Mentioned only where it was a sample.
	if len(ex.Noise) > 0 && ex.NoiseRows < len(ex.answers) {
		d.Run.NoiseRows = ex.NoiseRows
	}
	return d
}

func (ex *Explanation) scope() *report.Scope {
	s := &report.Scope{Rows: len(ex.answers), HeldOut: ex.Scope.HeldOut, Unsplit: ex.Scope.Unsplit}
	if ex.Scope.Trained >= 0 {
		s.Trained = &ex.Scope.Trained
	}
	return s
}

// Note returns what a reader of the scores should know of the rows that were explained, in the
// language en or zh; "" if there is nothing.
func (ex *Explanation) Note(lang string) string { return ex.scope().Note(lang) }

// maxShownSubsets bounds the subsets that the report draws: beyond it, those of
// one modality and those without one.
const maxShownSubsets = 32

func (ex *Explanation) addSubsets(d *report.Document) {
	n, all := len(ex.Importance.Players), ex.Importance.Subsets
	if n < 2 {
		return
	}
	for _, s := range all {
		if k := len(s.Players); len(all) > maxShownSubsets && k > 1 && k < n-1 {
			continue
		}
		d.Subsets = append(d.Subsets, s)
	}
}

func (ex *Explanation) addWeights(d *report.Document) {
	if ex.Weights == nil || !weightsVaryByRow(ex.m.Options().Methods, ex.Evaluation.Fusion) {
		return
	}
	var views []string
	for _, v := range ex.m.Artifact().Views {
		views = append(views, v.Name)
	}
	w := newWeights(ex.Evaluation.Name, views, ex.Data.Schema.Classes)
	for i, a := range ex.answers {
		if ex.Weights[i] == nil {
			continue
		}
		x := make([]float64, len(views))
		for v, name := range views {
			x[v] = ex.Weights[i][name]
		}
		w.add(&ex.Data.Rows[a.row], x)
	}
	d.Weights = w.mean()
}

// explainedRow is one prediction with what each modality contributed to it.
type explainedRow struct {
	ID          string  `json:"id"`
	True        string  `json:"true"`
	Predicted   string  `json:"predicted,omitempty"`
	Probability float64 `json:"probability,omitempty"`
	// Probabilities are those of each label, of a multi-label task.
	Probabilities map[string]float64            `json:"probabilities,omitempty"`
	Value         *float64                      `json:"value,omitempty"` // of a regression
	Parts         map[string]map[string]float64 `json:"contributions"`   // by goal and player
	Weights       map[string]float64            `json:"weights,omitempty"`
}

// MarshalJSON writes the scores, the contributions for the data set, each class
// and each row, the subsets and the noise curves.
func (ex *Explanation) MarshalJSON() ([]byte, error) {
	var rows []explainedRow
	im := ex.Importance
	for i, a := range ex.answers {
		r := &ex.Data.Rows[a.row]
		out := explainedRow{ID: rowName(ex.Data, a.row), True: r.Label, Parts: map[string]map[string]float64{}}
		switch ex.Data.Schema.Task {
		case dataset.Regression:
			out.Value = &a.after[0]
		case dataset.Multilabel:
			out.Predicted = ex.Data.Schema.Join(a.given)
			out.Probabilities = map[string]float64{}
			for l, p := range a.after {
				out.Probabilities[ex.Data.Schema.Classes[l]] = p
			}
		default:
			out.Predicted, out.Probability = ex.Data.Schema.Classes[a.class], a.after[a.class]
		}
		for g, goal := range im.Goals {
			parts := map[string]float64{}
			for p, name := range im.Players {
				parts[name] = im.Values.Parts[g][p][i]
			}
			out.Parts[goal] = parts
		}
		if ex.Weights != nil {
			out.Weights = ex.Weights[i]
		}
		rows = append(rows, out)
	}
	return json.Marshal(struct {
		Dataset    string              `json:"dataset"`
		Split      string              `json:"split,omitempty"`
		Note       string              `json:"note,omitempty"`
		Evaluation *Evaluation         `json:"evaluation"`
		Importance *explain.Importance `json:"importance"`
		Noise      []explain.Noise     `json:"noise,omitempty"`
		NoiseRows  int                 `json:"noise_rows,omitempty"`
		Rows       []explainedRow      `json:"rows"`
	}{ex.Data.Name, ex.Scope.Split, ex.Note("en"), ex.Evaluation, im, ex.Noise, ex.NoiseRows, rows})
}
