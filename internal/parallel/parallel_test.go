package parallel

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
)

func TestForCallsEachOnce(t *testing.T) {
	for _, workers := range []int{0, 1, 3, 100} {
		for _, n := range []int{0, 1, 2, 50} {
			calls := make([]atomic.Int32, n)
			busy := make([]atomic.Bool, max(Workers(workers), 1))
			err := For(context.Background(), n, workers, func(_ context.Context, worker, i int) error {
				if !busy[worker].CompareAndSwap(false, true) {
					t.Errorf("worker %d runs twice at once", worker)
				}
				calls[i].Add(1)
				busy[worker].Store(false)
				return nil
			})
			if err != nil {
				t.Errorf("%d with %d workers: %v", n, workers, err)
			}
			for i := range calls {
				if got := calls[i].Load(); got != 1 {
					t.Errorf("%d of %d with %d workers is called %d times", i, n, workers, got)
				}
			}
		}
	}
}

func TestForStopsAtAnError(t *testing.T) {
	broken := errors.New("broken")
	calls := 0
	err := For(context.Background(), 1000, 1, func(_ context.Context, _, i int) error {
		calls++
		if i == 3 {
			return broken
		}
		return nil
	})
	if !errors.Is(err, broken) || calls != 4 {
		t.Errorf("%d calls, error %v", calls, err)
	}
}

func TestForStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	calls := 0
	err := For(ctx, 1000, 1, func(context.Context, int, int) error {
		if calls++; calls == 2 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || calls != 2 {
		t.Errorf("%d calls, error %v", calls, err)
	}
}
