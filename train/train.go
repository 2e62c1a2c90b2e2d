package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/model"
	"github.com/fusor-ml/fusor/optim"
	"github.com/fusor-ml/fusor/tensor"
)

// Data is what a model is fitted on: a set, and the rows of each part.
type Data struct {
	Set        *model.Set
	Train, Val []int
}

// Epoch is one line of the learning curve.
type Epoch struct {
	Epoch     int     `json:"epoch"` // from 1
	TrainLoss float64 `json:"train_loss"`
	ValLoss   float64 `json:"val_loss"`
}

// History describes how a fit went.
type History struct {
	Epochs     []Epoch `json:"epochs"`
	BestEpoch  int     `json:"best_epoch"` // from 1
	BestSteps  int     `json:"best_steps"`
	BestLoss   float64 `json:"best_loss"`  // on validation rows
	BestError  float64 `json:"best_error"` // its standard error
	RefitSteps int     `json:"refit_steps,omitempty"`
}

// Hooks watch a fit. All may be nil.
type Hooks struct {
	Epoch func(e Epoch, of int)
	// Val is called once with the model of the best epoch, before the refit:
	// the place to take validation scores.
	Val func(m *model.Model) error
	// Save is called after every epoch; a checkpoint taken there can be given to Fit again.
	Save func(c *Checkpoint) error
}

// phases of a fit, as a checkpoint names them.
const (
	phaseSearch = "search" // looking for the best epoch on validation loss
	phaseRefit  = "refit"  // training again on train + val for as many steps
)

// trainer holds what the two phases share.
type trainer struct {
	m       *model.Model
	d       Data
	c       Config
	workers int
	hooks   Hooks
	tape    *grad.Tape
	batch   model.Batch
	params  []*grad.Param
	opt     optim.Optimizer
	losses  grad.LossOptions
	average *optim.Average // of the weights, nil without
	every   int            // steps from one value of the average to the next
	current int            // epoch, from 1
	goals   []goals        // of what each view predicts by itself: the tape reads their memory
}

// Fit trains m in place. workers bounds the cores of one step; results do not
// depend on it. from, unless nil, is a checkpoint of the same fit to go on from.
func Fit(ctx context.Context, m *model.Model, d Data, c Config, workers int, hooks Hooks, from *Checkpoint) (*History, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	t := &trainer{m: m, d: d, workers: workers, hooks: hooks, tape: grad.NewTape(tensor.F32), params: m.Params()}
	t.tape.SetWorkers(workers)
	optim.Flatten(t.params) // one vector to update; the numbers stay the same
	// Rows without a label or a view teach nothing, and would dilute the mean of the loss.
	t.d.Train, t.d.Val = usable(d.Set, d.Train), usable(d.Set, d.Val)
	// By the usable rows, after the above.
	t.c = c.forRows(len(t.d.Train))
	if len(t.d.Train) == 0 {
		return nil, fmt.Errorf("cannot train: no labelled training row has a view")
	}
	if t.c.ClassWeights && d.Set.Class != nil {
		t.losses.ClassWeights = classWeights(d.Set.Class, t.d.Train, m.Spec.Outputs)
	}
	t.losses.LabelSmoothing = t.c.LabelSmoothing

	h := &History{}
	if from != nil {
		if err := from.fits(m); err != nil {
			return nil, err
		}
		// A clone, since the fit appends to it.
		*h = from.History.clone()
	}
	// A checkpoint of the refit has the search behind it: its best weights are those to report.
	if from == nil || from.Phase == phaseSearch {
		if err := t.search(ctx, h, from); err != nil {
			return nil, err
		}
		from = nil
	} else {
		if err := sameSizes(t.params, from.Best); err != nil {
			return nil, err
		}
		load(t.params, from.Best)
	}
	// Before the refit, which learns from the validation rows: whatever is calibrated on them is of
	// these weights.
	if hooks.Val != nil {
		if err := hooks.Val(m); err != nil {
			return nil, err
		}
	}
	if t.c.NoRefit || len(t.d.Val) == 0 {
		return h, nil
	}
	return h, t.refit(ctx, h, from)
}

// ErrDiverged is wrapped by the error of a fit whose loss or gradient overflowed.
var ErrDiverged = errors.New("the loss or its gradient is not finite")

// usable keeps the labeled rows that have at least one view.
func usable(s *model.Set, rows []int) []int {
	var out []int
	for _, r := range rows {
		if s.AnyPresent(r) && s.Labeled(r) {
			out = append(out, r)
		}
	}
	return out
}

// stepsOf is the number of batches of an epoch over the given rows.
func (t *trainer) stepsOf(rows []int) int { return len(t.epochBatches(rows, 0)) }

// search trains until the validation loss stops falling, and leaves the chosen weights in the
// model: those of the moving average, on which the loss is measured.
//
// A later epoch replaces the chosen one only if its loss is lower by more than
// Margin standard errors of the chosen one's: among epochs that the validation
// rows cannot tell apart the earliest is taken, which has fitted the training
// rows least (after the one-standard-error rule of Breiman et al. 1984).
func (t *trainer) search(ctx context.Context, h *History, from *Checkpoint) error {
	// The schedule is over all epochs, not those up to the stop, which is not known.
	t.resetOptimizer()
	perEpoch := t.stepsOf(t.d.Train)
	lr := t.c.schedule(perEpoch * t.c.Epochs)
	best, step := snapshot(t.params), 0
	stop := Stopping{Chosen: math.Inf(1), Lowest: math.Inf(1)}
	if from != nil {
		if err := from.restore(t); err != nil {
			return err
		}
		best, step, stop = from.Best, from.Step, from.Stopping
	}
	// Patience counts from the lowest loss, not from the chosen epoch (decision 12).
	for e := len(h.Epochs) + 1; e <= t.c.Epochs && e-stop.LowestEpoch <= t.c.Patience; e++ {
		loss, n, err := t.epoch(ctx, t.d.Train, e, step, math.MaxInt, lr)
		if err != nil {
			return err
		}
		step += n
		// Measured and kept is the moving average (decision 14); the second swap goes on with the
		// weights.
		t.swapAverage()
		// Without validation rows the training loss has to do.
		ep := Epoch{Epoch: e, TrainLoss: loss, ValLoss: loss}
		se := 0.0
		if len(t.d.Val) > 0 {
			if ep.ValLoss, se, err = t.valLoss(ctx); err != nil {
				return err
			}
			if !finite(ep.ValLoss) {
				return fmt.Errorf("cannot train: %w: on validation rows it is %g after epoch %d; do they hold huge values in a view that is not scaled, or only classes of weight 0?", ErrDiverged, ep.ValLoss, e)
			}
		}
		h.Epochs = append(h.Epochs, ep)
		if stop.see(e, ep.ValLoss, se, *t.c.Margin) {
			h.BestEpoch, h.BestSteps, h.BestLoss, h.BestError = e, step, ep.ValLoss, se
			copySnapshot(best, t.params)
		}
		t.swapAverage()
		if t.hooks.Epoch != nil {
			t.hooks.Epoch(ep, t.c.Epochs)
		}
		// After the swap back: a checkpoint holds both.
		if err := t.save(h, step, best, stop); err != nil {
			return err
		}
	}
	load(t.params, best)
	return nil
}

// refit trains anew on train + val for as many steps as the best epoch took.
func (t *trainer) refit(ctx context.Context, h *History, from *Checkpoint) error {
	best := snapshot(t.params)
	fresh, err := t.m.Rebuild()
	if err != nil {
		return err
	}
	load(t.params, snapshot(fresh.Params()))
	t.resetOptimizer()
	rows := append(append([]int(nil), t.d.Train...), t.d.Val...)
	lr := t.c.schedule(t.stepsOf(t.d.Train) * t.c.Epochs)
	step, e := 0, 1
	if from != nil {
		if err := from.restore(t); err != nil {
			return err
		}
		step, e = from.Step, from.Epoch+1
	}
	for ; step < h.BestSteps; e++ {
		_, n, err := t.epoch(ctx, rows, e, step, h.BestSteps-step, lr)
		if err != nil {
			return err
		}
		step += n
		h.RefitSteps = step
		if err := t.saveRefit(h, e, step, best); err != nil {
			return err
		}
	}
	t.swapAverage()
	return nil
}

// The average of the weights remembers averageTaken values, an epoch's worth of steps or
// averageEvery steps apart at most.
const (
	averageTaken = 8
	averageEvery = 8
)

// swapAverage exchanges the weights and their average.
func (t *trainer) swapAverage() {
	if t.average != nil {
		t.average.Swap()
	}
}

// anySparse reports whether a parameter is updated by rows. A row of such a table changes in few
// steps, so its average lags behind it, and the other parameters' must not run ahead of it.
func anySparse(params []*grad.Param) bool {
	return slices.ContainsFunc(params, func(p *grad.Param) bool { return p.Sparse })
}

// begin makes a fresh optimizer and a fresh average.
func (t *trainer) resetOptimizer() {
	if !t.c.NoAverage && !anySparse(t.params) {
		t.every = min(max(t.stepsOf(t.d.Train)/averageTaken, 1), averageEvery)
		t.average = optim.NewAverage(t.params, 1-1.0/averageTaken)
	}
	switch t.c.Optimizer {
	case "sgd":
		t.opt = optim.NewSGD(t.params, optim.SGDConfig{Momentum: *t.c.Momentum, WeightDecay: *t.c.WeightDecay})
	case "adam":
		t.opt = optim.NewAdam(t.params, optim.AdamConfig{WeightDecay: 0})
	default:
		t.opt = optim.NewAdamW(t.params, optim.AdamConfig{WeightDecay: *t.c.WeightDecay})
	}
}

// epochBatches shuffles the rows, or the groups, of an epoch into batches.
func (t *trainer) epochBatches(rows []int, epoch int) []model.Layout {
	rng := stream(t.c.Seed, 1, uint64(epoch))
	if !t.m.OverRows() {
		order := append([]int(nil), rows...)
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		return model.Chunks(order, t.c.Batch)
	}
	seqs := t.d.Set.Groups.Within(rows)
	rng.Shuffle(len(seqs), func(i, j int) { seqs[i], seqs[j] = seqs[j], seqs[i] })
	return model.Packed(seqs, t.c.Batch)
}

// epoch makes at most limit steps over the rows and returns the mean loss and the number of steps.
func (t *trainer) epoch(ctx context.Context, rows []int, epoch, step, limit int, lr func(int) float64) (float64, int, error) {
	t.tape.SetTraining(true)
	t.tape.SetRecording(true)
	t.current = epoch
	sum, n := 0.0, 0
	for _, b := range t.epochBatches(rows, epoch) {
		if n == limit {
			break
		}
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		if err := t.fill(b); err != nil {
			return 0, 0, err
		}
		t.m.HideModalities(&t.batch, stream(t.c.Seed, 2, uint64(step+n)))
		loss, norm := t.step(step+n, lr(step+n))
		if !finite(loss) || !finite(norm) { // of such a gradient Adam's moments never recover
			return 0, 0, fmt.Errorf("cannot train: %w: %g, of norm %g at step %d; a smaller learning rate than %g may help", ErrDiverged, loss, norm, step+n+1, t.c.LR)
		}
		sum += loss
		n++
		if t.average != nil && (step+n)%t.every == 0 {
			t.average.Take()
		}
	}
	return sum / float64(max(n, 1)), n, nil
}

// step makes one update from t.batch and returns the loss and the norm of its gradient.
func (t *trainer) step(step int, lr float64) (l, norm float64) {
	t.tape.Reset()
	t.tape.Seed(t.c.Seed, uint64(step))
	optim.ZeroGrad(t.params)
	loss := t.objective(t.m.Forward(t.tape, &t.batch))
	t.tape.Backward(loss)
	l = loss.Value().At(0)
	t.modulate(step)
	norm = optim.ClipGradNorm(t.params, *t.c.Clip)
	t.opt.Step(lr)
	return l, norm
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// stream is the random stream of one purpose at one step.
func stream(seed, purpose, step uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed*8+purpose, step))
}
