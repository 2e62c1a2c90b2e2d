package eval

import "math/rand/v2"

// lanes is how many resamples are looked at together. What a metric takes of a row is read once for
// all of them: of very many rows that takes longer than the arithmetic.
const lanes = 8

// statistic is what times resamples are taken of, several at once.
type statistic struct {
	times int
	pass  pass
}

// pass computes a statistic of several resamples in one walk over their rows, which come in order.
// Passes that share a part may start it, and hand it the same rows, several times.
type pass interface {
	start()
	add(c *chunk)
	// end returns the values; of resamples that were not drawn they mean nothing.
	end(r *resamples) [lanes]float64
}

// chunkRows is how many rows a pass is handed together: their counts stay in the first cache of a
// processor while all passes look at them.
const chunkRows = 256

// chunk is how often each of some rows is drawn in each resample.
type chunk struct {
	from   int              // its first row
	counts [][lanes]uint8   // up to chunkRows
	floats [][lanes]float64 // the same
}

// resamples are several of the same rows. Counts take a byte, so that those of a million rows stay
// near the processor; that one of n units is drawn 256 times has a chance below n/256!.
type resamples struct {
	n     int            // how many there are
	drawn [lanes][]uint8 // [N]: how often each row is drawn

	total  [lanes]float64 // rows that are drawn, once they were walked over
	chunk  chunk
	counts [chunkRows][lanes]uint8
	floats [chunkRows][lanes]float64
}

// draw replaces them by n others; a group is drawn as a whole, by the number of its rows in member.
func (r *resamples) draw(n int, rng *rand.PCG, d *draws, member []int) {
	r.n = n
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
			d.count(rng, w)
			continue
		}
		d.count(rng, units)
		for i, unit := range member {
			w[i] = units[unit]
		}
	}
}

// walk hands all rows to the passes.
func (r *resamples) walk(passes []pass) {
	for _, p := range passes {
		p.start()
	}
	var total [lanes]int
	c, rows := &r.chunk, len(r.drawn[0])
	for c.from = 0; c.from < rows; c.from += chunkRows {
		n := min(chunkRows, rows-c.from)
		c.counts, c.floats = r.counts[:n], r.floats[:n]
		for k, w := range r.drawn[:r.n] {
			sum := 0
			for i, times := range w[c.from : c.from+n] {
				c.counts[i][k], c.floats[i][k] = times, float64(times)
				sum += int(times)
			}
			total[k] += sum
		}
		for _, p := range passes {
			p.add(c)
		}
	}
	for k, n := range total {
		r.total[k] = float64(n)
	}
}

// collected is a pass that holds the counts of all rows, for what needs them in another order.
type collected struct {
	rows [][lanes]uint8 // [N]
	of   func(r *resamples, rows [][lanes]uint8) [lanes]float64
}

func (*collected) start() {}

func (p *collected) add(c *chunk) { p.rows = append(p.rows[:c.from], c.counts...) }

func (p *collected) end(r *resamples) [lanes]float64 { return p.of(r, p.rows) }

// each is a pass that looks at one resample after the other: at how often each row is drawn.
func each(f func(w []uint8) float64) pass { return single(f) }

type single func(w []uint8) float64

func (single) start() {}

func (single) add(*chunk) {}

func (f single) end(r *resamples) (out [lanes]float64) {
	for k, w := range r.drawn[:r.n] {
		out[k] = f(w)
	}
	return out
}

// combined is a pass of others, whose values it takes together.
type combined struct {
	of []pass
	by func(values [][lanes]float64) [lanes]float64
}

func (p *combined) start() {
	for _, one := range p.of {
		one.start()
	}
}

func (p *combined) add(c *chunk) {
	for _, one := range p.of {
		one.add(c)
	}
}

func (p *combined) end(r *resamples) [lanes]float64 {
	values := make([][lanes]float64, len(p.of))
	for i, one := range p.of {
		values[i] = one.end(r)
	}
	return p.by(values)
}
