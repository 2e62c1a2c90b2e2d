package encoder

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/fusor-ml/fusor/encoder/network"
	"github.com/fusor-ml/fusor/internal/kernel"
)

// Limits of a batch. Its rows share every product of matrices; more of them would bring little.
const (
	batchRows   = 1024
	batchFloats = 6 << 20 // of scratch memory, for one goroutine
)

// leastRows is how many rows a batch should have even if some threads then have nothing to do.
const leastRows = 96

// batches cuts inputs of so many rows, in the order of their length, into batches.
func batches(rows []int, floats, threads int) [][]int {
	all := 0
	for _, n := range rows {
		all += n
	}
	most := min(batchRows, max(1, batchFloats/max(floats, 1)), max(leastRows, (all+threads-1)/threads))
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rows[b], rows[a]) }) // longest first
	var cut [][]int
	for len(order) > 0 {
		n, sum := 1, rows[order[0]]
		for n < len(order) && sum+rows[order[n]] <= most {
			sum += rows[order[n]]
			n++
		}
		cut = append(cut, order[:n])
		order = order[n:]
	}
	return cut
}

// encode runs a tower over inputs in batches and calls use with each output, from several
// goroutines, in any order.
func (e *Encoder) encode(ctx context.Context, tower network.Tower, inputs []network.Input, rows []int, use func(i int, out *network.Output)) error {
	job := &encodeJob{e: e, ctx: ctx, tower: tower, inputs: inputs, use: use, batches: batches(rows, tower.Info().Floats, e.threads)}
	kernel.Do(e.threads, len(job.batches), job)
	return job.err
}

type encodeJob struct {
	e       *Encoder
	ctx     context.Context
	tower   network.Tower
	inputs  []network.Input
	batches [][]int
	use     func(i int, out *network.Output)
	mu      sync.Mutex
	err     error
}

// Run encodes a batch.
func (j *encodeJob) Run(b int) {
	if err := j.ctx.Err(); err != nil {
		j.fail(err)
		return
	}
	s := j.e.scratch.Get().(*network.Scratch)
	defer j.e.scratch.Put(s)
	batch := j.batches[b]
	in, out := make([]network.Input, len(batch)), make([]network.Output, len(batch))
	for k, i := range batch {
		in[k] = j.inputs[i]
		if err := j.tower.Check(in[k]); err != nil {
			j.fail(err)
			return
		}
	}
	if err := j.tower.Run(s, in, out); err != nil {
		j.fail(err)
		return
	}
	for k, i := range batch {
		j.use(i, &out[k])
	}
}

func (j *encodeJob) fail(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err == nil {
		j.err = err
	}
}

// each prepares and encodes n inputs by themselves, on all threads, and calls use with each output,
// in any order. So few prepared inputs are held as there are threads.
func (e *Encoder) each(ctx context.Context, tower network.Tower, n int, prepare func(i int) (network.Input, error), use func(i int, out *network.Output)) error {
	job := &eachJob{encodeJob: encodeJob{e: e, ctx: ctx, tower: tower, use: use}, prepare: prepare}
	kernel.Do(e.threads, n, job)
	return job.err
}

type eachJob struct {
	encodeJob
	prepare func(i int) (network.Input, error)
}

// Run encodes an input.
func (j *eachJob) Run(i int) {
	err := j.ctx.Err()
	var in network.Input
	if err == nil {
		in, err = j.prepare(i)
	}
	if err == nil {
		err = j.tower.Check(in)
	}
	if err != nil {
		j.fail(err)
		return
	}
	s := j.e.scratch.Get().(*network.Scratch)
	defer j.e.scratch.Put(s)
	var out [1]network.Output
	if err := j.tower.Run(s, []network.Input{in}, out[:]); err != nil {
		j.fail(err)
		return
	}
	j.use(i, &out[0])
}
