package eval

import (
	"math"
	"slices"
)

// oneVsRest holds, of every class, how its own rows and all others lie in the order of its
// probability: all that ROC-AUC and average precision depend on. It takes one pass over the
// probabilities, [rows, classes], and memory for rows and classes, not for both.
//
// The distinct probabilities of a class's own rows cut the line into bins: 2k+1 is the k-th of them
// itself, 2k what lies below it and above the one before.
type oneVsRest struct {
	labels []int
	start  []int     // [C+1]: the class's distinct own probabilities are cuts[start[c]:start[c+1]]
	cuts   []float64 // ascending in each class
	own    []float64 // [cuts]: the class's own rows that have it
	at     []int     // [N]: the row's cut, of its own class
	others []float64 // rows of other classes by bin; the class's bins begin at 2·start[c]+c

	auc, precision []float64 // [N]: each row's effect as one of another class, of predictions that are not kept; else nil
}

// ordered is v where it is in the order: NaN below all else, beside −∞.
func ordered(v float64) float64 {
	if v != v {
		return math.Inf(-1)
	}
	return v
}

// oneVsRest returns the ranks of p, computed once.
func (p *Predictions) oneVsRest() *oneVsRest {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ranks != nil {
		return p.ranks
	}
	own := make([]float64, len(p.Labels))
	for i, y := range p.Labels {
		own[i] = p.Probs[i][y]
	}
	r := newOneVsRest(p.Labels, own, p.Classes())
	for i, row := range p.Probs {
		r.bins(i, row, func(bin int) { r.others[bin]++ })
	}
	p.ranks = r
	return r
}

// newOneVsRest returns the ranks without the rows of other classes; probs are the rows'
// probabilities of their own class.
func newOneVsRest(labels []int, probs []float64, classes int) *oneVsRest {
	own := make([][]float64, classes)
	for i, y := range labels {
		own[y] = append(own[y], ordered(probs[i]))
	}
	r := &oneVsRest{labels: labels, start: make([]int, classes+1), at: make([]int, len(labels))}
	for y, v := range own {
		slices.Sort(v)
		r.cuts = append(r.cuts, slices.Compact(v)...)
		r.start[y+1] = len(r.cuts)
	}
	r.own, r.others = make([]float64, len(r.cuts)), make([]float64, 2*len(r.cuts)+classes)
	for i, y := range labels {
		k, _ := slices.BinarySearch(r.cuts[r.start[y]:r.start[y+1]], ordered(probs[i]))
		r.at[i] = r.start[y] + k
		r.own[r.at[i]]++
	}
	return r
}

// bins calls f with the bin in which row i lies in the order of every other class.
func (r *oneVsRest) bins(i int, row []float64, f func(bin int)) {
	for c, v := range row {
		if c != r.labels[i] && r.start[c] < r.start[c+1] {
			f(r.bin(c, ordered(v)))
		}
	}
}

// bin returns the bin of a probability of class c.
func (r *oneVsRest) bin(c int, v float64) int {
	lo, hi := r.start[c], r.start[c+1]
	if v < r.cuts[lo] { // as most rows are
		return 2*lo + c
	}
	for lo < hi {
		if mid := int(uint(lo+hi) >> 1); r.cuts[mid] < v {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	bin := 2*lo + c
	if lo < r.start[c+1] && r.cuts[lo] == v {
		bin++
	}
	return bin
}

// class returns a class's own counts by cut and those of the others by bin.
func (r *oneVsRest) class(c int) (own, others []float64) {
	lo, hi := r.start[c], r.start[c+1]
	return r.own[lo:hi], r.others[2*lo+c : 2*hi+c+1]
}

func sum(v []float64) (s float64) {
	for _, x := range v {
		s += x
	}
	return s
}

// rocAUC is the ROC-AUC of a class; NaN if it has no rows or all.
func (r *oneVsRest) rocAUC(c int) float64 {
	own, others := r.class(c)
	pos, neg, wins := 0.0, 0.0, 0.0
	for k, tp := range own {
		neg += others[2*k]
		tn := others[2*k+1]
		wins += tp * (neg + tn/2)
		pos += tp
		neg += tn
	}
	return wins / (pos * (neg + others[len(others)-1]))
}

// averagePrecision is the average precision of a class; NaN if it has no rows.
func (r *oneVsRest) averagePrecision(c int) float64 {
	own, others := r.class(c)
	hits, all, sum := 0.0, 0.0, 0.0
	for k := len(own) - 1; k >= 0; k-- {
		all += others[2*k+2] + others[2*k+1] + own[k]
		hits += own[k]
		sum += own[k] * hits / all
	}
	return sum / hits
}

// slopes holds how a class's metric depends on how often rows are drawn, to first order.
type slopes struct {
	slope []float64 // of the metric in the count of another's row, by bin
	place []float64 // auc: the share of the others below the cut; else how many are not
	used  []bool    // classes with rows of their own and others
	n     float64   // how many those are
}

// slopes returns those of auc, else of average precision.
func (r *oneVsRest) slopes(auc bool) slopes {
	classes := len(r.start) - 1
	s := slopes{slope: make([]float64, len(r.others)), place: make([]float64, len(r.cuts)), used: make([]bool, classes)}
	for c := range classes {
		own, others := r.class(c)
		pos, neg := sum(own), sum(others)
		if s.used[c] = pos > 0 && neg > 0; !s.used[c] {
			continue
		}
		s.n++
		lo := r.start[c]
		slope := s.slope[2*lo+c : 2*(lo+len(own))+c+1]
		if auc {
			mean, below, above := r.rocAUC(c), 0.0, pos
			for k, tp := range own {
				slope[2*k] = (above/pos - mean) / neg
				slope[2*k+1] = ((above-tp/2)/pos - mean) / neg
				below += others[2*k]
				s.place[lo+k] = (below + others[2*k+1]/2) / neg
				below += others[2*k+1]
				above -= tp
			}
			slope[2*len(own)] = -mean / neg
			continue
		}
		hits, false1 := 0.0, 0.0
		for k := len(own) - 1; k >= 0; k-- {
			hits += own[k]
			false1 += others[2*k+2] + others[2*k+1]
			s.place[lo+k] = false1
			all := hits + false1
			slope[2*k+1] = -own[k] * hits / (all * all * pos) // of this cut alone
		}
		for b, total := 1, 0.0; b < len(slope); b += 2 { // a row counts for all cuts that it reaches
			total += slope[b]
			slope[b], slope[b+1] = total, total
		}
		slope[0] = 0
	}
	return s
}

// effects returns the slopes of auc, else of average precision, and the metric's slope in the
// weight of each row as one of other classes, [N]: they are the same for all draws.
func (r *oneVsRest) effects(p *Predictions, auc bool) (s slopes, effect []float64) {
	s, effect = r.slopes(auc), r.precision
	if auc {
		effect = r.auc
	}
	// Not from a stream, which has added them up in its last pass.
	if effect == nil {
		effect = make([]float64, len(r.labels))
		for i, row := range p.Probs {
			r.bins(i, row, func(bin int) { effect[i] += s.slope[bin] })
		}
	}
	return s, effect
}

// resampled returns a function of resamples that is near the macro mean of auc (else of average
// precision) and takes work for rows and classes alone, not for rows × classes, as the metric
// itself does. A class's own rows count exactly, with the classes of which none is drawn left out;
// the rows of all others count to first order (their infinitesimal jackknife: Efron 1982,
// chapter 6), for they are many more.
func (r *oneVsRest) resampled(p *Predictions, auc bool) pass {
	s, effect := r.effects(p, auc)
	ranking, first := r.ranking()
	return &collected{of: func(_ *resamples, by [][lanes]uint8) (out [lanes]float64) {
		var rest, present [lanes]float64
		for i, e := range effect {
			for k, w := range &by[i] {
				rest[k] += (float64(w) - 1) * e
			}
		}
		var counts [gathered][lanes]uint8
		for c := range len(r.start) - 1 {
			if !s.used[c] {
				continue
			}
			var hits, score, tp [lanes]float64
			left := ranking[first[c]:first[c+1]]
			for len(left) > 0 {
				rows := left[max(0, len(left)-gathered):]
				left = left[:len(left)-len(rows)]
				gather(&counts, by, rows)
				for i, row := range slices.Backward(rows) {
					for k, w := range &counts[i] {
						tp[k] += float64(w)
					}
					if !row.first() {
						continue
					}
					place := s.place[r.at[row.row()]]
					for k, n := range &tp {
						hits[k] += n
						switch {
						case n == 0:
						case auc:
							score[k] += n * place
						default:
							score[k] += n * hits[k] / (hits[k] + place)
						}
					}
					tp = [lanes]float64{}
				}
			}
			for k, n := range hits {
				if n > 0 {
					out[k] += score[k] / n
					present[k]++
				}
			}
		}
		for k := range out {
			out[k] = out[k]/present[k] + rest[k]/s.n
		}
		return out
	}}
}

// gathered is how many rows' counts are fetched together: one after the other they are waited for.
const gathered = 256

// gather puts the counts of ranked rows into out.
func gather(out *[gathered][lanes]uint8, by [][lanes]uint8, ranking []ranked) {
	for i, row := range ranking {
		out[i] = by[row.row()]
	}
}

// ranking returns the rows of one class after the other, in ascending order of their own
// probability, and where those of each class begin.
func (r *oneVsRest) ranking() (rows []ranked, first []int) {
	next := make([]int, len(r.cuts)+1)
	for _, cut := range r.at {
		next[cut+1]++
	}
	for cut := range r.cuts {
		next[cut+1] += next[cut]
	}
	for _, cut := range r.start {
		first = append(first, next[cut])
	}
	rows = make([]ranked, len(r.at))
	for i, cut := range r.at {
		rows[next[cut]] = ranked(i) << 2
		next[cut]++
	}
	for k := range rows {
		if k == 0 || r.at[rows[k].row()] != r.at[rows[k-1].row()] {
			rows[k] |= 1
		}
	}
	return rows, first
}

// manyClasses is how many probabilities a metric by class looks at before resampling takes
// [oneVsRest.resampled].
const manyClasses = 2_000_000

// approximated reports whether [oneVsRest.resampled] stands for the metric on resamples of p.
func (m Metric) approximated(p *Predictions) bool {
	return (m.Name == "roc_auc" || m.Name == "average_precision") && p.Classes() > 2 && (p.passed != nil || p.Classes()*p.Len() > manyClasses)
}
