package serve

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

// admission lets so many requests in at once, the others wait in the order in which they came. A
// request whose turn is not expected within maxWait is refused before anything of it is read: where
// more comes than can be answered, queueing would make every answer late and gain nothing (the
// "shed early" of Site Reliability Engineering, chapter 21).
type admission struct {
	slots   int
	maxWait time.Duration
	memory  int64

	mu      sync.Mutex
	busy    int           // requests that are in
	held    int64         // bytes that their bodies have announced
	queue   []*waiter     // in the order of their coming
	service time.Duration // moving average of how long a request is in
}

type waiter struct {
	bytes int64
	turn  chan struct{} // closed once it is in
	gone  bool
}

func newAdmission(slots int, maxWait time.Duration, memory int64) *admission {
	return &admission{slots: slots, maxWait: maxWait, memory: memory}
}

// errBusy refuses a request that would have to wait too long.
var errBusy = &fault{
	status: http.StatusServiceUnavailable, title: "too busy", retry: 1,
	detail: "more requests come than can be answered in time; try again later",
}

// enter waits for a turn. leave must be called once the request is done. bytes is the announced
// length of the body.
func (a *admission) enter(ctx context.Context, bytes int64) (leave func(), err error) {
	a.mu.Lock()
	if len(a.queue) == 0 && a.fits(bytes) {
		a.take(bytes)
		a.mu.Unlock()
		return a.leaver(bytes), nil
	}
	if a.expected() > a.maxWait {
		a.mu.Unlock()
		return nil, errBusy
	}
	w := &waiter{bytes: bytes, turn: make(chan struct{})}
	a.queue = append(a.queue, w)
	a.mu.Unlock()

	timer := time.NewTimer(a.maxWait)
	defer timer.Stop()
	select {
	case <-w.turn:
		return a.leaver(bytes), nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
		err = errBusy
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	select {
	case <-w.turn: // it came in the meantime
		a.give(bytes)
	default:
		w.gone = true
	}
	return nil, err
}

// enterStream is enter for a batch of a stream. One that has been answered in part is not refused: it
// waits as long as it must.
func (a *admission) enterStream(ctx context.Context, bytes int64, started bool) (leave func(), err error) {
	for {
		leave, err = a.enter(ctx, bytes)
		if err == nil || !started || !errors.Is(err, errBusy) {
			return leave, err
		}
		select {
		case <-time.After(a.maxWait / 4):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// expected is how long a request that comes now is going to wait.
func (a *admission) expected() time.Duration {
	return time.Duration(len(a.queue)+1) * a.service / time.Duration(a.slots)
}

// fits reports whether a request can enter now. One that is alone always fits.
func (a *admission) fits(bytes int64) bool {
	return a.busy < a.slots && (a.busy == 0 || a.held+bytes <= a.memory)
}

func (a *admission) take(bytes int64) {
	a.busy++
	a.held += bytes
}

// give lets the next ones in after a request with so many bytes.
func (a *admission) give(bytes int64) {
	a.busy--
	a.held -= bytes
	for len(a.queue) > 0 {
		w := a.queue[0]
		if !w.gone {
			if !a.fits(w.bytes) {
				return
			}
			a.take(w.bytes)
			close(w.turn)
		}
		a.queue[0] = nil
		a.queue = a.queue[1:]
	}
}

// leaver returns what ends a request that has just entered.
func (a *admission) leaver(bytes int64) func() {
	entered := time.Now()
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		const memory = 16 // requests that the average remembers
		a.service += (time.Since(entered) - a.service) / memory
		a.give(bytes)
	}
}

// load returns the requests that are in and those that wait.
func (a *admission) load() (busy, waiting int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.busy, len(a.queue)
}
