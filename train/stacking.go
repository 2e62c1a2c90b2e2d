package train

import (
	"context"
	"fmt"
	"slices"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/model"
	"github.com/fusor-ml/fusor/optim"
	"github.com/fusor-ml/fusor/tensor"
)

// How a stacker's last step is learned.
const (
	stackFolds   = 5
	stackRows    = 20_000    // at most
	stackCells   = 4_000_000 // of votes, at most
	stackSteps   = 300
	stackRate    = 0.05
	stackPenalty = 1.0 // half of it times the squared distance from the parameters as they begin is added to the loss summed over the rows
)

// stack learns the last step of net, if it is a stacker, from what models that were fitted on the
// other folds of the training rows predict of each row by one view alone. It returns the values of
// that step's parameters; nil where there are too few rows to divide, and of a fusion that is no
// stacker.
func (p *Prepared) stack(ctx context.Context, net *model.Model, r Recipe, views []int, workers int) ([][]float32, error) {
	if net.Stacker() == nil {
		return nil, nil
	}
	plan, err := dataset.InnerFolds(p.Data, dataset.Run{Train: p.Run.Train, Seed: p.Run.Seed}, stackFolds, r.Train.Seed)
	if err != nil {
		return nil, nil //nolint:nilerr // too few rows: the views stay joined as they begin
	}
	v := &votes{set: p.Set.Pick(views), outputs: net.Spec.Outputs}
	inner := r.Train
	inner.NoRefit = true // half the time, for views that have learned a little less
	most := min(stackRows, stackCells/(len(views)*v.outputs)) / stackFolds
	for _, run := range plan.Runs {
		fold, err := p.build(r, views)
		if err != nil {
			return nil, err
		}
		if _, err := Fit(ctx, fold, Data{Set: v.set, Train: run.Train, Val: run.Val}, inner, workers, Hooks{}, nil); err != nil {
			return nil, fmt.Errorf("without fold %d of the training rows: %w", run.Fold, err)
		}
		if err := v.add(ctx, model.NewPredictor(fold, workers), thinned(usable(v.set, run.Test), most)); err != nil {
			return nil, err
		}
	}
	return v.join(ctx, net, r.Train)
}

// thinned returns at most n of the rows, evenly spaced.
func thinned(rows []int, n int) []int {
	if len(rows) <= n {
		return rows
	}
	out := make([]int, max(n, 1))
	for i := range out {
		out[i] = rows[i*len(rows)/len(out)]
	}
	return out
}

// votes are what views predict, each alone, of rows that they were not trained on.
type votes struct {
	set     *model.Set
	outputs int
	rows    []int
	p       []float32 // [rows, views, outputs]
	present []float32 // [rows, views]
}

// add takes the votes of a model that was not fitted on the rows.
func (v *votes) add(ctx context.Context, m *model.Predictor, rows []int) error {
	views := len(v.set.Views)
	p := make([]float32, len(rows)*views*v.outputs)
	for k := range views {
		hide := slices.Repeat([]bool{true}, views)
		hide[k] = false
		alone, err := m.PredictMasked(ctx, v.set, rows, hide)
		if err != nil {
			return err
		}
		for i := range rows {
			for c, z := range alone.Logits[i*v.outputs : (i+1)*v.outputs] {
				p[(i*views+k)*v.outputs+c] = float32(z * float64(views)) // see fusion.Stacker
			}
		}
	}
	v.rows, v.p = append(v.rows, rows...), append(v.p, p...)
	for _, r := range rows {
		for _, view := range v.set.Views {
			there := float32(0)
			if view.Present[r] {
				there = 1
			}
			v.present = append(v.present, there)
		}
	}
	return nil
}

// goals returns what is to be predicted of the rows.
func (v *votes) goals() goals {
	var g goals
	for i, r := range v.rows {
		switch {
		case v.set.Class != nil:
			g.class = append(g.class, v.set.Class[r])
		case v.set.Labels != nil:
			if g.labels == nil {
				g.labels = tensor.New(tensor.F32, len(v.rows), v.outputs)
			}
			for _, l := range v.set.Labels[r] {
				g.labels.F32[i*v.outputs+l] = 1
			}
		default:
			if g.target == nil {
				g.target = tensor.New(tensor.F32, len(v.rows))
			}
			g.target.F32[i] = v.set.Target[r]
		}
	}
	return g
}

// join learns the last step of m from the votes and returns the values of its parameters.
func (v *votes) join(ctx context.Context, m *model.Model, c Config) ([][]float32, error) {
	f, views := m.Stacker(), len(v.set.Views)
	params := f.Joint()
	t := &trainer{m: m, c: c, d: Data{Set: v.set}, tape: grad.NewTape(tensor.F32)}
	if len(v.rows) == 0 {
		return nil, nil
	}
	votes, present := tensor.FromF32(v.p, len(v.rows), views, v.outputs), tensor.FromF32(v.present, len(v.rows), views)
	begin, want := snapshot(params), v.goals()
	opt, rate := optim.NewAdam(params, optim.AdamConfig{}), optim.CosineWarmup(stackRate, 0, stackSteps)
	for step := range stackSteps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		t.tape.Reset()
		optim.ZeroGrad(params)
		loss := t.loss(f.Join(t.tape, t.tape.Const(votes), present), want)
		for i, p := range params {
			from := t.tape.Const(tensor.FromF32(begin[i], p.Value.Shape...))
			far := t.tape.Sum(t.tape.Square(t.tape.Sub(t.tape.Param(p), from)))
			loss = t.tape.Add(loss, t.tape.Scale(far, stackPenalty/2/float64(len(v.rows))))
		}
		t.tape.Backward(loss)
		opt.Step(rate(step))
	}
	return snapshot(params), nil
}
