package onnx

import (
	"math"
	"slices"
	"sync"

	"github.com/fusor-ml/fusor/internal/kernel"
)

// attention is softmax(q k alpha + masks) v over the last two axes of inputs 0, 1 and 2, each seen
// through a permutation of its axes; the other inputs are masks.
type attention struct {
	q, k, v []int // permutations, nil for none
	out     []int // of the result
	alpha   float64
	noNaN   bool // rows without any element are 0, not NaN
}

// seen is a tensor through a permutation: shape, distances of neighbors, elements.
type seen struct {
	shape, step []int
	x           []float32
}

func see(t *Tensor, perm []int) seen {
	s := seen{shape: t.Shape, step: strides(t.Shape), x: t.f32()}
	if perm == nil {
		return s
	}
	if len(perm) != len(t.Shape) {
		failf("perm %v does not permute %d axes", perm, len(t.Shape))
	}
	shape, step := make([]int, len(perm)), make([]int, len(perm))
	for i, p := range perm {
		shape[i], step[i] = s.shape[p], s.step[p]
	}
	s.shape, s.step = shape, step
	return s
}

// spread returns s the given axes before its last two, with distance 0 where it is repeated.
func (s *seen) spread(batch []int) {
	lead := len(s.shape) - 2
	step := make([]int, len(batch), len(batch)+2)
	for i := range lead {
		if s.shape[i] != 1 {
			step[len(batch)-lead+i] = s.step[i]
		}
	}
	s.step = append(step, s.step[lead:]...)
}

// queryBlock is how many rows of scores are made at a time.
const queryBlock = 64

// attentionJob is one attention; piece i is a block of queries of one head.
type attentionJob struct {
	*attention
	q, k, v, o seen
	masks      []seen
	batch      []int
	blocks     int
	lq, lk     int
	d, dv      int
}

func (a *attention) run(c *call) {
	j := &attentionJob{attention: a, q: see(c.in[0], a.q), k: see(c.in[1], a.k), v: see(c.in[2], a.v)}
	rank := len(j.q.shape)
	if rank < 2 || len(j.k.shape) < 2 || len(j.v.shape) < 2 {
		failf("attention over the shapes %v, %v and %v", j.q.shape, j.k.shape, j.v.shape)
	}
	// k is [.., d, keys] here, already turned, as the graph multiplies it.
	n := len(j.k.shape)
	j.lq, j.d, j.lk = j.q.shape[rank-2], j.q.shape[rank-1], j.k.shape[n-1]
	n = len(j.v.shape)
	j.dv = j.v.shape[n-1]
	if j.k.shape[len(j.k.shape)-2] != j.d || j.v.shape[n-2] != j.lk {
		failf("attention over the shapes %v, %v and %v", j.q.shape, j.k.shape, j.v.shape)
	}
	shapes := [][]int{j.q.shape[:rank-2], j.k.shape[:len(j.k.shape)-2], j.v.shape[:n-2]}
	for _, t := range c.in[3:] {
		s := see(t, nil)
		// Masks broadcast as NumPy does: missing axes are put in front, an axis of 1 has step 0.
		for len(s.shape) < 2 {
			s.shape, s.step = slices.Insert(slices.Clone(s.shape), 0, 1), slices.Insert(slices.Clone(s.step), 0, 0)
		}
		r := len(s.shape)
		for i, d := range []int{j.lq, j.lk} {
			if m := s.shape[r-2+i]; m != 1 && m != d {
				failf("a mask of shape %v for %d by %d scores", t.Shape, j.lq, j.lk)
			} else if m == 1 {
				s.step = slices.Clone(s.step)
				s.step[r-2+i] = 0
			}
		}
		shapes = append(shapes, s.shape[:r-2])
		j.masks = append(j.masks, s)
	}
	// Heads and rows alike: every leading axis is one of independent attentions.
	j.batch = broadcastShape(shapes...)
	result := append(slices.Clone(j.batch), j.lq, j.dv)
	shape := result
	if a.out != nil {
		if len(a.out) != len(result) {
			failf("perm %v does not permute %d axes", a.out, len(result))
		}
		shape = make([]int, len(result))
		for i, p := range a.out {
			shape[i] = result[p]
		}
	}
	out := c.alloc(Float32, shape...)
	c.out[0] = out
	if out.Len() == 0 {
		return
	}
	// A softmax over nothing: zeros, as of a product over an empty axis.
	if j.lk == 0 {
		clear(out.f32())
		return
	}
	// Written where the transposition behind would put it.
	j.o = seen{shape: result, step: strides(shape), x: out.f32()}
	if a.out != nil {
		step := make([]int, len(result))
		for i, p := range a.out {
			step[p] = j.o.step[i]
		}
		j.o.step = step
	}
	j.q.spread(j.batch)
	j.k.spread(j.batch)
	j.v.spread(j.batch)
	for i := range j.masks {
		j.masks[i].spread(j.batch)
	}
	// Blocks of queries: scores of a long text fit the cache, and have as many pieces for the cores.
	j.blocks = (j.lq + queryBlock - 1) / queryBlock
	kernel.Do(c.r.g.options.Workers, size(j.batch)*j.blocks, j)
}

// start returns where head i of a tensor begins.
func (j *attentionJob) start(s *seen, i int) int {
	at := 0
	for a := len(j.batch) - 1; a >= 0; a-- {
		at += i % j.batch[a] * s.step[a]
		i /= j.batch[a]
	}
	return at
}

var attentionRooms = sync.Pool{New: func() any { return new([]float32) }}

// Run computes a block of queries.
func (j *attentionJob) Run(i int) {
	head, first := i/j.blocks, i%j.blocks*queryBlock
	rows := min(queryBlock, j.lq-first)
	lead := len(j.batch)
	room := attentionRooms.Get().(*[]float32)
	defer attentionRooms.Put(room)
	*room = grown(*room, rows*j.d+rows*j.lk+j.d*j.lk+j.lk*j.dv)
	q, rest := (*room)[:rows*j.d], (*room)[rows*j.d:]
	scores, rest := rest[:rows*j.lk], rest[rows*j.lk:]

	// q alpha, side by side
	rowStep, colStep := j.q.step[lead], j.q.step[lead+1]
	from := j.start(&j.q, head) + first*rowStep
	// On q, which usually has fewer elements than the scores.
	alpha := float32(j.alpha)
	for r := range rows {
		to := q[r*j.d : (r+1)*j.d]
		if colStep == 1 {
			kernel.Scale(to, alpha, j.q.x[from+r*rowStep:from+r*rowStep+j.d])
			continue
		}
		for p := range to {
			to[p] = alpha * j.q.x[from+r*rowStep+p*colStep]
		}
	}
	tB, k, ldb, rest := j.matrix(&j.k, head, j.d, j.lk, rest)
	// Masks are put into scores first, and the product is added to them.
	masked := false
	for m := range j.masks {
		masked = j.mask(scores, &j.masks[m], head, first, rows, masked)
	}
	kernel.Gemm(false, tB, rows, j.lk, j.d, q, j.d, k, ldb, scores, j.lk, masked)
	kernel.Softmax(scores, scores, j.lk)
	// The graph replaces NaN (of rows that are masked throughout) by 0.
	if j.noNaN {
		for i, v := range scores {
			if v != v {
				scores[i] = 0
			}
		}
	}
	tB, v, ldb, _ := j.matrix(&j.v, head, j.lk, j.dv, rest)
	at := j.start(&j.o, head) + first*j.o.step[lead]
	kernel.Gemm(false, tB, rows, j.dv, j.lk, scores, j.lk, v, ldb, j.o.x[at:], j.o.step[lead], false)
}

// matrix returns the matrix of a head as Gemm takes it, copied to room if its elements lie apart.
func (j *attentionJob) matrix(s *seen, head, rows, cols int, room []float32) (transposed bool, x []float32, ld int, rest []float32) {
	lead := len(j.batch)
	at, rs, cs := j.start(s, head), s.step[lead], s.step[lead+1]
	switch {
	case cs == 1 && rs >= cols:
		return false, s.x[at:], rs, room
	case rs == 1 && cs >= rows:
		return true, s.x[at:], cs, room
	}
	x = room[:rows*cols]
	for r := range rows {
		for c := range cols {
			x[r*cols+c] = s.x[at+r*rs+c*cs]
		}
	}
	return false, x, cols, room[rows*cols:]
}

// mask sets scores to a mask, or adds it. It reports whether scores hold anything: a mask of zeros
// is left out.
func (j *attentionJob) mask(scores []float32, s *seen, head, first, rows int, masked bool) bool {
	lead := len(j.batch)
	at, rs, cs := j.start(s, head)+first*s.step[lead], s.step[lead], s.step[lead+1]
	if rs == 0 && cs == 1 && allZero(s.x[at:at+j.lk]) {
		return masked
	}
	for r := range rows {
		to := scores[r*j.lk : (r+1)*j.lk]
		switch {
		case cs == 1 && masked:
			kernel.Accumulate(to, s.x[at+r*rs:at+r*rs+j.lk])
		case cs == 1:
			copy(to, s.x[at+r*rs:])
		case masked:
			kernel.AccumulateScalar(to, s.x[at+r*rs])
		default:
			for i := range to {
				to[i] = s.x[at+r*rs]
			}
		}
	}
	return true
}

func allZero(x []float32) bool {
	for _, v := range x {
		if math.Float32bits(v)<<1 != 0 {
			return false
		}
	}
	return true
}

// grown returns a slice of n elements, in the memory of s if that is enough.
func grown(s []float32, n int) []float32 {
	if cap(s) < n {
		return make([]float32, n)
	}
	return s[:n]
}
