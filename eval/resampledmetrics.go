package eval

import (
	"encoding/binary"
	"math"
)

// shared are parts of passes that several metrics of the same predictions take.
type shared struct {
	tallies map[*Predictions]*tallies
	ranks   map[rankOf]*ranks
}

func newShared() *shared {
	return &shared{map[*Predictions]*tallies{}, map[rankOf]*ranks{}}
}

// means is the pass of the means of the values of the rows that are drawn.
type means struct {
	values []float64
	sum    [lanes]float64
}

func (m *means) start() { m.sum = [lanes]float64{} }

func (m *means) add(c *chunk) {
	// Apart, so that they stay in registers.
	s0, s1, s2, s3, s4, s5, s6, s7 := m.sum[0], m.sum[1], m.sum[2], m.sum[3], m.sum[4], m.sum[5], m.sum[6], m.sum[7]
	values := m.values[c.from:][:len(c.floats)]
	for i, v := range values {
		w := &c.floats[i]
		s0 += w[0] * v
		s1 += w[1] * v
		s2 += w[2] * v
		s3 += w[3] * v
		s4 += w[4] * v
		s5 += w[5] * v
		s6 += w[6] * v
		s7 += w[7] * v
	}
	m.sum = [lanes]float64{s0, s1, s2, s3, s4, s5, s6, s7}
}

func (m *means) end(r *resamples) (out [lanes]float64) {
	for k, sum := range m.sum {
		out[k] = sum / r.total[k]
	}
	return out
}

// gaps is the pass of [ece].
type gaps struct {
	bin  []uint8   // [N]
	miss []float64 // [N]: whether the row is right, less its confidence
	gap  [Bins][lanes]float64
}

func newGaps(p *Predictions) *gaps {
	g := &gaps{bin: make([]uint8, p.Len()), miss: make([]float64, p.Len())}
	top := p.top()
	for i, sure := range p.sure() {
		g.bin[i], g.miss[i] = uint8(binOf(sure, Bins)), agree(top[i] == p.Labels[i])-sure
	}
	return g
}

func (g *gaps) start() { g.gap = [Bins][lanes]float64{} }

func (g *gaps) add(c *chunk) {
	bins, miss := g.bin[c.from:][:len(c.floats)], g.miss[c.from:][:len(c.floats)]
	for i, b := range bins {
		gap, w, v := &g.gap[b], &c.floats[i], miss[i]
		for k := range gap {
			gap[k] += w[k] * v
		}
	}
}

func (g *gaps) end(r *resamples) (out [lanes]float64) {
	for k := range out {
		for b := range g.gap {
			out[k] += math.Abs(g.gap[b][k])
		}
		out[k] /= r.total[k]
	}
	return out
}

// tally adds up how often rows are drawn: two resamples in each word, 32 bits each, of which a
// resample of a thousand million rows takes 30.
type tally [lanes / 2]uint64

func tallyOf(row *[lanes]uint8) (t tally) {
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

// tallies is what [counts] returns of several resamples.
type tallies struct {
	next             int // row that has not been counted
	hit, truth, pred []tally
	labels, decided  []int
	done             bool
	values           [lanes]struct{ hit, truth, pred []float64 }
}

// talliesOf returns those of p.
func (s *shared) talliesOf(p *Predictions) *tallies {
	t := s.tallies[p]
	if t == nil {
		n := p.Classes()
		t = &tallies{hit: make([]tally, n), truth: make([]tally, n), pred: make([]tally, n), labels: p.Labels, decided: p.decided()}
		s.tallies[p] = t
	}
	return t
}

func (t *tallies) start() {
	t.next, t.done = 0, false
	clear(t.hit)
	clear(t.truth)
	clear(t.pred)
}

func (t *tallies) add(c *chunk) {
	if c.from < t.next {
		return
	}
	t.next = c.from + len(c.counts)
	labels, decided := t.labels[c.from:t.next], t.decided[c.from:t.next]
	for i := range c.counts {
		w, y, k := tallyOf(&c.counts[i]), labels[i], decided[i]
		t.truth[y].add(&w)
		t.pred[k].add(&w)
		if k == y {
			t.hit[y].add(&w)
		}
	}
}

// read makes numbers of the words.
func (t *tallies) read() {
	if t.done {
		return
	}
	t.done = true
	for k := range t.values {
		v := &t.values[k]
		if v.hit == nil {
			v.hit, v.truth, v.pred = make([]float64, len(t.hit)), make([]float64, len(t.hit)), make([]float64, len(t.hit))
		}
	}
	for class := range t.hit {
		hit, truth, pred := t.hit[class].float64s(), t.truth[class].float64s(), t.pred[class].float64s()
		for k := range t.values {
			v := &t.values[k]
			v.hit[class], v.truth[class], v.pred[class] = hit[k], truth[k], pred[k]
		}
	}
}

// ofTallies is the pass of a metric of counts.
type ofTallies struct {
	*tallies
	of func(hit, truth, pred []float64) float64
}

func (p ofTallies) end(*resamples) (out [lanes]float64) {
	p.read()
	for k := range out {
		v := &p.values[k]
		out[k] = p.of(v.hit, v.truth, v.pred)
	}
	return out
}

// pass returns what computes the metric of resamples of the rows of p.
func (m Metric) pass(p *Predictions, s *shared) pass {
	switch {
	case m.ofCounts != nil:
		return ofTallies{s.talliesOf(p), m.ofCounts}
	case m.Name == "ece":
		return newGaps(p)
	case m.approximated(p):
		return p.oneVsRest().resampled(p, m.Name == "roc_auc")
	case m.Name == "roc_auc":
		return newPerClass(p, s, func(r *ranks) [lanes]float64 { return r.auc })
	case m.Name == "average_precision":
		return newPerClass(p, s, func(r *ranks) [lanes]float64 { return r.precision })
	case m.Name == "mean_average_precision" && p.Classes()*p.Len() > manyClasses:
		return each(p.resampledMAP())
	}
	return each(func(w []uint8) float64 { return m.weighted(p, w) })
}
