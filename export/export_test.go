package export_test

import (
	"bytes"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fusor-ml/fusor/artifact"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/encoder/onnx"
	"github.com/fusor-ml/fusor/export"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/media"
	"github.com/fusor-ml/fusor/model"
	"github.com/fusor-ml/fusor/predict"
)

// setup is one model of the grid.
type setup struct {
	name       string
	method     string
	config     fusion.Config
	views      []model.View
	hidden     int
	regression bool
	multilabel bool
	grouped    bool
	scaling    feature.Scaling
}

func vector(name string, dim int, e model.Encoder) model.View {
	return model.View{Name: name, Column: name, Shape: feature.Vector, Dim: dim, Encoder: e}
}

func view(name string, shape feature.Shape, dim int, e model.Encoder) model.View {
	return model.View{Name: name, Column: name, Shape: shape, Dim: dim, Encoder: e}
}

// kinds are the combinations of views that every method is exported with.
func kinds() map[string][]model.View {
	gain := vector("d", 3, model.MLP)
	gain.Gain = 0.5
	narrow := view("meaning", feature.Tokens, 9, model.Attention)
	narrow.Embedding = 5
	return map[string][]model.View{
		"one":       {vector("a", 4, model.MLP)},
		"two":       {vector("a", 4, model.Linear), vector("b", 3, model.MLP)},
		"vectors":   {vector("a", 4, model.MLP), vector("b", 5, model.Linear), vector("c", 2, model.Identity), gain},
		"of a kind": {vector("a", 4, model.Identity), vector("b", 4, model.Identity), vector("c", 4, model.Identity)},
		"bags":      {view("text", feature.Sparse, 12, model.Linear), vector("b", 3, model.MLP), view("title", feature.Sparse, 7, model.MLP)},
		"sequences": {
			view("sound", feature.Sequence, 3, model.BiLSTM), vector("b", 3, model.MLP), narrow,
			view("track", feature.Sequence, 2, model.Attention), view("words", feature.Tokens, 8, model.BiLSTM),
		},
		"many": {
			vector("a", 2, model.Identity), vector("b", 3, model.Identity), vector("c", 2, model.Identity), vector("d", 4, model.Identity),
			vector("e", 2, model.Identity), vector("f", 3, model.Identity), vector("g", 2, model.Identity), vector("h", 5, model.Identity),
		},
	}
}

// setups is the whole grid.
func setups() []setup {
	var all []setup
	for kind, views := range kinds() {
		for _, m := range fusion.Methods {
			add := func(what string, cfg fusion.Config, change func(*setup)) {
				s := setup{name: m.Name + " of " + kind + what, method: m.Name, config: cfg, views: views, scaling: feature.PerFeature}
				if change != nil {
					change(&s)
				}
				all = append(all, s)
			}
			add("", nil, nil)
			if !m.NoRegression {
				add(", regression", nil, func(s *setup) { s.regression, s.hidden, s.scaling = true, 4, feature.PerView })
			}
			add(", labels", nil, func(s *setup) { s.multilabel = true })
			_, wide := m.Option("dim")
			switch {
			case m.Name == "weighted":
				w := []float64{2, -1, 0.5, 0, 1, 3, 0.25, -0.5}
				add(", fixed", fusion.Config{"weights": w[:len(views)], "dim": 4}, nil)
			case m.Name == "bilstm":
				add(", views", fusion.Config{"over": fusion.OverViews, "dim": 4, "hidden": 3}, func(s *setup) { s.scaling = feature.NoScaling })
				add(", time", fusion.Config{"over": fusion.OverTime, "hidden": 3, "layers": 2}, nil)
				rows := func(s *setup) { s.grouped = true }
				add(", rows", fusion.Config{"over": fusion.OverRows, "hidden": 3}, rows)
				add(", rows and skip", fusion.Config{"over": fusion.OverRows, "hidden": 3, "layers": 2, "skip": true}, rows)
			case m.Name == "mult":
				add(", two layers", fusion.Config{"dim": 5, "heads": 1, "layers": 2, "hidden": 7}, nil)
			case m.Name == "transformer":
				add(", two layers", fusion.Config{"dim": 6, "heads": 2, "layers": 2, "hidden": 5}, nil)
			case wide:
				add(", dim", fusion.Config{"dim": 3}, func(s *setup) { s.scaling = feature.NoScaling })
			}
		}
	}
	for kind, views := range kinds() {
		all = append(all,
			setup{name: "ensemble of " + kind, method: model.Ensemble, views: views, scaling: feature.PerFeature},
			setup{name: "ensemble of " + kind + ", regression", method: model.Ensemble, views: views, scaling: feature.PerFeature, regression: true},
			setup{name: "ensemble of " + kind + ", labels", method: model.Ensemble, views: views, scaling: feature.PerFeature, multilabel: true},
			setup{name: "ensemble of " + kind + ", rows", method: model.Ensemble, views: views, scaling: feature.PerFeature, grouped: true})
	}
	slices.SortFunc(all, func(a, b setup) int { return strings.Compare(a.name, b.name) })
	return all
}

// ids is the state of bags and tokens here: their features pass as they are.
type ids int

func (n ids) Dim() int                                { return int(n) }
func (n ids) Apply(dst *feature.Raw, src feature.Raw) { *dst = src }

// made is an untrained model, with every learned number off what it starts with.
func (s *setup) made(t testing.TB, rng *rand.Rand) *artifact.Artifact {
	t.Helper()
	a := &artifact.Artifact{}
	a.Schema = dataset.Schema{Label: "kind", Task: dataset.Classification, Classes: []string{"ash", "beech", "鸟"}}
	a.Temperature = 1.7
	a.Spec = model.Spec{Method: s.method, Fusion: s.config, Views: s.views, Outputs: 3, Width: 4, Hidden: s.hidden, Prior: []float32{-0.5, -1.5, -2}}
	if s.regression {
		a.Schema.Task, a.Schema.Classes = dataset.Regression, nil
		a.TargetMean, a.TargetStd = 4, 0.5
		a.Spec.Regression, a.Spec.Outputs, a.Spec.Prior = true, 1, []float32{0}
	}
	if s.multilabel {
		a.Schema.Task, a.Schema.Separator, a.Spec.Multilabel = dataset.Multilabel, "|", true
		a.Thresholds = []float64{0.25, 0.5, 0.75}
	}
	if s.method == model.Ensemble {
		a.Spec.Members = s.members(&a.Spec)
	}
	for _, v := range s.views {
		a.Schema.Columns = append(a.Schema.Columns, dataset.Column{Name: v.Column, Kind: media.Vector})
		a.Views = append(a.Views, artifact.View{Name: v.Name, Column: v.Column, View: "vector"})
		if v.Shape == feature.Sparse || v.Shape == feature.Tokens {
			a.States = append(a.States, ids(v.Dim))
			continue
		}
		f := feature.NewDense(s.scaling)
		for i := range 8 {
			x := make([]float32, v.Dim)
			for j := range x {
				if x[j] = float32(3 + 2*rng.NormFloat64()); j == 1 {
					x[j] = 7 // constant
				}
			}
			f.Add(feature.Raw{Values: x, Dim: v.Dim, Steps: i})
		}
		state, err := f.State()
		if err != nil {
			t.Fatal(err)
		}
		a.States = append(a.States, state)
	}
	var err error
	if a.Model, err = model.Build(a.Spec, fusion.Methods); err != nil {
		t.Fatal(err)
	}
	for _, p := range a.Model.Params() {
		for i := range p.Value.F32 {
			p.Value.F32[i] += float32(0.1 * rng.NormFloat64())
		}
	}
	return a
}

// members are networks of all views, of the first two and of the last alone.
func (s *setup) members(whole *model.Spec) []model.Member {
	one := func(method string, cfg fusion.Config, views []model.View, weight float64) model.Member {
		spec := *whole
		spec.Method, spec.Fusion, spec.Views, spec.Members = method, cfg, views, nil
		return model.Member{Spec: spec, Weight: weight}
	}
	out := []model.Member{
		one("attention", nil, s.views, 1), one("late", nil, s.views[:min(2, len(s.views))], 2),
		one("concat", nil, s.views[len(s.views)-1:], 0.5),
	}
	if s.grouped {
		out = append(out, one("bilstm", fusion.Config{"over": fusion.OverRows, "hidden": 3}, s.views, 1))
	}
	return out
}

// batch is rows as the model and as the graph take them.
type batch struct {
	set    *model.Set
	inputs map[string]*onnx.Tensor
	n      int
}

// rows makes two rows of every presence pattern. What lies under an absent view is not a number
// where that can be.
func (s *setup) rows(a *artifact.Artifact, rng *rand.Rand) *batch {
	V := len(s.views)
	b := &batch{set: &model.Set{}, inputs: map[string]*onnx.Tensor{}, n: 2 << V}
	present := make([]float32, b.n*V)
	order := rng.Perm(b.n)
	for i := range b.n {
		for k := range V {
			present[i*V+k] = float32(order[i] >> k & 1)
		}
	}
	b.inputs["present"] = onnx.NewTensor(present, b.n, V)
	for k, v := range s.views {
		m := &feature.Matrix{Shape: v.Shape, Dim: v.Dim, Start: []int{0}}
		most := 6
		wide, numbers, lengths := make([]int64, b.n*most), make([]float32, b.n*most*v.Dim), make([]int64, b.n)
		if v.Shape == feature.Vector {
			most, numbers = 1, numbers[:b.n*v.Dim]
		}
		weights := make([]float32, b.n*most)
		for i := range b.n {
			here := present[i*V+k] != 0
			raw := feature.Raw{Dim: v.Dim, Steps: 1}
			if v.Shape != feature.Vector {
				raw.Steps = 1 + rng.IntN(most)
			}
			lengths[i] = int64(raw.Steps)
			for at := range most {
				wide[i*most+at] = -1
				id := uint32(rng.IntN(v.Dim))
				if at < raw.Steps {
					wide[i*most+at] = int64(id)
					weights[i*most+at] = rng.Float32()
					raw.Index = append(raw.Index, id)
				}
				for j := range v.Dim {
					x := float32(3 + 2*rng.NormFloat64())
					switch {
					case rng.IntN(20) == 0:
						x = 1e6 // is clipped
					case !here && rng.IntN(3) == 0 || rng.IntN(30) == 0:
						x = float32(math.NaN())
					case rng.IntN(40) == 0:
						x = float32(math.Inf(-1))
					}
					if s.scaling == feature.NoScaling && x == 1e6 {
						x = 3
					}
					numbers[(i*most+at)*v.Dim+j] = x
				}
			}
			switch v.Shape {
			case feature.Vector, feature.Sequence:
				raw.Index = nil
				raw.Values = numbers[i*most*v.Dim:][:raw.Steps*v.Dim]
			case feature.Sparse:
				raw.Values = weights[i*most:][:raw.Steps]
			}
			b.add(m, a.States[k], raw, here)
		}
		b.set.Views = append(b.set.Views, m)
		switch v.Shape {
		case feature.Vector:
			b.inputs[v.Name] = onnx.NewTensor(numbers, b.n, v.Dim)
		case feature.Sequence:
			b.inputs[v.Name] = onnx.NewTensor(numbers, b.n, most, v.Dim)
		case feature.Sparse:
			b.inputs[v.Name+".weights"] = onnx.NewTensor(weights, b.n, most)
		}
		if v.Shape == feature.Sparse || v.Shape == feature.Tokens {
			b.inputs[v.Name+".ids"] = onnx.NewTensor(wide, b.n, most)
		}
		if v.Shape == feature.Sequence || v.Shape == feature.Tokens {
			b.inputs[v.Name+".lengths"] = onnx.NewTensor(lengths, b.n)
		}
	}
	if s.grouped {
		b.group()
	}
	return b
}

// add appends a row to a matrix as feature.Apply does.
func (b *batch) add(m *feature.Matrix, state feature.State, raw feature.Raw, here bool) {
	var out feature.Raw
	if here {
		state.Apply(&out, raw)
	}
	m.Present = append(m.Present, here)
	values, count := out.Values, len(out.Index)
	switch m.Shape {
	case feature.Vector:
		count = 1
		if !here {
			values = make([]float32, m.Dim)
		}
	case feature.Sequence:
		count = len(values) / m.Dim
	}
	m.Start = append(m.Start, m.Start[len(m.Start)-1]+count)
	m.Values = append(m.Values, values...)
	for _, id := range out.Index {
		m.Index = append(m.Index, int32(id))
	}
}

// group makes groups of 1, 2, 3, … rows, every third row of two groups in turn.
func (b *batch) group() {
	of, groups := make([]int64, b.n), [][]int{}
	for i := 0; i < b.n; {
		g := len(groups)
		groups = append(groups, nil)
		for range g + 1 {
			if i < b.n {
				to := g
				if i%3 == 2 && g > 0 {
					to = g - 1
				}
				groups[to] = append(groups[to], i)
				of[i] = int64(to)
				i++
			}
		}
	}
	b.set.Groups = model.NewGroups(b.n, groups)
	b.inputs["groups"] = onnx.NewTensor(of, b.n)
}

// want is what the model makes of a batch, by output.
func want(t testing.TB, a *artifact.Artifact, b *batch) map[string][]float64 {
	t.Helper()
	m := predict.New(a, predict.Options{NoCache: true, Threads: 1})
	s, err := m.Score(context.Background(), b.set, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]float64{"logits": s.Logits, "probabilities": m.Probabilities(s)}
	if a.Spec.Regression {
		out = map[string][]float64{"value": m.Probabilities(s)}
	}
	if s.Weights != nil {
		out["weights"] = s.Weights
	}
	return out
}

// apart is the greatest difference of two lists of n rows, in relation to the largest value of the
// row where that is above 1: sums round by it.
func apart(got []float32, want []float64, n int) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	worst, wide := 0.0, len(want)/n
	for i, x := range want {
		size := 1.0
		for _, v := range want[i/wide*wide:][:wide] {
			size = max(size, math.Abs(v))
		}
		if d := math.Abs(float64(got[i])-x) / size; !(d <= worst) { // also of NaN
			worst = d
		}
	}
	return worst
}

func encode(t testing.TB, a *artifact.Artifact, o export.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := export.ONNX(&b, a, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func load(t testing.TB, file []byte) *onnx.Graph {
	t.Helper()
	g, err := onnx.Open(fstest.MapFS{"m.onnx": {Data: file}}, "m.onnx", onnx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestONNX: the graph of every method, with every kind of view and every presence pattern, computes
// what the model does.
func TestONNX(t *testing.T) {
	worst, at, rows := 0.0, "", 0
	all := setups()
	for i, s := range all {
		t.Run(s.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, uint64(i)))
			a := s.made(t, rng)
			b := s.rows(a, rng)
			g := load(t, encode(t, a, export.Options{Opset: 17 + 4*(i%2)}))
			got, err := g.Run(context.Background(), b.inputs)
			if err != nil {
				t.Fatal(err)
			}
			wanted := want(t, a, b)
			if len(got) != len(wanted) {
				t.Errorf("outputs %v, want %d", g.Outputs(), len(wanted))
			}
			rows += b.n
			for name, w := range wanted {
				d := math.Inf(1)
				if x := got[name]; x != nil {
					d = apart(x.Data.([]float32), w, b.n)
				}
				if d > worst {
					worst, at = d, s.name
				}
				if !(d <= 1e-5) {
					t.Errorf("%s is off by %g", name, d)
				}
			}
		})
	}
	t.Logf("%d models, %d rows: off by at most %.2g (%s)", len(all), rows, worst, at)
}
