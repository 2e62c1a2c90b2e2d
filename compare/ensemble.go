package compare

import (
	"cmp"
	"math"
	"math/rand/v2"
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
// The weights are chosen on the validation rows, as the best of the other entries is.
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
	out.Weights = val.choose()
	kept := pruned(out.Weights)
	val.weights, test.weights = kept, kept
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
	out.chooseThresholds(ds, decision)
	out.joinSubsets(ds, run, members, test)
	for k, o := range members {
		if kept[k] > 0 {
			out.Parameters += o.Parameters
			out.Seconds += o.Seconds
		}
	}
	return out
}

// Bounds of the choice of an ensemble's members.
const (
	minSelectRows = 20   // validation rows that weights can be chosen on
	selectBags    = 10   // resamplings of the validation rows
	selectFirst   = 5    // the best members, which every bag begins with
	selectSteps   = 20   // members that a bag takes after these, repeated ones counted
	selectLeast   = 0.04 // weight of a member that is kept
	// selectSure is the probability of the truth beyond which a member is not better: on rows that
	// are easy for all, the surest member would take the place of the most diverse.
	selectSure = 0.95
)

// votes are what several members predict of the same rows.
type votes struct {
	rows       int
	outputs    int
	regression bool
	multilabel bool
	target     []float64   // of the rows: a class, or a number
	sets       [][]int     // of the rows of a multi-label task: their labels
	p          [][]float64 // [member][rows × outputs]
	absent     [][]bool    // [member][rows]
	weights    []float64   // of the members
}

func newVotes(ds *dataset.Dataset, rows []int) *votes {
	v := &votes{rows: len(rows), outputs: max(1, len(ds.Schema.Classes)), regression: ds.Schema.Task == dataset.Regression, multilabel: ds.Schema.Task == dataset.Multilabel}
	if v.multilabel {
		v.sets = eval.Sets(ds, rows)
	}
	if v.regression {
		v.outputs = 1
	}
	for _, r := range rows {
		if v.regression {
			v.target = append(v.target, ds.Rows[r].Target)
		} else {
			v.target = append(v.target, float64(ds.Rows[r].Class))
		}
	}
	return v
}

func (v *votes) add(p []float64, absent []bool) {
	v.p, v.absent = append(v.p, p), append(v.absent, absent)
}

// choose returns the weights of the members, of which the sum is 1: greedy selection with
// replacement by the validation loss, from the best members on, averaged over resamplings of the
// rows (Caruana et al., Ensemble Selection from Libraries of Models, ICML 2004).
func (v *votes) choose() []float64 {
	right := make([][]float64, len(v.p)) // what each member makes of the truth
	for k, p := range v.p {
		right[k] = v.truth(p)
	}
	total := make([]float64, len(v.p))
	for bag := range selectBags {
		rng := rand.New(rand.NewPCG(0x656e73656d626c65, uint64(bag)))
		drawn := make([]int, v.rows)
		for i := range drawn {
			drawn[i] = rng.IntN(v.rows)
		}
		for k, n := range v.greedy(right, drawn) {
			total[k] += n
		}
	}
	normalize(total)
	return total
}

// selectCells bounds the labels of rows that members are chosen by.
const selectCells = 100_000

// cells is how many numbers of a row members are chosen by: of labels some, evenly spaced, where
// there are very many.
func (v *votes) cells() int {
	if !v.multilabel {
		return 1
	}
	return min(v.outputs, max(1, selectCells/max(1, v.rows)))
}

// truth returns what a member makes of the truth, [rows × cells]: its value, the probability of the
// class, or that each label is as it is.
func (v *votes) truth(p []float64) []float64 {
	n := v.cells()
	out := make([]float64, v.rows*n)
	for i := range v.rows {
		switch {
		case v.regression:
			out[i] = p[i]
		case v.multilabel:
			for j := range n {
				l := j * v.outputs / n
				if out[i*n+j] = p[i*v.outputs+l]; !slices.Contains(v.sets[i], l) {
					out[i*n+j] = 1 - out[i*n+j]
				}
			}
		default:
			if c := int(v.target[i]); c >= 0 {
				out[i] = p[i*v.outputs+c]
			}
		}
	}
	return out
}

// greedy returns how often each member is taken, as shares.
func (v *votes) greedy(right [][]float64, rows []int) []float64 {
	counts, best := make([]float64, len(right)), make([]float64, len(right))
	cells := v.cells()
	sum, n := make([]float64, len(rows)*cells), make([]float64, len(rows))
	lowest := math.Inf(1)
	take := func(k int) {
		counts[k]++
		for i, r := range rows {
			if v.absent[k][r] {
				continue
			}
			for j := range cells {
				sum[i*cells+j] += right[k][r*cells+j]
			}
			n[i]++
		}
	}
	with := func(k int) float64 { // the loss if member k is taken
		l := 0.0
		for i, r := range rows {
			for j := range cells {
				if v.absent[k][r] {
					l += v.loss(sum[i*cells+j], n[i], r)
				} else {
					l += v.loss(sum[i*cells+j]+right[k][r*cells+j], n[i]+1, r)
				}
			}
		}
		return l
	}
	for _, k := range v.ranked(with)[:min(len(right), selectFirst)] {
		take(k)
	}
	for range selectSteps {
		losses := make([]float64, len(right))
		for k := range losses {
			losses[k] = with(k)
		}
		at := argmin(losses)
		take(at)
		if losses[at] < lowest {
			lowest = losses[at]
			copy(best, counts)
		}
	}
	normalize(best)
	return best
}

// lossOf returns the loss of one member over all rows.
func (v *votes) lossOf(k int) float64 {
	right, cells, sum := v.truth(v.p[k]), v.cells(), 0.0
	for i := range v.rows {
		for j := range cells {
			if v.absent[k][i] {
				sum += v.loss(0, 0, i)
			} else {
				sum += v.loss(right[i*cells+j], 1, i)
			}
		}
	}
	return sum
}

// ranked returns the members in the order of their losses.
func (v *votes) ranked(loss func(k int) float64) []int {
	order, losses := make([]int, len(v.p)), make([]float64, len(v.p))
	for k := range order {
		order[k], losses[k] = k, loss(k)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(losses[a], losses[b]) })
	return order
}

func argmin(x []float64) int {
	at := 0
	for k := range x {
		if x[k] < x[at] {
			at = k
		}
	}
	return at
}

// loss is that of a row of which m members make s together: log loss, or squared error.
func (v *votes) loss(s, m float64, row int) float64 {
	switch {
	case v.regression && m == 0:
		return 0 // the prior, whatever is chosen
	case v.regression:
		d := s/m - v.target[row]
		return d * d
	case m == 0 && v.multilabel:
		return math.Ln2
	case m == 0:
		return math.Log(float64(v.outputs))
	}
	return -math.Log(min(max(s/m, 1e-6), selectSure))
}

// pruned returns w without members of little weight.
func pruned(w []float64) []float64 {
	out := slices.Clone(w)
	for k := range out {
		if out[k] < selectLeast {
			out[k] = 0
		}
	}
	normalize(out)
	return out
}

func normalize(w []float64) {
	sum := 0.0
	for _, x := range w {
		sum += x
	}
	if sum > 0 {
		for k := range w {
			w[k] /= sum
		}
	}
}

// mean returns the weighted mean of what the members predict; the prior, which is that of all of
// them, where none has a view.
func (v *votes) mean() (p []float64, absent []bool) {
	p, absent = make([]float64, v.rows*v.outputs), make([]bool, v.rows)
	for i := range v.rows {
		at := p[i*v.outputs : (i+1)*v.outputs]
		sum := 0.0
		for k, w := range v.weights {
			if w == 0 || v.absent[k][i] {
				continue
			}
			sum += w
			for j, x := range v.p[k][i*v.outputs : (i+1)*v.outputs] {
				at[j] += w * x
			}
		}
		if absent[i] = sum == 0; absent[i] {
			copy(at, v.p[0][i*v.outputs:(i+1)*v.outputs])
			continue
		}
		for j := range at {
			at[j] /= sum
		}
	}
	return p, absent
}

// floor keeps the logarithm of a probability finite, as that of an ensemble's model does.
const floor = 1e-12

// logits returns the logarithms of probabilities, of labels their log-odds.
func (v *votes) logits(p []float64) []float64 {
	out := make([]float64, len(p))
	for i, x := range p {
		if out[i] = math.Log(x + floor); v.multilabel {
			out[i] -= math.Log(1 - x + floor)
		}
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
	if slices.ContainsFunc(members, func(m *Outcome) bool { return len(m.Players) > 1 && m.subsetLogits == nil }) {
		return
	}
	var scale *train.Scale
	if test.regression {
		scale = train.NewScale(ds, run.Train)
	}
	score := o.subsetScores(ds, test.outputs, scale)
	for s := range members[first].subsetLogits {
		part := &votes{rows: test.rows, outputs: test.outputs, multilabel: test.multilabel, weights: test.weights}
		for _, m := range members {
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
