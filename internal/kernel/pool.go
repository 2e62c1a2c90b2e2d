package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Job is a piece of work in numbered parts. Run may be called from several goroutines at once, with
// each i once.
type Job interface{ Run(i int) }

// Do runs job.Run(0) … job.Run(n-1) on up to workers goroutines, the caller's included, and returns
// when all are done. How the work is cut is the caller's affair and must not depend on workers or
// on GOMAXPROCS: then results don't either. Do may be called from within a job; helpers that are
// busy are not waited for. It does not allocate in the steady state. A panic in a part is raised
// again in the caller.
func Do(workers, n int, job Job) {
	if workers > n {
		workers = n
	}
	if workers <= 1 {
		for i := range n {
			job.Run(i)
		}
		return
	}
	startHelpers.Do(launchHelpers)
	t := freeTasks.take()
	t.job, t.n, t.failure = job, int64(n), nil
	t.next.Store(0)
	for range workers - 1 {
		t.helpers.Add(1)
		select {
		case helperQueue <- t: // only succeeds when a helper is waiting, so it starts at once
			continue
		default:
		}
		t.helpers.Done()
		break
	}
	t.work()
	t.helpers.Wait()
	failure := t.failure
	t.job = nil
	freeTasks.give(t)
	if failure != nil {
		panic(failure)
	}
}

// task is one call of Do, shared by the goroutines that work on it.
type task struct {
	job     Job
	n       int64
	next    atomic.Int64
	helpers sync.WaitGroup
	mu      sync.Mutex
	failure any
}

// work takes parts until none is left.
func (t *task) work() {
	defer t.rescue()
	for {
		i := t.next.Add(1) - 1
		if i >= t.n {
			return
		}
		t.job.Run(int(i))
	}
}

// rescue keeps the first panic and makes the others stop early.
func (t *task) rescue() {
	if p := recover(); p != nil {
		t.mu.Lock()
		if t.failure == nil {
			t.failure = p
		}
		t.mu.Unlock()
		t.next.Store(t.n)
	}
}

var (
	startHelpers sync.Once
	helperQueue  = make(chan *task)
	freeTasks    freeList[task]
)

// launchHelpers starts the goroutines that wait for work for as long as the process lives.
func launchHelpers() {
	for range min(max(runtime.NumCPU(), 2)-1, 64) {
		go func() {
			for t := range helperQueue {
				t.work()
				t.helpers.Done()
			}
		}()
	}
}
