package fusor_test

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/fusor-ml/fusor"
)

// Progress is told by one goroutine at a time, however many predict at once.
func TestProgressIsSerial(t *testing.T) {
	steps := 0
	var inside, together atomic.Int32
	m := saved(t, fusor.Setup{Threads: 2, Progress: func(fusor.Progress) {
		if inside.Add(1) > 1 {
			together.Add(1)
		}
		steps++ // a race if it is not so
		runtime.Gosched()
		inside.Add(-1)
	}})
	ds := lines(t, m, `{"note": "a huge thing"}`+"\n"+`{"price": 3}`+"\n")
	const callers, calls, cells = 8, 20, 2 * 3
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range calls {
				if _, err := m.Predict(context.Background(), ds); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if together.Load() > 0 || steps != callers*calls*cells {
		t.Errorf("%d steps of %d, %d of them beside another", steps, callers*calls*cells, together.Load())
	}
}
