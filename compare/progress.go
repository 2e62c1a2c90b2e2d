package compare

import (
	"fmt"
	"math"
	"time"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/progress"
)

// Progress returns an Options.Done that reports every fit to f and, of a fold or seed whose fits
// are all done, the best single and the best fusion by m. Those are validation scores: test scores
// are shown once everything is chosen.
func Progress(f progress.Func, ds *dataset.Dataset, plan *dataset.Plan, m eval.Metric) func(done, total int, e Entry, r dataset.Run, out *Outcome) {
	type best struct {
		fits  int
		name  [2]string // of singles, of fusions
		score [2]float64
	}
	entries, start := 0, time.Now()
	runs := map[[2]int]*best{}
	var took pace
	return func(done, total int, e Entry, r dataset.Run, out *Outcome) {
		if f == nil {
			return
		}
		entries = total / len(plan.Runs)
		where := runName(plan, r)
		p := progress.Step{Stage: progress.Compare, Done: done, Total: total, Detail: e.Name}
		if where != "" {
			p.Detail += ", " + where
		}
		p.Kept = out.Seconds > time.Since(start).Seconds() // it cannot have been fitted since
		took.add(&e, out.Seconds, p.Kept)
		p.Left = took.left(entries, len(plan.Runs), time.Since(start))
		b := runs[[2]int{r.Fold, r.Seed}]
		if b == nil {
			b = &best{}
			runs[[2]int{r.Fold, r.Seed}] = b
		}
		side := 0
		if e.Kind == eval.Fusion {
			side = 1
		}
		_, val := out.Predictions(ds)
		v := m.Of(val)
		if better := v > b.score[side]; !math.IsNaN(v) && (b.name[side] == "" || better == m.HigherIsBetter && v != b.score[side]) {
			b.name[side], b.score[side] = e.Name, v
		}
		if b.fits++; b.fits == entries && b.name[0] != "" && b.name[1] != "" {
			p.Note = fmt.Sprintf("%s %s, %s %s (best single and fusion, validation %s)", b.name[0], shown(m, b.score[0]), b.name[1], shown(m, b.score[1]), m.Title)
			if where != "" {
				p.Note = fmt.Sprintf("%s: %s", where, p.Note)
			}
		}
		f(p)
	}
}

// pace foretells how long a comparison goes on. Entries differ in cost by two orders of magnitude,
// so that each is estimated by its own fits; one without any by the fusions, which come last and
// cost most.
type pace struct {
	entries map[string]*cost
	fusions cost    // of all of them
	fitted  float64 // seconds of the fits of this process
}

// cost is what fits took.
type cost struct {
	seconds float64
	fits    int
}

func (c *cost) add(seconds float64) { c.seconds, c.fits = c.seconds+seconds, c.fits+1 }

func (c *cost) mean() float64 { return c.seconds / float64(c.fits) }

func (p *pace) add(e *Entry, seconds float64, kept bool) {
	if p.entries == nil {
		p.entries = map[string]*cost{}
	}
	if p.entries[e.Name] == nil {
		p.entries[e.Name] = &cost{}
	}
	p.entries[e.Name].add(seconds)
	if e.Kind == eval.Fusion {
		p.fusions.add(seconds)
	}
	if !kept {
		p.fitted += seconds
	}
}

// left is the time for the rest of so many entries and runs, 0 before there is enough to tell it
// from. What was fitted in the time since the start is what the cores do side by side.
func (p *pace) left(entries, runs int, since time.Duration) time.Duration {
	const enough = 3 // fusions
	unknown := entries - len(p.entries)
	if p.fitted == 0 || unknown > 0 && p.fusions.fits < enough {
		return 0
	}
	rest := 0.0
	for _, c := range p.entries {
		rest += c.mean() * float64(runs-c.fits)
	}
	if unknown > 0 {
		rest += p.fusions.mean() * float64(unknown*runs)
	}
	return time.Duration(rest / p.fitted * float64(since))
}

func shown(m eval.Metric, v float64) string {
	if m.Share {
		return fmt.Sprintf("%.1f %%", 100*v)
	}
	return fmt.Sprintf("%.3g", v)
}

// runName returns which fold and seed a run is, counted from 1; nothing if there is one run alone.
func runName(plan *dataset.Plan, r dataset.Run) string {
	seeds := len(plan.Runs) / max(1, plan.Folds)
	seed := fmt.Sprintf("seed %d of %d", r.Seed+1, seeds)
	switch {
	case len(plan.Runs) == 1:
		return ""
	case plan.Official:
		return seed
	case seeds == 1:
		return fmt.Sprintf("fold %d of %d", r.Fold+1, plan.Folds)
	}
	return fmt.Sprintf("fold %d of %d, %s", r.Fold+1, plan.Folds, seed)
}

// Tried describes the fit of a search that is done.
type Tried struct {
	Done, Total int
	Trial       int // its number, from 1
	Pass        int // from 1
	Run         dataset.Run
	Epochs      int // that the fit took
	Kept        bool
	Left        time.Duration // until the end of the search; 0: unknown
}

// SearchProgress returns an Options.Tried that reports every fit of a search to f.
func SearchProgress(f progress.Func, plan *dataset.Plan) func(Tried) {
	return func(t Tried) {
		if f != nil {
			step := progress.Step{Stage: progress.Tune, Done: t.Done, Total: t.Total, Kept: t.Kept, Left: t.Left}
			step.Detail = fmt.Sprintf("pass %d of %d, trial %d", t.Pass, tunePasses, t.Trial)
			if where := runName(plan, t.Run); where != "" {
				step.Detail += ", " + where
			}
			f(step)
		}
	}
}

// tunePace foretells how long a search goes on: later passes have fewer fits of more epochs.
type tunePace struct {
	start  time.Time
	passes [tunePasses]cost
	fitted float64 // seconds of the fits of this process
}

func (p *tunePace) add(pass int, seconds float64, kept bool) {
	p.passes[pass].add(seconds)
	if !kept {
		p.fitted += seconds
	}
}

// left is the time for the rest of so many trials in so many runs, 0 before there is enough to tell
// it from. A pass without fits is taken to need twice what those of the one before did.
func (p *tunePace) left(trials, runs int) time.Duration {
	const enough = 3 // fits
	if p.fitted == 0 || p.passes[0].fits < enough {
		return 0
	}
	rest, mean := 0.0, 0.0
	for k, n := range passSizes(trials) {
		if mean *= 2; p.passes[k].fits > 0 {
			mean = p.passes[k].mean()
		}
		rest += mean * float64(n*runs-p.passes[k].fits)
	}
	return time.Duration(rest / p.fitted * float64(time.Since(p.start)))
}
