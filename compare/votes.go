package compare

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/eval"
)

// Bounds of the choice of an ensemble's members.
const (
	minSelectRows = 8    // validation rows that weights can be chosen on
	selectBags    = 10   // resamplings of the validation rows
	selectFirst   = 5    // the best members, which every bag begins with
	selectSteps   = 20   // members that a bag takes after these, repeated ones counted
	selectEqual   = 100  // rows that equal weights of the best members, three quarters of them at most, count as
	selectLeast   = 0.04 // weight of a member that is kept
	// selectSure is the probability of the truth beyond which a member is not better: on rows that
	// are easy for all, the surest member would take the place of the most diverse.
	selectSure = 0.95

	heldParts = 5     // parts of the validation rows, of which each is predicted with weights by the others
	heldRows  = 5_000 // validation rows, up to which choosing on the rows themselves would flatter
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
	part       []int       // of the rows: whose weights are held[part]; nil: all have weights
	held       [][]float64 // [parts][members]: chosen on the rows of the other parts
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

// all returns the numbers of all rows.
func (v *votes) all() []int {
	rows := make([]int, v.rows)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// hold divides the rows, or groups of them, into parts, and weighs the members of each on the
// others.
func (v *votes) hold(groups []int) {
	member, units := eval.Units(groups, v.rows)
	if v.rows > heldRows || units < heldParts {
		return
	}
	rng := rand.New(rand.NewPCG(0x68656c64, uint64(units)))
	order := rng.Perm(units)
	v.part, v.held = make([]int, v.rows), make([][]float64, heldParts)
	for i := range v.part {
		v.part[i] = order[member[i]] % heldParts
	}
	for part := range v.held {
		var others []int
		for i, p := range v.part {
			if p != part {
				others = append(others, i)
			}
		}
		v.held[part] = pruned(v.choose(others))
	}
}

// weightsOf returns the weights of the members for a row.
func (v *votes) weightsOf(row int) []float64 {
	if v.part == nil {
		return v.weights
	}
	return v.held[v.part[row]]
}

// choose returns the weights of the members by some of the rows, of which the sum is 1: greedy
// selection with replacement by the validation loss, from the best members on, averaged over
// resamplings of the rows (Caruana et al., Ensemble Selection from Libraries of Models, ICML 2004).
func (v *votes) choose(rows []int) []float64 {
	right := make([][]float64, len(v.p)) // what each member makes of the truth
	for k, p := range v.p {
		right[k] = v.truth(p)
	}
	total := make([]float64, len(v.p))
	for bag := range selectBags {
		rng := rand.New(rand.NewPCG(0x656e73656d626c65, uint64(bag)))
		drawn := make([]int, len(rows))
		for i := range drawn {
			drawn[i] = rows[rng.IntN(len(rows))]
		}
		for k, n := range v.greedy(right, drawn) {
			total[k] += n
		}
	}
	normalize(total)
	// Few rows know little of weights, and equal ones of the best members err less.
	n := float64(len(rows))
	best := v.ranked(func(k int) float64 { return v.lossOf(k, rows) })[:min(max(1, 3*len(right)/4), selectFirst)]
	for k := range total {
		total[k] *= n / (n + selectEqual)
	}
	for _, k := range best {
		total[k] += selectEqual / (n + selectEqual) / float64(len(best))
	}
	return total
}

// lossOf returns the loss of member k alone over some of the rows.
func (v *votes) lossOf(k int, rows []int) float64 {
	right, cells, sum := v.truth(v.p[k]), v.cells(), 0.0
	for _, r := range rows {
		for j := range cells {
			if v.absent[k][r] {
				sum += v.loss(0, 0, r)
			} else {
				sum += v.loss(right[r*cells+j], 1, r)
			}
		}
	}
	return sum
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
	// Greedy selection with replacement (Caruana et al., ICML 2004): weights are how often a member
	// was taken.
	counts, best := make([]float64, len(right)), make([]float64, len(right))
	cells := v.cells()
	// The running sum and count of each cell: a candidate is tried in O(rows·cells), whatever was
	// taken before.
	sum, n := make([]float64, len(rows)*cells), make([]float64, len(rows))
	lowest := math.Inf(1)
	take := func(k int) {
		counts[k]++
		for i, r := range rows {
			// A member without a view of the row has no vote there: n differs from row to row.
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
	// Begun with the best ones (sorted initialization), since greedy steps from nothing over-fit few
	// rows.
	for _, k := range v.ranked(with)[:min(len(right), selectFirst)] {
		take(k)
	}
	// The best prefix counts: a step must be taken even if it harms, as a later one may make up for
	// it.
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
		for k, w := range v.weightsOf(i) {
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
