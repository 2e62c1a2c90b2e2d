package eval

import "math"

// rankOf names a class of predictions.
type rankOf struct {
	p     *Predictions
	class int
}

// ranks are the ROC-AUC and the average precision of one class in several resamples. Rows come in
// their own order and are needed in that of the class's probability, where no cache holds the
// counts of a million rows. They are brought there in two steps: each is put behind the others of
// its bucket of neighboring ranks, and once all are there a bucket, which a cache does hold, is put
// in order.
type ranks struct {
	bucket []uint16 // [N]: that of the row
	local  []uint16 // [N]: bucket by bucket, the places in the bucket of its rows as they come
	flags  []uint8  // [N]: by rank, as of [ranked]

	next   int   // row that has not been put
	ends   []int // by bucket, where its next row goes in stream
	stream [][lanes]uint8
	sorted [][lanes]uint8 // one bucket

	done           bool
	auc, precision [lanes]float64
}

// bucketRanks is how many ranks a bucket has: their counts take 128 KiB.
const bucketRanks = 1 << 14

// ranksOf returns those of a class of p.
func (s *shared) ranksOf(p *Predictions, class int) *ranks {
	key := rankOf{p, class}
	if s.ranks[key] == nil {
		s.ranks[key] = newRanks(p.ranking(class))
	}
	return s.ranks[key]
}

func newRanks(ranking []ranked) *ranks {
	n := len(ranking)
	buckets := (n + bucketRanks - 1) / bucketRanks
	r := &ranks{bucket: make([]uint16, n), local: make([]uint16, n), flags: make([]uint8, n), ends: make([]int, buckets), stream: make([][lanes]uint8, n), sorted: make([][lanes]uint8, min(n, bucketRanks))}
	rank := make([]uint32, n)
	for k, row := range ranking {
		rank[row.row()] = uint32(k)
		r.flags[k] = uint8(row & 3)
	}
	r.start()
	for i, k := range rank {
		b := k / bucketRanks
		r.bucket[i], r.local[r.ends[b]] = uint16(b), uint16(k%bucketRanks)
		r.ends[b]++
	}
	return r
}

func (r *ranks) start() {
	r.next, r.done = 0, false
	for b := range r.ends {
		r.ends[b] = b * bucketRanks
	}
}

func (r *ranks) add(c *chunk) {
	if c.from < r.next {
		return
	}
	r.next = c.from + len(c.counts)
	for i, b := range r.bucket[c.from:r.next] {
		at := r.ends[b]
		r.stream[at] = c.counts[i]
		r.ends[b] = at + 1
	}
}

// read computes the metrics, from the highest score down: how many pairs of a row of the class and
// another are in order, ties counting one half, and the precision at each row of the class.
func (r *ranks) read() {
	if r.done {
		return
	}
	r.done = true
	var w rankWalk
	for b := len(r.ends) - 1; b >= 0; b-- {
		first := b * bucketRanks
		rows := r.stream[first:min(first+bucketRanks, len(r.stream))]
		local, flags := r.local[first:][:len(rows)], r.flags[first:][:len(rows)]
		for j, k := range local {
			r.sorted[k] = rows[j]
		}
		w.down(r.sorted[:len(rows)], flags)
	}
	for k := range lanes {
		r.auc[k] = float64(w.wins[k]) / 2 / (float64(w.pos[k]) * float64(w.neg[k]))
		r.precision[k] = w.sum[k] / float64(w.pos[k])
	}
}

// rankWalk is where a walk down the ranks is, of several resamples.
type rankWalk struct {
	pos, neg [lanes]uint64  // rows of the class and others, those of the score at hand aside
	wins     [lanes]uint64  // pairs in order, twice: a whole number, which no sum rounds
	sum      [lanes]float64 // of precisions

	own, others [lanes]uint64 // rows of the score at hand
	tied        bool          // whether there are any yet
}

// down goes on over rows in ascending order, from the last to the first.
func (w *rankWalk) down(rows [][lanes]uint8, flags []uint8) {
	for i := len(rows) - 1; i >= 0; i-- {
		row, flag := &rows[i], ranked(flags[i])
		switch {
		case w.tied || !flag.first():
			w.tied = !flag.first()
			to := &w.others
			if flag.own() {
				to = &w.own
			}
			for k, times := range row {
				to[k] += uint64(times)
			}
			if !w.tied {
				w.score()
			}
		case flag.own(): // the only row of its score
			for k, times := range row {
				w.pos[k] += uint64(times)
				w.sum[k] += precision(uint64(times), w.pos[k], w.neg[k])
			}
		default:
			for k, times := range row {
				n := uint64(times)
				w.neg[k] += n
				w.wins[k] += 2 * n * w.pos[k]
			}
		}
	}
}

// score counts the rows of the score at hand.
func (w *rankWalk) score() {
	for k := range lanes {
		own, others := w.own[k], w.others[k]
		w.wins[k] += others * (2*w.pos[k] + own)
		w.pos[k] += own
		w.neg[k] += others
		w.sum[k] += precision(own, w.pos[k], w.neg[k])
	}
	w.own, w.others = [lanes]uint64{}, [lanes]uint64{}
}

// precision is that at a score which so many rows of the class have, as often as they are.
func precision(times, pos, neg uint64) float64 {
	// Of none it adds 0; a branch would be taken at random.
	return float64(int64(times)) * float64(int64(pos)) / float64(int64(max(1, pos+neg)))
}

// ofRanks is the pass of a metric of one class.
type ofRanks struct {
	*ranks
	of func(r *ranks) [lanes]float64
}

func (p ofRanks) end(*resamples) [lanes]float64 {
	p.read()
	return p.of(p.ranks)
}

// newPerClass is [perClass] of several resamples.
func newPerClass(p *Predictions, s *shared, of func(r *ranks) [lanes]float64) pass {
	if p.Classes() == 2 {
		return ofRanks{s.ranksOf(p, 1), of}
	}
	out := &combined{by: meanOfDefined}
	for c := range p.Classes() {
		out.of = append(out.of, ofRanks{s.ranksOf(p, c), of})
	}
	return out
}

// meanOfDefined is the mean of the values that are not NaN.
func meanOfDefined(values [][lanes]float64) (out [lanes]float64) {
	var n [lanes]float64
	for _, of := range values {
		for k, v := range of {
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
