package kernel

import (
	"sync/atomic"
	"testing"
)

type countJob struct {
	hits  []atomic.Int32
	inner *countJob
}

func (j *countJob) Run(i int) {
	j.hits[i].Add(1)
	if j.inner != nil {
		Do(2, len(j.inner.hits), j.inner)
	}
}

func TestDoRunsEveryPartOnce(t *testing.T) {
	for _, n := range []int{0, 1, 2, 7, 100} {
		for _, workers := range []int{0, 1, 2, 8} {
			j := &countJob{hits: make([]atomic.Int32, n)}
			Do(workers, n, j)
			for i := range j.hits {
				if got := j.hits[i].Load(); got != 1 {
					t.Fatalf("n=%d workers=%d: part %d ran %d times", n, workers, i, got)
				}
			}
		}
	}
}

func TestDoNests(t *testing.T) {
	inner := &countJob{hits: make([]atomic.Int32, 5)}
	Do(4, 6, &countJob{hits: make([]atomic.Int32, 6), inner: inner})
	for i := range inner.hits {
		if got := inner.hits[i].Load(); got != 6 {
			t.Fatalf("inner part %d ran %d times, want 6", i, got)
		}
	}
}

type panicJob struct{}

func (panicJob) Run(i int) {
	if i == 3 {
		panic("part 3")
	}
}

func TestDoRaisesPanicInCaller(t *testing.T) {
	defer func() {
		if got := recover(); got != "part 3" {
			t.Fatalf("recovered %v", got)
		}
	}()
	Do(2, 10, panicJob{})
}

func TestDoDoesNotAllocate(t *testing.T) {
	j := &countJob{hits: make([]atomic.Int32, 8)}
	if got := testing.AllocsPerRun(100, func() { Do(2, 8, j) }); got != 0 {
		t.Fatalf("%v allocations a call", got)
	}
}
