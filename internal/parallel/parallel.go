// Package parallel spreads independent pieces of work over cores.
package parallel

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// Workers returns n, or the number of usable cores where n is not positive.
func Workers(n int) int {
	if n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// For calls f once for every i in [0, n), in order of i, from at most workers goroutines (all cores
// where workers is not positive; the caller's own if it is one). worker, in [0, workers), is the
// calling goroutine's: what belongs to it needs no lock.
//
// The first error ends the loop and the context of the calls under way, and is returned once they
// have returned; so is the cause of the end of ctx.
func For(ctx context.Context, n, workers int, f func(ctx context.Context, worker, i int) error) error {
	workers = min(Workers(workers), n)
	if workers <= 1 {
		for i := range n {
			if ctx.Err() != nil {
				break
			}
			if err := f(ctx, 0, i); err != nil {
				return err
			}
		}
		return context.Cause(ctx)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	work := func(worker int) {
		for ctx.Err() == nil {
			i := int(next.Add(1)) - 1
			if i >= n {
				return
			}
			if err := f(ctx, worker, i); err != nil {
				cancel(err) // the first one counts
			}
		}
	}
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() { work(worker) })
	}
	wg.Wait()
	return context.Cause(ctx)
}
