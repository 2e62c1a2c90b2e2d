package train

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/model"
	"github.com/fusor-ml/fusor/tensor"
)

// twoModalities is a trainer before a step on a batch of rows with two vectors, of which every
// third lacks one.
func twoModalities(t *testing.T, spec model.Spec, c Config) *trainer {
	t.Helper()
	const rows = 12
	rng := rand.New(rand.NewPCG(1, 2))
	set, order := &model.Set{Target: make([]float32, rows)}, make([]int, rows)
	spec.Width, spec.Outputs = 4, 3
	if spec.Regression {
		spec.Outputs = 1
	}
	spec.Prior = make([]float32, spec.Outputs)
	for k, name := range []string{"a", "b"} {
		m := &feature.Matrix{Shape: feature.Vector, Dim: 3, Present: make([]bool, rows), Start: make([]int, rows+1)}
		for i := range rows {
			order[i] = i
			m.Present[i], m.Start[i+1] = i%3 != k, i+1
			for range 3 {
				x := float32(rng.NormFloat64())
				if !m.Present[i] {
					x = 50
				}
				m.Values = append(m.Values, x)
			}
		}
		set.Views = append(set.Views, m)
		spec.Views = append(spec.Views, model.View{Name: name, Column: name, Shape: feature.Vector, Dim: 3, Encoder: model.MLP})
	}
	for i := range rows {
		set.Target[i] = float32(rng.NormFloat64())
		set.Class = append(set.Class, int32(i%3))
		set.Labels = append(set.Labels, []int{i % 3})
	}
	m, err := model.Build(spec, fusion.Methods)
	if err != nil {
		t.Fatal(err)
	}
	out := &trainer{m: m, d: Data{Set: set, Train: order}, c: c.withDefaults(), tape: grad.NewTape(tensor.F32), params: m.Params(), current: 1}
	out.tape.SetTraining(true)
	out.tape.SetRecording(true)
	if err := out.fill(model.Layout{Rows: order}); err != nil {
		t.Fatal(err)
	}
	return out
}

// The objective is the loss of the prediction plus the weight times the losses of the views, each
// over the rows that have it.
func TestAuxiliaryLoss(t *testing.T) {
	for _, spec := range []model.Spec{
		{Method: "concat"},
		{Method: "mean", Regression: true},
		{Method: "attention", Multilabel: true},
		{Method: "late"},
		{Method: "moe", Regression: true},
		{Method: "quality", Multilabel: true},
	} {
		spec.Auxiliary = 0.25
		tr := twoModalities(t, spec, Config{})
		out := tr.m.Forward(tr.tape, &tr.batch)
		if len(out.Votes) != 2 {
			t.Fatalf("%s: %d views predict", spec.Method, len(out.Votes))
		}
		got := tr.objective(out).Value().At(0)
		mean := func(z *grad.Var, rows []int) float64 {
			sum, c := 0.0, tr.m.Spec.Outputs
			for _, i := range rows {
				loss, _ := tr.rowLoss(z.Value().F32[i*c:(i+1)*c], i)
				sum += loss
			}
			return sum / float64(len(rows))
		}
		var all []int
		with := make([][]int, 2)
		for i := range tr.batch.N {
			all = append(all, i)
			for k := range with {
				if i%3 != k {
					with[k] = append(with[k], i)
				}
			}
		}
		want := mean(out.Logits, all) + 0.25*(mean(out.Votes[0], with[0])+mean(out.Votes[1], with[1]))
		if !(math.Abs(got-want) <= 1e-5) {
			t.Errorf("%s: the objective is %g, want %g", spec.Method, got, want)
		}
		tr.tape.SetTraining(false)
		if votes := tr.m.Forward(tr.tape, &tr.batch).Votes; votes != nil {
			t.Errorf("%s: views predict by themselves out of training", spec.Method)
		}
	}
}

// Every head gets a gradient, from rows in which its view is present alone.
func TestAuxiliaryGradients(t *testing.T) {
	tr := twoModalities(t, model.Spec{Method: "concat", Auxiliary: 1}, Config{})
	tr.tape.Backward(tr.objective(tr.m.Forward(tr.tape, &tr.batch)))
	heads := 0
	for _, p := range tr.params {
		some := false
		for _, g := range p.Grad.F32 {
			if some = some || g != 0; g != g {
				t.Fatalf("the gradient of %s is not a number", p.Name)
			}
		}
		if !some {
			t.Errorf("%s gets no gradient", p.Name)
		}
		if p.Name == "auxiliary.0.weight" || p.Name == "auxiliary.1.weight" {
			heads++
		}
	}
	if heads != 2 {
		t.Errorf("%d heads", heads)
	}
}

// A loss of the fusion's own gets smoothed targets and the weights of the classes.
func TestFusionTarget(t *testing.T) {
	tr := twoModalities(t, model.Spec{Method: "evidential"}, Config{})
	tr.losses = grad.LossOptions{ClassWeights: []float32{1, 2, 3}, LabelSmoothing: 0.3}
	tr.current = 4
	got := tr.fusionTarget()
	if got.Epoch != 4 || !slices.Equal(got.Weights[:4], []float32{1, 2, 3, 1}) {
		t.Errorf("epoch %d, weights %v", got.Epoch, got.Weights)
	}
	for i, want := range []float64{0.8, 0.1, 0.1, 0.1, 0.8, 0.1} {
		if math.Abs(got.P.Flat(i)-want) > 1e-6 {
			t.Errorf("the targets are %v", got.P.F32)
		}
	}
}

func TestCoefficient(t *testing.T) {
	f := func(scores []float64, player int, want float64) {
		t.Helper()
		if got := coefficient(scores, player, 0.5); math.Abs(got-want) > 1e-12 {
			t.Errorf("%v: the gradient of %d is multiplied by %g, want %g", scores, player, got, want)
		}
	}
	f([]float64{0.8, 0.4}, 0, 1-math.Tanh(0.5*2))
	f([]float64{0.8, 0.4}, 1, 1)
	f([]float64{0.6, 0.2, 0.4}, 0, 1-math.Tanh(0.5*2))
	f([]float64{0.6, 0.2, 0.4}, 2, 1)
	f([]float64{0.6, -1, 0.2}, 0, 1-math.Tanh(0.5*3)) // the second is in no row
	f([]float64{0.6, -1, 0.2}, 1, 1)
	f([]float64{0.6, -1}, 0, 1)
}

// Modulation multiplies the gradients of one modality's encoder, and leaves the batch and all other
// gradients as they are.
func TestModulation(t *testing.T) {
	for _, multilabel := range []bool{false, true} {
		spec := model.Spec{Method: "concat", Multilabel: multilabel}
		gradients := func(c Config) (*trainer, [][]float32) {
			tr := twoModalities(t, spec, c)
			tr.tape.Backward(tr.objective(tr.m.Forward(tr.tape, &tr.batch)))
			before := slices.Clone(tr.batch.Present.F32)
			tr.modulate(0)
			if !slices.Equal(before, tr.batch.Present.F32) {
				t.Error("the batch is another one afterward")
			}
			var out [][]float32
			for _, p := range tr.params {
				out = append(out, slices.Clone(p.Grad.F32))
			}
			return tr, out
		}
		tr, plain := gradients(Config{})
		_, of := model.Players(tr.m.Spec.Views)
		scores := tr.aloneScores(2, of)
		if scores[0] == scores[1] || min(scores[0], scores[1]) <= 0 || max(scores[0], scores[1]) >= 1 {
			t.Fatalf("the scores are %v", scores)
		}
		better := 0
		if scores[1] > scores[0] {
			better = 1
		}
		slowed := tr.m.EncoderParams(better)
		_, modulated := gradients(Config{Modulation: 0.5, NoModulationNoise: true})
		_, noisy := gradients(Config{Modulation: 0.5})
		_, late := gradients(Config{Modulation: 0.5, NoModulationNoise: true, ModulationEpochs: 1})
		k := float32(coefficient(scores, better, 0.5))
		for i, p := range tr.params {
			factor := float32(1)
			if slices.Contains(slowed, p) {
				factor = k
			}
			encoder := slices.Contains(tr.m.EncoderParams(0), p) || slices.Contains(tr.m.EncoderParams(1), p)
			for j, g := range plain[i] {
				if modulated[i][j] != g*factor {
					t.Fatalf("%s: the gradient %g became %g, by %g", p.Name, g, modulated[i][j], factor)
				}
			}
			if moved := !slices.Equal(noisy[i], modulated[i]); moved != (encoder && p.Value.Rank() > 1) {
				t.Errorf("%s: there is noise: %t", p.Name, moved)
			}
			if !slices.Equal(late[i], modulated[i]) {
				t.Errorf("%s is not modulated in the last such epoch", p.Name)
			}
		}
	}
	tr := twoModalities(t, model.Spec{Method: "concat"}, Config{Modulation: 0.5, ModulationEpochs: 1})
	tr.current = 2
	tr.tape.Backward(tr.objective(tr.m.Forward(tr.tape, &tr.batch)))
	before := slices.Clone(tr.params[0].Grad.F32)
	if tr.modulate(0); !slices.Equal(before, tr.params[0].Grad.F32) {
		t.Error("an epoch behind those that are modulated is")
	}
}
