package compare

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/internal/flat"
	"github.com/fusor-ml/fusor/internal/parallel"
	"github.com/fusor-ml/fusor/train"
)

// TunedName is the name of the entry whose recipe a search chose.
const TunedName = "tuned"

// The search is successive halving (Jamieson and Talwalkar 2016, arXiv:1502.07943): of the trials
// of a pass, one in tuneEta goes on to the next one, which has tuneEta times the epochs. See
// docs/decisions/0045-tuning.md.
const (
	tunePasses = 3
	tuneEta    = 3
)

// passes are the stages of the search.
var passes = [tunePasses]Stage{StageTune1, StageTune2, StageTune3}

// Tuned is what a search chose: what is set in place of the comparison's recipe.
type Tuned struct {
	Recipe train.Recipe   `json:"recipe"` // of a model for use
	Runs   []train.Recipe `json:"runs"`   // of each run of the plan, by its own validation rows

	run *train.Recipe // of the run that the entry is fitted in; nil: none of the plan
}

// recipe returns what is set in place of the comparison's recipe.
func (t *Tuned) recipe() train.Recipe {
	if t.run != nil {
		return *t.run
	}
	return t.Recipe
}

// in returns the entry as it is fitted in run r of the plan; r < 0: in another run.
func (e Entry) in(r int) Entry {
	if e.Tuned != nil && r >= 0 && r < len(e.Tuned.Runs) {
		t := *e.Tuned
		t.run = &t.Runs[r]
		e.Tuned = &t
	}
	return e
}

// Tuning is a search as compare.json holds it.
type Tuning struct {
	Metric string       `json:"metric"` // of validation rows, by which recipes are chosen
	Epochs []int        `json:"epochs"` // of a fit in each pass at most; the last are those of any other fit
	Trials []Trial      `json:"trials"`
	Runs   []int        `json:"runs"`   // the trial that each run chose, by index
	Chosen int          `json:"chosen"` // the trial that a model for use is fitted by
	Recipe train.Recipe `json:"recipe"` // of that trial, whole
}

// Trial is a recipe that a search tried.
type Trial struct {
	Recipe train.Recipe `json:"recipe"` // what it sets in place of the comparison's own
	Scores [][]*float64 `json:"scores"` // of each run: in each pass that it reached; null: none, or the fit failed
}

// Reached returns how many of the runs tried it in a pass, and the mean of its scores there.
func (t *Trial) Reached(pass int) (runs int, mean float64) {
	n := 0
	for _, s := range t.Scores {
		if len(s) <= pass {
			continue
		}
		if runs++; s[pass] != nil {
			n++
			mean += *s[pass]
		}
	}
	return runs, mean / float64(n)
}

// Gain returns by how much a trial's score is above that of the first, the recipe as it is, in the
// last pass that any run tried it in: the mean over those runs, NaN where there is no score.
func (t *Tuning) Gain(k int) float64 {
	for pass := len(t.Epochs) - 1; pass >= 0; pass-- {
		sum, n := 0.0, 0
		for r, scores := range t.Trials[k].Scores {
			if first := t.Trials[0].Scores[r]; len(scores) > pass {
				if a, b := scores[pass], first[pass]; a != nil && b != nil {
					sum += *a - *b
					n++
				}
			}
		}
		if n > 0 {
			return sum / float64(n)
		}
	}
	return math.NaN()
}

// Ranked returns the trials, by index, in the order of how often they were chosen, how far they
// got, and their gains.
func (t *Tuning) Ranked() []int {
	m, _ := eval.MetricByName(t.Metric)
	times, reached, gain := make([]int, len(t.Trials)), make([]int, len(t.Trials)), make([]float64, len(t.Trials))
	for _, k := range t.Runs {
		times[k]++
	}
	order := make([]int, len(t.Trials))
	for k := range t.Trials {
		order[k] = k
		for pass := range t.Epochs {
			runs, _ := t.Trials[k].Reached(pass)
			reached[k] += runs
		}
		if gain[k] = t.Gain(k); !m.HigherIsBetter {
			gain[k] = -gain[k]
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(times[b], times[a]), cmp.Compare(reached[b], reached[a]), cmp.Compare(gain[b], gain[a]))
	})
	return order
}

// attempt is what became of a trial in one pass of one run.
type attempt struct {
	trial   int
	score   float64 // of the validation rows; NaN: none
	loss    float64 // of them, for trials of the same score
	epochs  int     // that the fit took
	seconds float64
}

func (a *attempt) flat(s *flat.Stream) {
	s.Int(&a.trial)
	s.Float(&a.score)
	s.Float(&a.loss)
	s.Int(&a.epochs)
	s.Float(&a.seconds)
}

// tuner is a search under way.
type tuner struct {
	src     train.Source
	o       Options
	plan    *dataset.Plan
	entry   Entry
	metric  eval.Metric
	trials  []train.Recipe
	slots   [][]int       // [run]: the trials of the pass
	tried   [][][]attempt // [run][pass][slot]
	pending []bool        // [run]: pieces are computed elsewhere
	choices []*train.Choices
	total   int // fits of all passes
	done    int
	pace    tunePace
}

// TunedEntry returns the entry that a search adds to these, before it has chosen a recipe.
func TunedEntry(entries []Entry) Entry {
	like := entries[firstFusion(entries)]
	return Entry{Name: TunedName, Kind: like.Kind, Views: like.Views, Tuned: &Tuned{}}
}

// Trials lists what a search for a comparison of these views tries.
func Trials(methods fusion.Table, fusions []string, views []train.Fitted, ds *dataset.Dataset, plan *dataset.Plan, o *Options) []train.Recipe {
	if o.Tune == 0 {
		return nil
	}
	rows := 0
	for _, r := range plan.Runs {
		rows = max(rows, len(r.Train))
	}
	first := fusion.Default
	if ds.Schema.Group != "" && ds.Schema.Order != "" {
		first = fusion.DefaultOrdered
	}
	var open []fusion.Method
	for _, name := range fusions {
		m, _ := methods.Lookup(name)
		if name == first {
			open = slices.Insert(open, 0, m)
		} else {
			open = append(open, m)
		}
	}
	if len(views) == 1 {
		open = open[:1]
	}
	return train.NewSpace(o.Recipe, open, views, ds.Schema.Task, rows).Draw(o.Tune, o.Recipe.Train.Seed)
}

// passSizes returns how many of n trials each pass tries.
func passSizes(n int) [tunePasses]int {
	var out [tunePasses]int
	for k := range out {
		out[k] = n
		n = (n + tuneEta - 1) / tuneEta
	}
	return out
}

// passEpochs returns the epochs of a pass, of so many in all.
func passEpochs(pass, epochs int) int {
	for range tunePasses - 1 - pass {
		epochs = (epochs + tuneEta - 1) / tuneEta
	}
	return epochs
}

// tune searches in every run by its own validation rows, and adds the entry that is fitted by what
// was chosen. Where pieces are computed elsewhere that entry is there, but cannot be fitted yet.
func (res *Result) tune(ctx context.Context, src train.Source, views []train.Fitted, fusions []string, o Options) error {
	metrics, err := Metrics(src.Data, o.Metric)
	if err != nil {
		return err
	}
	// Asked before the first fit, which may be hours before the search would notice.
	for _, r := range res.Plan.Runs {
		if len(r.Val) == 0 {
			return fmt.Errorf("cannot tune: fold %d has no validation rows to choose by", r.Fold+1)
		}
	}
	t := &tuner{
		src: src, o: o, plan: &res.Plan, metric: metrics[0],
		entry:   TunedEntry(res.Entries),
		trials:  Trials(src.Methods, fusions, views, src.Data, &res.Plan, &o),
		tried:   make([][][]attempt, len(res.Plan.Runs)),
		pending: make([]bool, len(res.Plan.Runs)),
		choices: make([]*train.Choices, len(res.Plan.Runs)),
		pace:    tunePace{start: time.Now()},
	}
	// slots[run] lists the trials of the pass; in the first one all, in the same order for all runs.
	for range res.Plan.Runs {
		all := make([]int, len(t.trials))
		for i := range all {
			all[i] = i
		}
		t.slots = append(t.slots, all)
	}
	for _, n := range passSizes(len(t.trials)) {
		t.total += n * len(res.Plan.Runs)
	}
	// A pass needs the scores of all of the one before, so passes do not overlap.
	for pass := range tunePasses {
		if err := t.pass(ctx, pass); err != nil {
			return err
		}
	}
	entry := t.entry
	// All runs chose; else the entry is there for its pieces' names, but fit refuses it.
	if !slices.Contains(t.pending, true) {
		res.Tuning = t.result()
		entry.Tuned.Recipe = res.Tuning.Trials[res.Tuning.Chosen].Recipe
		entry.Fusion = entry.Tuned.Recipe.Fusion
		for _, k := range res.Tuning.Runs {
			entry.Tuned.Runs = append(entry.Tuned.Runs, t.trials[k])
		}
	}
	res.Entries = append(res.Entries, entry)
	return nil
}

// pass makes the fits of a pass, and leaves the trials of the next one in t.slots.
func (t *tuner) pass(ctx context.Context, pass int) error {
	type job struct{ run, slot int }
	var jobs []job
	preps := make([]sharedPrep, len(t.plan.Runs))
	for r := range t.plan.Runs {
		// Runs that wait for others keep the place of their attempts, so that indices of passes agree.
		t.tried[r] = append(t.tried[r], make([]attempt, len(t.slots[r])))
		if preps[r].left = len(t.slots[r]); t.pending[r] {
			continue
		}
		for s := range t.slots[r] {
			jobs = append(jobs, job{r, s})
		}
	}
	var mu sync.Mutex // guards pending, tried, done, pace, preps[r].left and Tried
	err := parallel.For(ctx, len(jobs), t.o.Workers, func(ctx context.Context, _, i int) error {
		r, s := jobs[i].run, jobs[i].slot
		run, prep, trial := t.plan.Runs[r], &preps[r], t.slots[r][s]
		visit := func(a *attempt, f *flat.Stream) {
			// A slot of a later pass is named by its place among the best of the one before. If that was
			// another trial then, the stored piece is of no use.
			if a.flat(f); f.Reading() && a.trial != trial {
				f.Fail()
			}
		}
		a, computed, err := Keep(t.o.Store, tunePiece(pass, s, run), "fusor attempt 1", visit, func() (*attempt, error) {
			prep.once.Do(func() { prep.p, prep.err = t.prepared(ctx, r) })
			if prep.err != nil {
				return nil, prep.err
			}
			return t.try(ctx, prep.p, trial, pass)
		})
		mu.Lock()
		defer mu.Unlock()
		switch {
		case errors.Is(err, ErrPending):
			t.pending[r] = true
		case err != nil:
			return fmt.Errorf("%s, trial %d, fold %d, seed %d: %w", TunedName, trial+1, run.Fold, run.Seed, err)
		default:
			t.tried[r][pass][s] = *a
			t.report(pass, r, a, !computed)
		}
		if prep.left--; prep.left == 0 {
			prep.p = nil
		}
		return nil
	})
	if err != nil || pass == tunePasses-1 {
		return err
	}
	// Each run by its own validation rows, so that the trials of runs part from here on.
	n := passSizes(len(t.trials))[pass+1]
	for r := range t.slots {
		if !t.pending[r] {
			t.slots[r] = t.best(t.tried[r][pass], n)
		}
	}
	return nil
}

// report counts a fit, and reports it.
func (t *tuner) report(pass, r int, a *attempt, kept bool) {
	t.done++
	t.pace.add(pass, a.seconds, kept)
	if t.o.Tried != nil {
		t.o.Tried(Tried{t.done, t.total, a.trial + 1, pass + 1, t.plan.Runs[r], a.epochs, kept, t.pace.left(len(t.trials), len(t.plan.Runs))})
	}
}

// prepared prepares a run, with what an earlier pass chose.
func (t *tuner) prepared(ctx context.Context, r int) (*train.Prepared, error) {
	if made := t.choices[r]; made != nil {
		return train.PrepareAs(ctx, t.src, t.plan.Runs[r], t.o.Recipe, 1, made)
	}
	p, err := prepared(ctx, t.src, t.plan.Runs[r], t.o)
	if err == nil {
		c := p.Choices()
		t.choices[r] = &c
	}
	return p, err
}

// try fits a trial for the epochs of a pass. Test rows play no part. A fit that diverges has no
// score, and neither has a trial whose values do not go together, or not with those that are set.
func (t *tuner) try(ctx context.Context, p *train.Prepared, trial, pass int) (*attempt, error) {
	a := &attempt{trial: trial, score: math.NaN(), loss: math.NaN()}
	e := t.entry
	e.Tuned = &Tuned{Recipe: t.trials[trial]}
	base := t.o.Recipe
	base.Train.NoRefit = true
	if pass < tunePasses-1 {
		base.Train.Epochs = passEpochs(pass, base.Train.EpochsOf(len(p.Run.Train)))
	}
	views := e.indices(p.Views)
	if len(views) == 0 {
		return nil, fmt.Errorf("no training row has %v", e.Views)
	}
	start := time.Now()
	f, err := e.fit(ctx, p, base, views, 1, train.Hooks{}, nil)
	a.seconds = time.Since(start).Seconds()
	var recipe *train.RecipeError
	if errors.Is(err, train.ErrDiverged) || trial > 0 && errors.As(err, &recipe) {
		return a, nil
	}
	if err != nil {
		return nil, err
	}
	a.epochs = len(f.History.Epochs)
	out := &Outcome{Val: p.Run.Val, ValP: p.Unscale(f.Val), ValLogits: f.Val.Logits, ValAbsent: f.Val.Absent}
	out.calibrate(p.Data, t.o.decision(p.Data))
	_, val := out.Predictions(p.Data)
	a.score = t.metric.Of(val)
	v := newVotes(p.Data, p.Run.Val)
	v.add(out.ValP, out.ValAbsent)
	a.loss = v.lossOf(0, v.all())
	return a, nil
}

// best returns the n best trials of a pass in the order of their numbers. The first trial, the
// recipe as it is, always goes on: what is chosen has to be better.
func (t *tuner) best(tried []attempt, n int) []int {
	order := slices.Clone(tried)
	slices.SortStableFunc(order, t.compare)
	var out []int
	for _, a := range order[:min(n, len(order))] {
		out = append(out, a.trial)
	}
	if !slices.Contains(out, 0) {
		out[len(out)-1] = 0
	}
	slices.Sort(out)
	return out
}

// compare orders attempts, the best first: by their scores, then by their losses, then by their
// numbers.
func (t *tuner) compare(a, b attempt) int {
	cost := func(v float64, sign float64) float64 {
		if math.IsNaN(v) {
			return math.Inf(1)
		}
		return sign * v
	}
	sign := 1.0
	if t.metric.HigherIsBetter {
		sign = -1
	}
	return cmp.Or(cmp.Compare(cost(a.score, sign), cost(b.score, sign)), cmp.Compare(cost(a.loss, 1), cost(b.loss, 1)), cmp.Compare(a.trial, b.trial))
}

// result sums up a finished search.
func (t *tuner) result() *Tuning {
	out := &Tuning{Metric: t.metric.Name}
	rows := 0
	for _, r := range t.plan.Runs {
		rows = max(rows, len(r.Train))
	}
	for pass := range tunePasses {
		out.Epochs = append(out.Epochs, passEpochs(pass, t.o.Recipe.Train.EpochsOf(rows)))
	}
	for k := range t.trials {
		out.Trials = append(out.Trials, Trial{Recipe: t.trials[k], Scores: make([][]*float64, len(t.plan.Runs))})
	}
	for r := range t.plan.Runs {
		for _, tried := range t.tried[r] {
			for _, a := range tried {
				var score *float64
				if !math.IsNaN(a.score) && !math.IsInf(a.score, 0) {
					score = &a.score
				}
				out.Trials[a.trial].Scores[r] = append(out.Trials[a.trial].Scores[r], score)
			}
		}
		out.Runs = append(out.Runs, slices.MinFunc(t.tried[r][tunePasses-1], t.compare).trial)
	}
	// On an official split the model for use is that of the first run. With folds it is fitted anew:
	// by the trial that most runs chose, among those of as many by the one that got furthest.
	if out.Chosen = out.Runs[0]; !t.plan.Official {
		out.Chosen = out.Ranked()[0]
	}
	out.Recipe = t.trials[out.Chosen].Over(t.o.Recipe)
	out.Recipe.Train.Seed = 0
	return out
}
