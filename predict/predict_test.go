package predict_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fusor-ml/fusor/artifact"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/feature/tabular"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/media"
	"github.com/fusor-ml/fusor/model"
	"github.com/fusor-ml/fusor/predict"
)

const dim = 3

// made returns an untrained model of n vector columns, c0, c1, …; change edits it before it is
// built.
func made(n int, change func(a *artifact.Artifact)) *predict.Model {
	a := &artifact.Artifact{}
	a.Schema = dataset.Schema{Label: "label", Group: "talk", Order: "turn", Task: dataset.Classification, Classes: []string{"yes", "no", "maybe"}}
	a.Temperature = 2
	a.Conformal = feature.Floats{0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.99}
	a.Spec = model.Spec{Method: "attention", Outputs: 3, Width: 4, Prior: []float32{-0.5, -1.5, -1.7}, Seed: 7}
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range n {
		name := fmt.Sprint("c", i)
		a.Schema.Columns = append(a.Schema.Columns, dataset.Column{Name: name, Kind: media.Vector, Dim: dim})
		view := tabular.Vectors().Views()[0]
		f := view.NewFitter(feature.PerFeature)
		for range 20 {
			f.Add(feature.Raw{Values: vector(rng), Dim: dim})
		}
		state, err := f.State()
		if err != nil {
			log.Panic(err)
		}
		a.States = append(a.States, state)
		a.Views = append(a.Views, artifact.View{Name: name + ".vector", Column: name, View: "vector", Version: view.Info().Version, Scaling: feature.PerFeature})
		a.Spec.Views = append(a.Spec.Views, model.View{Name: name + ".vector", Column: name, Shape: feature.Vector, Dim: dim, Encoder: model.MLP})
	}
	if change != nil {
		change(a)
	}
	var err error
	if a.Model, err = model.Build(a.Spec, fusion.Methods); err != nil {
		log.Panic(err)
	}
	return predict.New(a, predict.Options{NoCache: true})
}

func regression(a *artifact.Artifact) {
	a.Schema.Task, a.Schema.Classes = dataset.Regression, nil
	a.Spec.Regression, a.Spec.Outputs, a.Spec.Prior = true, 1, []float32{0}
	a.TargetMean, a.TargetStd, a.Conformal = 40, 5, nil
}

func multilabel(a *artifact.Artifact) {
	a.Schema.Task, a.Schema.Separator, a.Conformal = dataset.Multilabel, "|", nil
	a.Spec.Multilabel, a.Thresholds = true, []float64{0.4, 0.3, 0.6}
}

func overRows(a *artifact.Artifact) {
	a.Spec.Method, a.Spec.Fusion = "bilstm", fusion.Config{"over": fusion.OverRows}
}

func vector(rng *rand.Rand) []float32 {
	v := make([]float32, dim)
	for i := range v {
		v[i] = float32(2 * rng.NormFloat64())
	}
	return v
}

// rows makes rows of the model's columns, some of them with an empty cell, the third without any.
func rows(m *predict.Model, n int, seed uint64) []dataset.Row {
	rng := rand.New(rand.NewPCG(seed, 2))
	out := make([]dataset.Row, n)
	for i := range out {
		out[i] = dataset.Row{Number: i + 1, Group: fmt.Sprint("g", i/3), Order: float64(-i), Class: -1, Target: math.NaN()}
		for k := range m.Schema().Columns {
			c := dataset.Cell{Vector: vector(rng)}
			if i == 2 || i%5 == 3 && k == 0 {
				c = dataset.Cell{}
			}
			out[i].Cells = append(out[i].Cells, c)
		}
	}
	return out
}

func features(t testing.TB, m *predict.Model, rows []dataset.Row) *predict.Features {
	t.Helper()
	f, err := m.Features(context.Background(), m.Dataset("request", "", rows))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func answers(t testing.TB, m *predict.Model, f *predict.Features, q predict.Query) []predict.Prediction {
	t.Helper()
	p, err := m.Answer(context.Background(), f, q)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var shapes = map[string]func(*artifact.Artifact){"classes": nil, "regression": regression, "over rows": overRows, "labels": multilabel}

// near reports whether two answers are the same up to the rounding of another batch.
func near(a, b predict.Prediction) bool {
	for k := range a.Probabilities {
		if math.Abs(a.Probabilities[k]-b.Probabilities[k]) > 1e-6 {
			return false
		}
	}
	return a.Class == b.Class && math.Abs(a.Value-b.Value) < 1e-4 && slices.Equal(a.Flags, b.Flags) && len(a.Weights) == len(b.Weights)
}

// The rows of several requests in one batch get the answers that each gets alone, also where groups
// of two requests have the same name.
func TestJoin(t *testing.T) {
	for name, change := range shapes {
		m := made(3, change)
		var parts []*predict.Features
		var want []predict.Prediction
		for k, n := range []int{1, 7, 0, 4} {
			f := features(t, m, rows(m, n, uint64(k)))
			parts = append(parts, f)
			want = append(want, answers(t, m, f, predict.Query{})...)
		}
		got := answers(t, m, predict.Join(parts...), predict.Query{})
		if len(got) != len(want) {
			t.Fatalf("%s: %d answers to %d rows", name, len(got), len(want))
		}
		for i := range got {
			if !near(got[i], want[i]) {
				t.Errorf("%s, row %d: %+v together, %+v alone", name, i, got[i], want[i])
			}
		}
	}
}

// A modality that the query leaves out is as if its cells were empty, but is not flagged.
func TestWithout(t *testing.T) {
	for name, change := range shapes {
		m := made(3, change)
		all := rows(m, 6, 5)
		got := answers(t, m, features(t, m, all), predict.Query{Without: []string{"c1"}})
		for i := range all {
			all[i].Cells[1] = dataset.Cell{}
		}
		for i, want := range answers(t, m, features(t, m, all), predict.Query{}) {
			got[i].Flags = want.Flags
			if !near(got[i], want) {
				t.Errorf("%s, row %d: %+v, with empty cells %+v", name, i, got[i], want)
			}
		}
	}
	m := made(2, nil)
	if _, err := m.Answer(context.Background(), features(t, m, rows(m, 1, 1)), predict.Query{Without: []string{"c7"}}); err == nil || !strings.Contains(err.Error(), `no modality "c7"`) {
		t.Errorf("an unknown modality: %v", err)
	}
}

// outcome is what contributions are of: the probability of the class that of predicts, the mean of
// those that each label is as of predicts, or the value.
func outcome(p, of predict.Prediction) float64 {
	switch {
	case p.Classes == nil:
		return p.Value
	case of.Labels == nil:
		return p.Probabilities[slices.Index(p.Classes, of.Class)]
	}
	sum := 0.0
	for k, x := range p.Probabilities {
		if !slices.Contains(of.Labels, p.Classes[k]) {
			x = 1 - x
		}
		sum += x / float64(len(p.Classes))
	}
	return sum
}

// Contributions sum to the prediction minus that of nothing; variants are the predictions with
// modalities left out, or one alone.
func TestExplanation(t *testing.T) {
	for name, change := range shapes {
		for _, n := range []int{1, 3, 9} {
			m := made(n, change)
			f := features(t, m, rows(m, 7, 9))
			names := m.Modalities()
			got := answers(t, m, f, predict.Query{Explain: true})
			none := answers(t, m, f, predict.Query{Without: names})
			without, only := make([][]predict.Prediction, n), make([][]predict.Prediction, n)
			for k, c := range names {
				without[k] = answers(t, m, f, predict.Query{Without: []string{c}})
				only[k] = answers(t, m, f, predict.Query{Without: slices.DeleteFunc(slices.Clone(names), func(s string) bool { return s == c })})
			}
			for i, p := range got {
				e := p.Explanation
				sum := 0.0
				for _, v := range e.Contributions {
					sum += v
				}
				if want := outcome(p, p) - outcome(none[i], p); math.Abs(sum-want) > 1e-5 || len(e.Contributions) != n {
					t.Errorf("%s of %d, row %d: contributions %v sum to %g, want %g", name, n, i, e.Contributions, sum, want)
				}
				if e.Sampled != (n > 8) {
					t.Errorf("%d modalities: sampled is %v", n, e.Sampled)
				}
				for k, c := range names {
					for _, v := range []struct {
						got  predict.Variant
						want predict.Prediction
					}{{e.Without[k], without[k][i]}, {e.Only[k], only[k][i]}} {
						if v.got.Modality != c || v.got.Prediction != v.want.Class {
							t.Errorf("%s: variant %+v, want %s of %+v", name, v.got, c, v.want)
						}
						x := v.got.Probability
						if v.got.Value != nil {
							x = *v.got.Value
						}
						if math.Abs(x-outcome(v.want, v.want)) > 1e-4 {
							t.Errorf("%s: variant %+v, want %+v", name, v.got, v.want)
						}
					}
				}
				if strings.Contains(strings.Join(p.Flags, " "), "absent:c0") && math.Abs(e.Contributions["c0"]) > 1e-6 && name != "over rows" {
					t.Errorf("an absent modality contributes %g", e.Contributions["c0"])
				}
			}
		}
	}
}

func TestTopAndSets(t *testing.T) {
	m := made(2, nil)
	f := features(t, m, rows(m, 8, 3))
	all := answers(t, m, f, predict.Query{Coverage: 0.7})
	sets := m.Conformal(0.7)
	for i, p := range answers(t, m, f, predict.Query{Top: 2}) {
		if len(p.Classes) != 2 || p.Classes[0] != p.Class || p.Probabilities[0] < p.Probabilities[1] || p.Set != nil {
			t.Errorf("row %d: the two most probable are %v with %v", i, p.Classes, p.Probabilities)
		}
		var want []string
		for _, k := range sets.Set(all[i].Probabilities) {
			want = append(want, m.Schema().Classes[k])
		}
		if !slices.Equal(all[i].Set, want) || want[0] != p.Class {
			t.Errorf("row %d: the set is %v, want %v", i, all[i].Set, want)
		}
	}
	for _, c := range []float64{-1, 1, math.NaN()} {
		if _, err := m.Answer(context.Background(), f, predict.Query{Coverage: c}); err == nil {
			t.Errorf("the coverage %g was taken", c)
		}
	}
	m = made(2, regression)
	if _, err := m.Answer(context.Background(), features(t, m, rows(m, 1, 1)), predict.Query{Coverage: 0.9}); err == nil || !strings.Contains(err.Error(), "no prediction sets") {
		t.Errorf("sets of a regression: %v", err)
	}
	m = made(2, multilabel)
	if _, err := m.Answer(context.Background(), features(t, m, rows(m, 1, 1)), predict.Query{Coverage: 0.9}); err == nil || !strings.Contains(err.Error(), "no prediction sets") {
		t.Errorf("sets of labels: %v", err)
	}
}

func TestJSON(t *testing.T) {
	f := func(p predict.Prediction, want string) {
		t.Helper()
		got, err := json.Marshal(p)
		if err != nil || string(got) != want {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
	}
	f(predict.Prediction{Class: "z", Classes: []string{"z", `a"b`}, Probabilities: []float64{0.75, 0.25}},
		`{"prediction":"z","probabilities":{"z":0.75,"a\"b":0.25},"flags":[]}`)
	f(predict.Prediction{Class: "z", Classes: []string{"z", "y", "x"}, Probabilities: []float64{1.0 / 3, 1e-50, 1.25e-9}},
		`{"prediction":"z","probabilities":{"z":0.33333334,"y":0,"x":1.25e-9},"flags":[]}`)
	f(predict.Prediction{Class: "b|c", Labels: []string{"b", "c"}, Classes: []string{"a", "b", "c"}, Probabilities: []float64{0, 0.5, 1}},
		`{"prediction":["b","c"],"probabilities":{"a":0,"b":0.5,"c":1},"flags":[]}`)
	f(predict.Prediction{
		Labels: []string{}, Classes: []string{"a"}, Probabilities: []float64{0.25},
		Explanation: &predict.Explanation{Contributions: map[string]float64{"m": 0.5}, Without: []predict.Variant{{Modality: "m", Labels: []string{}, Probability: 0.5}}},
	}, `{"prediction":[],"probabilities":{"a":0.25},"flags":[],"explanation":{"contributions":{"m":0.5},"without":[{"modality":"m","prediction":[],"probability":0.5}],"only":[]}}`)
	f(predict.Prediction{Value: 0, Flags: []string{"prior"}}, `{"prediction":0,"value":0,"flags":["prior"]}`)
	f(predict.Prediction{
		Class: "a", Classes: []string{"a"}, Probabilities: []float64{1}, Weights: map[string]float64{"v": 1}, Set: []string{"a"},
		Explanation: &predict.Explanation{Contributions: map[string]float64{"m": 0.5}, Without: []predict.Variant{{Modality: "m", Prediction: "a", Probability: 0.5}}, Only: []predict.Variant{}},
	},
		`{"prediction":"a","probabilities":{"a":1},"flags":[],"weights":{"v":1},"set":["a"],`+
			`"explanation":{"contributions":{"m":0.5},"without":[{"modality":"m","prediction":"a","probability":0.5}],"only":[]}}`)
}

func TestDecode(t *testing.T) {
	m := made(2, nil)
	var b bytes.Buffer
	if err := m.Encode(&b); err != nil {
		t.Fatal(err)
	}
	again, err := predict.Decode(&b, predict.Options{NoCache: true})
	if err != nil {
		t.Fatal(err)
	}
	all := rows(m, 5, 4)
	if a, b := answers(t, m, features(t, m, all), predict.Query{}), answers(t, again, features(t, again, all), predict.Query{}); !reflect.DeepEqual(a, b) {
		t.Errorf("%+v, decoded %+v", a, b)
	}
	if _, err := predict.Decode(strings.NewReader("no model"), predict.Options{}); !errors.Is(err, artifact.ErrDamaged) {
		t.Errorf("no model: %v", err)
	}
}

// A failure carries the problems that were found before it, and no value.
func TestErrorsCarryProblems(t *testing.T) {
	m := made(2, nil)
	ds := m.Dataset("request", "", rows(m, 2, 1))
	ds.Problems = dataset.Problems{{Row: 1, What: "odd"}}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r, err := m.Predict(ctx, ds)
	var ps dataset.Problems
	if r != nil || !errors.Is(err, context.Canceled) || !errors.As(err, &ps) || len(ps) != 1 || strings.Contains(err.Error(), "odd") {
		t.Errorf("%v, error %v with problems %v", r, err, ps)
	}
	ds.Schema.Classes = []string{"other"}
	if _, err := m.Predict(context.Background(), ds); err == nil || !errors.As(err, &ps) {
		t.Errorf("another schema: %v", err)
	}
}

// One model answers many goroutines, each as it answers one.
func TestConcurrent(t *testing.T) {
	m := made(3, nil)
	all := rows(m, 9, 8)
	want := answers(t, m, features(t, m, all), predict.Query{Explain: true})
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			f, err := m.Features(context.Background(), m.Dataset("request", "", all))
			if err != nil {
				t.Error(err)
				return
			}
			if got, err := m.Answer(context.Background(), f, predict.Query{Explain: true}); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%+v, %v, want %+v", got, err, want)
			}
		})
	}
	wg.Wait()
}

// A server extracts the features of each request by itself and answers those that wait together.
func Example() {
	m := made(2, nil)
	request := func(cells ...[]float32) []dataset.Row {
		row := dataset.Row{Number: 1, Class: -1}
		for _, v := range cells {
			row.Cells = append(row.Cells, dataset.Cell{Vector: v})
		}
		return []dataset.Row{row}
	}
	var waiting []*predict.Features
	for _, rows := range [][]dataset.Row{request([]float32{1, 0, 2}, []float32{0, 1, 1}), request([]float32{3, 1, 0}, nil)} {
		f, err := m.Features(context.Background(), m.Dataset("request", "", rows))
		if err != nil {
			log.Fatal(err)
		}
		waiting = append(waiting, f)
	}
	answers, err := m.Answer(context.Background(), predict.Join(waiting...), predict.Query{Top: 1, Explain: true})
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range answers {
		fmt.Println(len(p.Classes), "class of", len(m.Schema().Classes), p.Flags, len(p.Explanation.Without), "modalities")
	}
	// Output:
	// 1 class of 3 [] 2 modalities
	// 1 class of 3 [absent:c1] 2 modalities
}
