package serve

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Requests get their turns in the order in which they came, and whoever would wait too long is
// refused at once.
func TestAdmission(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAdmission(2, 200*time.Millisecond, 1<<20)
		ctx := t.Context()
		work := func(took time.Duration) {
			turn, err := a.enter(ctx)
			if err != nil {
				t.Error(err)
				return
			}
			time.Sleep(took)
			turn.leave()
		}
		for range 400 { // now a request is known to take 10 ms
			work(10 * time.Millisecond)
		}
		var mu sync.Mutex
		var order []int
		accepted, refused := 0, 0
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				start := time.Now()
				turn, err := a.enter(ctx)
				waited := time.Since(start)
				mu.Lock()
				if err != nil {
					refused++
					if !errors.Is(err, errBusy) || waited > 0 {
						t.Errorf("refused after %v: %v", waited, err)
					}
					mu.Unlock()
					return
				}
				accepted++
				order = append(order, i)
				if waited > 200*time.Millisecond {
					t.Errorf("in after %v", waited)
				}
				mu.Unlock()
				time.Sleep(10 * time.Millisecond)
				turn.leave()
			})
			synctest.Wait() // they come one by one
		}
		wg.Wait()
		// Two are in at once, and thirty wait: 150 ms of work.
		if accepted < 28 || accepted > 34 || refused != 200-accepted {
			t.Errorf("%d accepted, %d refused", accepted, refused)
		}
		for i, k := range order { // of two that get in at one time either may be noted first
			if i-k > 1 || k-i > 1 {
				t.Errorf("number %d is in as %d", k, i)
			}
		}
		if busy, waiting, _ := a.load(); busy != 0 || waiting != 0 {
			t.Errorf("%d are in and %d wait in the end", busy, waiting)
		}
	})
}

// One who waits is refused when maxWait has passed, and leaves when its client does; neither takes
// a turn of the others.
func TestAdmissionGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAdmission(1, 100*time.Millisecond, 1<<20)
		first, err := a.enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		gone, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		var wg sync.WaitGroup
		enter := func(ctx context.Context, want error, after time.Duration) {
			wg.Go(func() {
				start := time.Now()
				turn, err := a.enter(ctx)
				if !errors.Is(err, want) || time.Since(start) != after {
					t.Errorf("%v after %v, want %v after %v", err, time.Since(start), want, after)
				}
				if err == nil {
					turn.leave()
				}
			})
			synctest.Wait()
		}
		enter(gone, context.DeadlineExceeded, 30*time.Millisecond)
		enter(t.Context(), errBusy, 100*time.Millisecond)
		time.Sleep(50 * time.Millisecond)
		enter(t.Context(), nil, 60*time.Millisecond) // when the first leaves
		time.Sleep(60 * time.Millisecond)
		first.leave()
		wg.Wait()
		if busy, waiting, _ := a.load(); busy != 0 || waiting != 0 {
			t.Errorf("%d are in and %d wait in the end", busy, waiting)
		}
	})
}

// The bodies of all requests are bounded, but one alone is not refused.
func TestAdmissionMemory(t *testing.T) {
	a := newAdmission(1, time.Second, 100)
	one, two := hold{a: a}, hold{a: a}
	check := func(err error, want bool) {
		t.Helper()
		if (err == nil) != want {
			t.Errorf("%v, want %v", err, want)
		}
	}
	check(one.grow(150), true)
	check(two.grow(1), false)
	one.release()
	check(two.grow(60), true)
	check(one.grow(50), false)
	check(one.grow(40), true)
	check(one.atLeast(41), false)
	one.release()
	two.release()
	if _, _, held := a.load(); held != 0 {
		t.Errorf("%d bytes are held in the end", held)
	}
}

// Of many refusals one line a second is written, which counts those before it.
func TestRefusals(t *testing.T) {
	var r refusals
	now := time.Now()
	lines, counted := 0, 0
	for i := range 3500 { // 3.5 s
		if n := r.take(now.Add(time.Duration(i) * time.Millisecond)); n > 0 {
			lines, counted = lines+1, counted+n
		}
	}
	if lines != 4 || counted != 3001 {
		t.Errorf("%d lines count %d", lines, counted)
	}
}
