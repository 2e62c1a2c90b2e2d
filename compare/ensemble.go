package compare

import (
	"math"
	"slices"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/model"
	"github.com/fusor-ml/fusor/train"
)

// Variants lists what is fitted for the ensemble of these entries alone.
func Variants(entries []Entry, plan *dataset.Plan, views []train.Fitted, fusions []string) []Entry {
	if !joinable(entries, plan) || entries[0].Fusion == fusion.DefaultOrdered {
		return nil
	}
	method := fusion.Default
	if !slices.Contains(fusions, method) {
		method = fusions[0]
	}
	like := entries[firstFusion(entries)]
	var out []Entry
	for _, v := range train.VariantsOf(views) {
		out = append(out, Entry{Name: v.Name, Kind: like.Kind, Fusion: method, Views: like.Views, Variant: v.Name})
	}
	return out
}

// joinable reports whether there are entries to join and rows to choose by.
func joinable(entries []Entry, plan *dataset.Plan) bool {
	return len(entries) > 0 && !slices.ContainsFunc(plan.Runs, func(r dataset.Run) bool { return len(r.Val) < minSelectRows })
}

// firstFusion returns the index of the first fusion; 0 where there is one view.
func firstFusion(entries []Entry) int {
	return max(0, slices.IndexFunc(entries, func(e Entry) bool { return e.Kind == eval.Fusion }))
}

// addEnsemble adds the ensemble of all entries and of variants of the default one.
func (res *Result) addEnsemble(views []train.Fitted, fusions []string) {
	if !joinable(res.Entries, &res.Plan) {
		return
	}
	first := firstFusion(res.Entries)
	like := res.Entries[first]
	res.variants = Variants(res.Entries, &res.Plan, views, fusions)
	if fused := len(res.Entries) - first; len(res.variants) == 0 && fused < 2 {
		return // one fusion and what it is made of, as over ordered rows: nothing is gained by a mean of these
	}
	// It comes first, and so before others of the same validation score.
	res.Entries = slices.Insert(res.Entries, first, Entry{Name: model.Ensemble, Kind: like.Kind, Fusion: model.Ensemble, Views: like.Views})
}

// isEnsemble reports whether the entry joins others in place of being fitted itself.
func (e *Entry) isEnsemble() bool { return e.Fusion == model.Ensemble }

// pool returns the entries that are fitted: all but ensembles, and what these are made from. The
// tuned one comes last, and is no member of an ensemble: what a search has chosen by the validation
// rows would be taken for better than it is.
func (res *Result) pool() []Entry {
	var out, tuned []Entry
	for _, e := range res.Entries {
		switch {
		case e.Tuned != nil:
			tuned = append(tuned, e)
		case e.isEnsemble():
			out = append(out, e.Members...)
		default:
			out = append(out, e)
		}
	}
	return slices.Concat(out, res.variants, tuned)
}

// joined returns the part of the pool that an ensemble of all entries is made from.
func (res *Result) joined() []Entry {
	return slices.DeleteFunc(res.pool(), func(e Entry) bool { return e.Tuned != nil })
}

// finish takes the outcomes of a run's pool, and makes those of an ensemble from them.
func (res *Result) finish(ds *dataset.Dataset, run int, outcomes []*Outcome) {
	at, joined := 0, outcomes[:len(res.joined())]
	for e := range res.Entries {
		switch {
		case res.Entries[e].Tuned != nil:
			res.Outcomes[e][run] = outcomes[len(joined)]
			continue
		case !res.Entries[e].isEnsemble():
			res.Outcomes[e][run] = outcomes[at]
			at++
			continue
		}
		members := joined
		if n := len(res.Entries[e].Members); n > 0 {
			members = outcomes[at : at+n]
			at += n
		}
		res.Outcomes[e][run] = join(ds, &res.Plan.Runs[run], &res.Entries[e], members, res.decision)
	}
	for _, o := range outcomes {
		o.subsetLogits = nil
	}
}

// nameMembers names, in an ensemble of all entries, those that some run takes. An ensemble that is
// one entry alone in every run is none, and dropped.
func (res *Result) nameMembers() {
	res.dropAlone()
	for e := range res.Entries {
		entry := &res.Entries[e]
		if !entry.isEnsemble() || len(entry.Members) > 0 {
			continue
		}
		pool := res.joined()
		for k := range pool {
			if slices.ContainsFunc(res.Outcomes[e], func(o *Outcome) bool { return o.Weights[k] > 0 }) {
				entry.Members = append(entry.Members, pool[k])
			}
		}
		for _, o := range res.Outcomes[e] {
			var kept []float64
			for k := range pool {
				if slices.ContainsFunc(entry.Members, func(m Entry) bool {
					return m.Kind == pool[k].Kind && m.Name == pool[k].Name && m.Variant == pool[k].Variant
				}) {
					kept = append(kept, o.Weights[k])
				}
			}
			o.Weights = kept
		}
	}
}

func (res *Result) dropAlone() {
	for e := len(res.Entries) - 1; e >= 0; e-- {
		joins := slices.ContainsFunc(res.Outcomes[e], func(o *Outcome) bool {
			members := 0
			for _, w := range pruned(o.Weights) {
				if w > 0 {
					members++
				}
			}
			return members > 1
		})
		if entry := &res.Entries[e]; entry.isEnsemble() && len(entry.Members) == 0 && !joins {
			res.Entries, res.Outcomes = slices.Delete(res.Entries, e, e+1), slices.Delete(res.Outcomes, e, e+1)
		}
	}
}

// join makes the outcome of an ensemble from those of its members.
//
// The weights are chosen on the validation rows. What the ensemble predicts of these is by weights
// that were chosen on others: few rows flatter who weighs twenty members on them.
func join(ds *dataset.Dataset, run *dataset.Run, e *Entry, members []*Outcome, decision eval.Metric) *Outcome {
	first := members[0]
	out := &Outcome{Test: run.Test, Val: run.Val, DampDense: first.DampDense, TrainRows: first.TrainRows}
	for _, name := range e.Views {
		if slices.ContainsFunc(members, func(o *Outcome) bool { return slices.Contains(o.Views, name) }) {
			out.Views = append(out.Views, name)
		}
	}
	val, test := newVotes(ds, run.Val), newVotes(ds, run.Test)
	for _, o := range members {
		val.add(o.ValP, o.ValAbsent)
		test.add(o.TestP, o.Absent)
	}
	out.Weights = val.choose(val.all())
	kept := pruned(out.Weights)
	val.weights, test.weights = kept, kept
	val.hold(eval.Groups(ds, run.Val))
	out.ValP, out.ValAbsent = val.mean()
	out.TestP, out.Absent = test.mean()
	if test.regression {
		for _, v := range []*votes{val, test} {
			v.p = nil
		}
		for _, o := range members {
			val.p, test.p = append(val.p, o.ValLogits), append(test.p, o.TestLogits)
		}
		out.ValLogits, _ = val.mean()
		out.TestLogits, _ = test.mean()
	} else {
		out.ValLogits, out.TestLogits = val.logits(out.ValP), test.logits(out.TestP)
	}
	out.calibrate(ds, decision)
	out.joinSubsets(ds, run, members, test)
	for k, o := range members {
		if kept[k] > 0 {
			out.Parameters += o.Parameters
			out.Seconds += o.Seconds
		}
	}
	return out
}

// surely is how many standard errors a difference is ahead that chance has in one of twenty.
const surely = 1.645

// margins returns for each entry by how much another must be better on the validation rows to be
// chosen before it: an ensemble has what chance explains of its difference to the best other entry,
// which is the luckiest of many as well; others have none. See docs/decisions/0047.
func (res *Result) margins(ds *dataset.Dataset, m eval.Metric) []float64 {
	out := make([]float64, len(res.Entries))
	val := make([][]*eval.Predictions, len(res.Entries))
	best, top := -1, math.Inf(-1)
	for e := range res.Entries {
		sum := 0.0
		for _, o := range res.Outcomes[e] {
			_, p := o.Predictions(ds)
			val[e] = append(val[e], p)
			sum += m.Of(p)
		}
		if !m.HigherIsBetter {
			sum = -sum
		}
		if !res.Entries[e].isEnsemble() && sum > top {
			best, top = e, sum
		}
	}
	if best < 0 {
		return out
	}
	for e := range res.Entries {
		if !res.Entries[e].isEnsemble() {
			continue
		}
		runs := res.Plan.Runs
		if !slices.ContainsFunc(runs, func(r dataset.Run) bool { return !slices.Equal(r.Val, runs[0].Val) }) {
			out[e] = surely * eval.PairedError(m, val[e], val[best], eval.Groups(ds, runs[0].Val))
			continue
		}
		squares := 0.0
		for r, run := range runs {
			d := eval.PairedError(m, val[e][r:r+1], val[best][r:r+1], eval.Groups(ds, run.Val))
			squares += d * d
		}
		out[e] = surely * math.Sqrt(squares) / float64(len(runs))
	}
	return out
}

// joinSubsets fills in the scores of the test rows with each subset of the modalities, if every
// fusion among the members has kept its own.
func (o *Outcome) joinSubsets(ds *dataset.Dataset, run *dataset.Run, members []*Outcome, test *votes) {
	first := slices.IndexFunc(members, func(m *Outcome) bool { return len(m.Players) > 1 })
	if first < 0 {
		return
	}
	o.Players = members[first].Players
	// Of many modalities only the chosen fusion keeps its subsets (see Result.Fit).
	if slices.ContainsFunc(members, func(m *Outcome) bool { return len(m.Players) > 1 && m.subsetLogits == nil }) {
		return
	}
	var scale *train.Scale
	if test.regression {
		scale = train.NewScale(ds, run.Train)
	}
	score := o.subsetScores(ds, test.outputs, scale)
	// s is the bit set of present players, in the order of Players.
	for s := range members[first].subsetLogits {
		part := &votes{rows: test.rows, outputs: test.outputs, multilabel: test.multilabel, weights: test.weights}
		for _, m := range members {
			// A single view is there or not, so its own logits do for every subset.
			p, absent := m.TestLogits, m.Absent
			switch {
			case m.subsetLogits != nil:
				p, absent = toFloat64(m.subsetLogits[s]), m.subsetAbsent[s]
			case s>>o.player(m)&1 == 0:
				absent = slices.Repeat([]bool{true}, test.rows)
			}
			if !test.regression {
				p = test.probabilities(p)
			}
			part.add(p, absent)
		}
		p, absent := part.mean()
		if !test.regression {
			p = test.logits(p)
		}
		// Subset 0 has no modality: what any fusion answers there is the prior.
		for i, none := range absent {
			if none { // the prior
				for j := range test.outputs {
					p[i*test.outputs+j] = float64(members[first].subsetLogits[0][i*test.outputs+j])
				}
			}
		}
		o.Subsets = append(o.Subsets, score(&model.Scores{Outputs: test.outputs, Logits: p, Absent: absent}))
	}
}

// player returns which of the players a member of one of them takes.
func (o *Outcome) player(member *Outcome) int {
	if k := slices.Index(o.Players, member.column); k >= 0 {
		return k
	}
	return max(0, slices.Index(o.Players, member.Views[0]))
}

// probabilities returns those of logits, [rows × outputs].
func (v *votes) probabilities(logits []float64) []float64 {
	spec, p := model.Spec{Multilabel: v.multilabel}, make([]float64, len(logits))
	for i := 0; i < len(p); i += v.outputs {
		spec.Activate(p[i:i+v.outputs], logits[i:i+v.outputs])
	}
	return p
}

func toFloat64(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}
