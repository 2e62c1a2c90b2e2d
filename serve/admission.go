package serve

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"time"
)

// admission lets so many requests compute at once; the others wait in the order in which they came.
// A request whose turn is not expected within maxWait is refused, before its body is read if that
// is known by then: where more comes than can be answered, queueing would make every answer late
// and gain nothing (Site Reliability Engineering, chapter 21). A request that is still being
// received holds memory but no turn, so that slow clients do not keep others waiting.
type admission struct {
	slots   int
	maxWait time.Duration
	memory  int64

	mu      sync.Mutex
	busy    int           // requests that are in
	held    int64         // bytes of bodies
	holders int           // requests that hold any
	queue   []*waiter     // in the order of their coming
	service time.Duration // moving average of how long a request takes a slot
	left    time.Time     // when one last left while others waited
}

type waiter struct {
	turn chan struct{} // closed once it is in
}

func newAdmission(slots int, maxWait time.Duration, memory int64) *admission {
	return &admission{slots: slots, maxWait: maxWait, memory: memory}
}

// errBusy refuses a request that would have to wait too long.
var errBusy = func() *fault {
	f := &fault{
		status: http.StatusServiceUnavailable, title: "too busy", retry: 1,
		detail: "more requests come than can be answered in time; try again later",
	}
	f.body = f.details()
	return f
}()

// overloaded reports whether a request that comes now would wait too long.
func (a *admission) overloaded() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.late()
}

// late reports whether one more in the queue is not expected to be in within three quarters of
// maxWait: the rest is for requests that take longer than those before, so that few are refused
// after they have waited.
func (a *admission) late() bool {
	return a.busy >= a.slots && time.Duration(len(a.queue)+1)*a.service/time.Duration(a.slots) > a.maxWait/4*3
}

// enter waits for a turn, which leave ends.
func (a *admission) enter(ctx context.Context) (t turn, err error) {
	a.mu.Lock()
	if len(a.queue) == 0 && a.busy < a.slots {
		a.busy++
		a.mu.Unlock()
		return a.begun(), nil
	}
	if a.late() {
		a.mu.Unlock()
		return turn{}, errBusy
	}
	w := &waiter{turn: make(chan struct{})}
	a.queue = append(a.queue, w)
	a.mu.Unlock()

	timer := time.NewTimer(a.maxWait)
	defer timer.Stop()
	select {
	case <-w.turn:
		return a.begun(), nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
		err = errBusy
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if i := slices.Index(a.queue, w); i >= 0 {
		a.queue = slices.Delete(a.queue, i, i+1)
	} else { // its turn came in the meantime
		a.next()
	}
	return turn{}, err
}

// begun returns the turn of a request that is in. It lets the others run first, as far as to the
// queue: where all cores compute, those that wait would otherwise wait for a core, where nobody
// counts them and a question for health stands behind them.
func (a *admission) begun() turn {
	runtime.Gosched()
	return turn{a, time.Now()}
}

// enterStream is enter for a batch of a stream. One that has been answered in part is not refused:
// it waits as long as it must.
func (a *admission) enterStream(ctx context.Context, started bool) (turn, error) {
	for {
		t, err := a.enter(ctx)
		if err == nil || !started || !errors.Is(err, errBusy) {
			return t, err
		}
		select {
		case <-time.After(a.maxWait / 4):
		case <-ctx.Done():
			return turn{}, ctx.Err()
		}
	}
}

// next returns the turn of a request that leaves to the first that waits.
func (a *admission) next() {
	a.busy--
	for len(a.queue) > 0 && a.busy < a.slots {
		a.busy++
		close(a.queue[0].turn)
		a.queue[0] = nil
		a.queue = a.queue[1:]
	}
}

// turn is one of a request that is in; the zero value is none.
type turn struct {
	a       *admission
	entered time.Time
}

func (t turn) leave() {
	a := t.a
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	const memory = 64 // requests that the average remembers: more than come between two pauses of a busy machine
	now := time.Now()
	took := now.Sub(t.entered)
	if !a.left.IsZero() { // all slots were taken: what lies between counts too, as reading requests and refusing some
		took = now.Sub(a.left) * time.Duration(a.slots)
	}
	a.service += (took - a.service) / memory
	a.left = time.Time{}
	if len(a.queue) > 0 {
		a.left = now
	}
	a.next()
}

// hold is the memory that the body of one request takes.
type hold struct {
	a     *admission
	bytes int64
	ended bool
}

// grow adds bytes to it; they are refused where all requests together would hold too many. One that
// is alone gets what it needs: its own limits bound it.
func (h *hold) grow(bytes int64) error {
	if bytes <= 0 {
		return nil
	}
	h.a.mu.Lock()
	defer h.a.mu.Unlock()
	if !h.add(bytes) {
		return errBusy
	}
	return nil
}

func (h *hold) add(bytes int64) bool {
	a := h.a
	others := a.holders
	if h.bytes > 0 {
		others--
	}
	if h.ended || others > 0 && a.held+bytes > a.memory {
		return false
	}
	if h.bytes == 0 {
		a.holders++
	}
	h.bytes += bytes
	a.held += bytes
	return true
}

// atLeast grows the hold to a size.
func (h *hold) atLeast(bytes int64) error { return h.grow(bytes - h.bytes) }

// within grows a hold that does not exceed most by that, unless it was empty, and reports whether
// it did.
func (h *hold) within(bytes, most int64) bool {
	h.a.mu.Lock()
	defer h.a.mu.Unlock()
	return (h.bytes == 0 || h.bytes+bytes <= most) && h.add(bytes)
}

// shrink takes bytes from it.
func (h *hold) shrink(bytes int64) {
	h.a.mu.Lock()
	defer h.a.mu.Unlock()
	h.take(bytes)
}

func (h *hold) take(bytes int64) {
	if bytes = min(bytes, h.bytes); bytes == 0 {
		return
	}
	h.a.held -= bytes
	if h.bytes -= bytes; h.bytes == 0 {
		h.a.holders--
	}
}

func (h *hold) release() { h.shrink(h.bytes) }

// end releases a hold that another goroutine may still grow, which does not any more.
func (h *hold) end() {
	h.a.mu.Lock()
	defer h.a.mu.Unlock()
	h.take(h.bytes)
	h.ended = true
}

// load returns the requests that are in and those that wait, and the bytes of all bodies.
func (a *admission) load() (busy, waiting int, held int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.busy, len(a.queue), a.held
}
