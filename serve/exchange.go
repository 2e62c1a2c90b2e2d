package serve

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// exchange is a request with a body that is answered as a whole, from its admission to the end of
// its answer.
type exchange struct {
	s      *Server
	ctx    context.Context // of the work: it ends with the client's patience or the server's
	body   []byte          // as it came, or inflated
	buffer *bytes.Buffer   // that body lies in, if it is to be used again
	cancel context.CancelFunc
	hold   hold
	turn   turn
}

// buffers are those of bodies.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// largestPooled is the largest buffer that is kept for other requests.
const largestPooled = 1 << 20

// shed refuses requests that would wait too long before anything of them is read: what a refusal
// costs is taken from those that are answered.
func (s *Server) shed(next http.HandlerFunc, refuse func(http.ResponseWriter, *http.Request, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.admit.overloaded() {
			s.metrics.refused()
			refuse(w, r, errBusy)
			return
		}
		next(w, r)
	}
}

// begin receives the body of a request and then waits for its turn. end must be called, unless
// there is an error.
func (s *Server) begin(w http.ResponseWriter, r *http.Request) (*exchange, error) {
	x := &exchange{s: s, hold: hold{a: s.admit}}
	err := x.receive(w, r)
	if err == nil {
		waited := time.Now()
		x.turn, err = s.admit.enter(r.Context())
		s.metrics.stage(stageWait, time.Since(waited))
	}
	if err != nil {
		x.free()
		if errors.Is(err, errBusy) {
			s.metrics.refused()
		}
		return nil, err
	}
	beforeAnswer(w, x.leave) // a client that is slow to take its answer keeps nobody else waiting
	x.ctx, x.cancel = context.WithTimeout(r.Context(), s.o.Timeout)
	if err := x.inflate(r.Header.Get("Content-Encoding")); err != nil {
		x.end()
		return nil, err
	}
	return x, nil
}

// leave ends the turn of a request.
func (x *exchange) leave() {
	x.turn.leave()
	x.turn = turn{}
}

// end ends the work of a request. Nothing of its body may be used any more.
func (x *exchange) end() {
	x.cancel()
	x.leave()
	x.free()
}

func (x *exchange) free() {
	x.hold.release()
	if x.buffer != nil && x.buffer.Cap() <= largestPooled {
		x.buffer.Reset()
		buffers.Put(x.buffer)
	}
	x.buffer, x.body = nil, nil
}

// receive reads the body as it comes, within a deadline. One that is too long is refused before.
func (x *exchange) receive(w http.ResponseWriter, r *http.Request) error {
	s := x.s
	if r.ContentLength > s.o.MaxBody {
		return &http.MaxBytesError{Limit: s.o.MaxBody}
	}
	if err := x.hold.grow(r.ContentLength); err != nil {
		return err
	}
	control := http.NewResponseController(w)
	// Set only once it has passed: to set and clear the deadline of a stream of HTTP/2 takes its
	// connection two more turns for each request.
	late := time.AfterFunc(s.o.Timeout, func() { control.SetReadDeadline(time.Now()) }) //nolint:errcheck // where there are no deadlines
	x.buffer = buffers.Get().(*bytes.Buffer)
	if n := r.ContentLength; n > 0 {
		x.buffer.Grow(int(min(n, largestPooled)) + bytes.MinRead)
	}
	_, err := x.buffer.ReadFrom(&heldReader{http.MaxBytesReader(w, r.Body, s.o.MaxBody), &x.hold, 0})
	if !late.Stop() { // also where the body has ended just then: the connection has its deadline
		return errLateBody
	}
	if err != nil {
		return bodyError(err)
	}
	x.body = x.buffer.Bytes()
	return nil
}

// inflate replaces the body by what it encodes, bounded as a body is.
func (x *exchange) inflate(encoding string) error {
	from, err := inflater(encoding, bytes.NewReader(x.body))
	if from == nil || err != nil {
		return err
	}
	inflated := buffers.Get().(*bytes.Buffer)
	limit := x.s.o.MaxBody
	if _, err = inflated.ReadFrom(&heldReader{io.LimitReader(from, limit+1), &x.hold, int64(len(x.body))}); err == nil && int64(inflated.Len()) > limit {
		err = &http.MaxBytesError{Limit: limit}
	}
	raw := x.buffer
	x.buffer, x.body = inflated, inflated.Bytes()
	if raw.Cap() <= largestPooled {
		raw.Reset()
		buffers.Put(raw)
	}
	var f *fault
	if err != nil && !errors.As(err, &f) && !errors.As(err, new(*http.MaxBytesError)) {
		err = errDamaged
	}
	return err
}

var errDamaged = faultf(http.StatusBadRequest, "damaged body", "the body cannot be inflated")

// inflater returns what reads the encoded from; nil where nothing is encoded.
func inflater(encoding string, from io.Reader) (io.Reader, error) {
	var to io.Reader
	var err error
	switch {
	case encoding == "" || strings.EqualFold(encoding, "identity"):
		return nil, nil
	case strings.EqualFold(encoding, "gzip"):
		to, err = gzip.NewReader(from)
	case strings.EqualFold(encoding, "deflate"):
		to, err = zlib.NewReader(from)
	default:
		return nil, faultf(http.StatusUnsupportedMediaType, "unknown content encoding", "%.100q is not read here; send gzip, deflate or none", encoding)
	}
	if err != nil {
		return nil, errDamaged
	}
	return to, nil
}

// heldReader reads from r and holds what it has read.
type heldReader struct {
	r    io.Reader
	hold *hold
	read int64 // what counts beside it, and what was read
}

func (h *heldReader) Read(p []byte) (int, error) {
	n, err := h.r.Read(p)
	h.read += int64(n)
	if grown := h.hold.atLeast(h.read); grown != nil {
		return n, grown
	}
	return n, err
}

var errLateBody = faultf(http.StatusRequestTimeout, "incomplete body", "the body did not come in time")

// bodyError is the answer to an error of reading a body, which is the client's unless it is ours.
func bodyError(err error) error {
	var f *fault
	var tooLarge *http.MaxBytesError
	var late interface{ Timeout() bool }
	switch {
	case errors.As(err, &f), errors.As(err, &tooLarge):
		return err
	case errors.As(err, &late) && late.Timeout():
		return errLateBody
	}
	return faultf(http.StatusBadRequest, "incomplete body", "the body ends before it should")
}
