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
	return func(done, total int, e Entry, r dataset.Run, out *Outcome) {
		if f == nil {
			return
		}
		entries = total / len(plan.Runs)
		where := runName(plan, r)
		p := progress.Step{Stage: progress.Compare, Done: done, Total: total, Detail: e.Name + ", " + where}
		p.Kept = out.Seconds > time.Since(start).Seconds() // it cannot have been fitted since
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
			p.Note = fmt.Sprintf("%s: %s %s, %s %s (best single and fusion, validation %s)", where, b.name[0], shown(m, b.score[0]), b.name[1], shown(m, b.score[1]), m.Title)
		}
		f(p)
	}
}

func shown(m eval.Metric, v float64) string {
	if m.Share {
		return fmt.Sprintf("%.1f %%", 100*v)
	}
	return fmt.Sprintf("%.3g", v)
}

// runName returns which fold and seed a run is, counted from 1.
func runName(plan *dataset.Plan, r dataset.Run) string {
	seeds := len(plan.Runs) / max(1, plan.Folds)
	seed := fmt.Sprintf("seed %d of %d", r.Seed+1, seeds)
	switch {
	case plan.Official:
		return seed
	case seeds == 1:
		return fmt.Sprintf("fold %d of %d", r.Fold+1, plan.Folds)
	}
	return fmt.Sprintf("fold %d of %d, %s", r.Fold+1, plan.Folds, seed)
}
