package eval

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
)

// lanes is how many resamples are looked at together. What a metric takes of a row is read, and
// searched for in the order of scores, once for all of them: of very many rows that takes longer
// than the arithmetic.
const lanes = 8

// statistic is what times resamples are taken of, several at once.
type statistic struct {
	times int
	of    func(r *resamples) [lanes]float64
}

// each is a statistic that looks at one resample after the other: at how often each row is drawn.
func each(f func(w []uint8) float64) func(r *resamples) [lanes]float64 {
	return func(r *resamples) (out [lanes]float64) {
		for k, w := range r.drawn[:r.n] {
			out[k] = f(w)
		}
		return out
	}
}

// resamples are several of the same rows. Counts take a byte, so that those of a million rows stay
// near the processor; that one of n units is drawn 256 times has a chance below n/256!.
type resamples struct {
	n     int            // how many there are
	drawn [lanes][]uint8 // [N]: how often each row is drawn

	rows   [][lanes]uint8 // [N]: the same row by row, once byRow has been called
	total  [lanes]float64 // of each
	known  bool           // whether rows and total are of these draws
	counts map[*Predictions]*classCounts
}

// draw replaces them by n others; a group is drawn as a whole, by the number of its rows in member.
func (r *resamples) draw(n int, rng *rand.Rand, d *draws, member []int) {
	r.n, r.known, r.counts = n, false, map[*Predictions]*classCounts{}
	var units []uint8
	if d.n < len(member) {
		units = make([]uint8, d.n)
	}
	for k := range n {
		if r.drawn[k] == nil {
			r.drawn[k] = make([]uint8, len(member))
		}
		w := r.drawn[k]
		if units == nil {
			clear(w)
			d.count(rng, w)
			continue
		}
		clear(units)
		d.count(rng, units)
		for i, unit := range member {
			w[i] = units[unit]
		}
	}
}

// byRow returns how often each row is drawn in each resample, and sets total.
func (r *resamples) byRow() [][lanes]uint8 {
	if r.known {
		return r.rows
	}
	if r.rows == nil {
		r.rows = make([][lanes]uint8, len(r.drawn[0]))
	}
	r.known, r.total = true, [lanes]float64{}
	for i := range r.rows {
		row := &r.rows[i]
		for k, w := range r.drawn[:r.n] {
			row[k] = w[i]
			r.total[k] += float64(w[i])
		}
	}
	return r.rows
}

// weightedMeans returns the means of the values of the rows that are drawn.
func (r *resamples) weightedMeans(values []float64) (out [lanes]float64) {
	by := r.byRow()
	for i, v := range values {
		for k, w := range &by[i] {
			out[k] += float64(w) * v
		}
	}
	for k := range out {
		out[k] /= r.total[k]
	}
	return out
}

// eces is ece of several resamples.
func (r *resamples) eces(p *Predictions) (out [lanes]float64) {
	var gap [Bins][lanes]float64
	by, top := r.byRow(), p.top()
	for i, sure := range p.sure() {
		bin, miss := &gap[binOf(sure, Bins)], agree(top[i] == p.Labels[i])-sure
		for k, w := range &by[i] {
			bin[k] += float64(w) * miss
		}
	}
	for k := range out {
		for b := range gap {
			out[k] += math.Abs(gap[b][k])
		}
		out[k] /= r.total[k]
	}
	return out
}

// classCounts are what counts returns of several resamples.
type classCounts struct{ hit, truth, pred [lanes][]float64 }

// tally adds up how often rows are drawn: two resamples in each word, 32 bits each, of which a
// resample of a thousand million rows takes 30.
type tally [lanes / 2]uint64

func tallyOf(row [lanes]uint8) (t tally) {
	word := binary.LittleEndian.Uint64(row[:])
	for j := range t { // resample j below, j + 4 above
		t[j] = word >> (8 * j) & 0xff_0000_00ff
	}
	return t
}

func (t *tally) add(u *tally) {
	for j := range t {
		t[j] += u[j]
	}
}

func (t *tally) float64s() (out [lanes]float64) {
	for j, word := range t {
		out[j], out[j+len(t)] = float64(uint32(word)), float64(word>>32)
	}
	return out
}

// ofCounts is a metric of counts of several resamples.
func (r *resamples) ofCounts(p *Predictions, f func(hit, truth, pred []float64) float64) (out [lanes]float64) {
	c, ok := r.counts[p]
	if !ok {
		c = r.count(p)
		r.counts[p] = c
	}
	for k := range out {
		out[k] = f(c.hit[k], c.truth[k], c.pred[k])
	}
	return out
}

func (r *resamples) count(p *Predictions) *classCounts {
	classes, decided := p.Classes(), p.decided()
	hit, truth, pred := make([]tally, classes), make([]tally, classes), make([]tally, classes)
	for i, row := range r.byRow() {
		w, y, k := tallyOf(row), p.Labels[i], decided[i]
		truth[y].add(&w)
		pred[k].add(&w)
		if k == y {
			hit[y].add(&w)
		}
	}
	var out classCounts
	for _, c := range []struct {
		from []tally
		to   *[lanes][]float64
	}{{hit, &out.hit}, {truth, &out.truth}, {pred, &out.pred}} {
		for k := range c.to {
			c.to[k] = make([]float64, classes)
		}
		for class := range c.from {
			for k, n := range c.from[class].float64s() {
				c.to[k][class] = n
			}
		}
	}
	return &out
}

// perClass is perClass of several resamples.
func (r *resamples) perClass(p *Predictions, f func(class int) [lanes]float64) (out [lanes]float64) {
	if p.Classes() == 2 {
		return f(1)
	}
	var n [lanes]float64
	for c := range p.Classes() {
		for k, v := range f(c) {
			if !math.IsNaN(v) {
				out[k] += v
				n[k]++
			}
		}
	}
	for k := range out {
		out[k] /= n[k]
	}
	return out
}

// gathered is how many rows' counts are fetched together: one after the other they are waited for.
const gathered = 256

// gather puts the counts of ranked rows into out.
func (r *resamples) gather(out *[gathered][lanes]uint8, ranking []ranked) {
	by := r.byRow()
	for i, row := range ranking {
		out[i] = by[row.row()]
	}
}

// rocAUC is [rocAUC] of several resamples.
func (r *resamples) rocAUC(p *Predictions) [lanes]float64 {
	var counts [gathered][lanes]uint8
	return r.perClass(p, func(class int) (wins [lanes]float64) {
		var pos, neg, tp, tn [lanes]float64 // tp and tn of rows of one score
		score := func() {
			for k := range wins {
				wins[k] += tp[k] * (neg[k] + tn[k]/2)
				pos[k] += tp[k]
				neg[k] += tn[k]
			}
			tp, tn = [lanes]float64{}, [lanes]float64{}
		}
		for rows := range slices.Chunk(p.ranking(class), gathered) {
			r.gather(&counts, rows)
			for i, row := range rows {
				if row.first() {
					score()
				}
				to := &tn
				if row.own() {
					to = &tp
				}
				for k, w := range &counts[i] {
					to[k] += float64(w)
				}
			}
		}
		score()
		for k := range wins {
			wins[k] /= pos[k] * neg[k]
		}
		return wins
	})
}

// averagePrecision is [averagePrecision] of several resamples.
func (r *resamples) averagePrecision(p *Predictions) [lanes]float64 {
	var counts [gathered][lanes]uint8
	return r.perClass(p, func(class int) (sum [lanes]float64) {
		var hits, all, tp [lanes]float64
		rest := p.ranking(class)
		for len(rest) > 0 {
			rows := rest[max(0, len(rest)-gathered):]
			rest = rest[:len(rest)-len(rows)]
			r.gather(&counts, rows)
			for i, row := range slices.Backward(rows) {
				own := 0.0
				if row.own() {
					own = 1
				}
				for k, w := range &counts[i] {
					n := float64(w)
					all[k] += n
					tp[k] += n * own
				}
				if !row.first() {
					continue
				}
				for k, n := range &tp {
					hits[k] += n
					if n > 0 {
						sum[k] += n * hits[k] / all[k]
					}
				}
				tp = [lanes]float64{}
			}
		}
		for k := range sum {
			sum[k] /= hits[k]
		}
		return sum
	})
}

// resampled returns what computes the metric of resamples of the rows of p.
func (m Metric) resampled(p *Predictions) func(r *resamples) [lanes]float64 {
	switch {
	case m.ofCounts != nil:
		return func(r *resamples) [lanes]float64 { return r.ofCounts(p, m.ofCounts) }
	case m.Name == "ece":
		return func(r *resamples) [lanes]float64 { return r.eces(p) }
	case m.approximated(p):
		return p.oneVsRest().resampled(p, m.Name == "roc_auc")
	case m.Name == "roc_auc":
		return func(r *resamples) [lanes]float64 { return r.rocAUC(p) }
	case m.Name == "average_precision":
		return func(r *resamples) [lanes]float64 { return r.averagePrecision(p) }
	case m.Name == "mean_average_precision" && p.Classes()*p.Len() > manyClasses:
		return each(p.resampledMAP())
	}
	return each(func(w []uint8) float64 { return m.weighted(p, w) })
}
