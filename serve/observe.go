package serve

import (
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
)

// record is what the log and the metrics have of a request.
type record struct {
	http.ResponseWriter
	status int
	bytes  int64
	err    error
	before func()        // if not nil, called before anything is written
	wait   time.Duration // for a client to take some of an answer; 0: the server has a time of its own
}

// What net/http holds of an answer by itself, and how much of a longer one a client has to take in
// each wait.
const (
	heldAnswer   = 4 << 10
	steadyAnswer = 1 << 20
)

// answers notes the status of an answer that begins.
func (r *record) answers(status int) {
	if r.status == 0 {
		r.status = status
	}
	if before := r.before; before != nil {
		r.before = nil
		before()
	}
}

func (r *record) WriteHeader(status int) {
	r.answers(status)
	r.ResponseWriter.WriteHeader(status)
}

func (r *record) Write(p []byte) (int, error) {
	r.answers(http.StatusOK)
	if r.wait > 0 && r.bytes+int64(len(p)) > heldAnswer {
		control := http.NewResponseController(r.ResponseWriter)
		control.SetWriteDeadline(time.Now().Add(time.Duration(1+len(p)/steadyAnswer) * r.wait)) //nolint:errcheck // where there are no deadlines
		defer control.SetWriteDeadline(time.Time{})                                             //nolint:errcheck // as above
	}
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// Flush implements http.Flusher, which streams of gRPC need.
func (r *record) Flush() {
	r.answers(http.StatusOK)
	http.NewResponseController(r.ResponseWriter).Flush() //nolint:errcheck // where it cannot, the answer comes as a whole
}

// Unwrap lets http.ResponseController reach the connection.
func (r *record) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// beforeAnswer has f called before anything of the answer is written.
func beforeAnswer(w http.ResponseWriter, f func()) {
	if rec, ok := w.(*record); ok {
		rec.before = f
	}
}

// noteError keeps the error of a request for the log.
func noteError(w http.ResponseWriter, err error) {
	if rec, ok := w.(*record); ok {
		rec.err = err
	}
}

var noSniff = []string{"nosniff"}

// observe returns each request a name, and logs and counts it. A panic becomes an error of that
// request.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		if !s.admit.overloaded() { // else it goes no deeper
			growStack(start.Nanosecond())
		}
		id := requestID(r)
		w.Header().Set("X-Request-Id", id)
		w.Header()["X-Content-Type-Options"] = noSniff
		rec := &record{ResponseWriter: w, wait: s.o.Timeout}
		if host, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok && host.WriteTimeout > 0 {
			rec.wait = 0
		}
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler { //nolint:errorlint // the value itself is thrown
					panic(p)
				}
				rec.err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
				if rec.status == 0 {
					writeFault(rec, r, rec.err)
				}
			}
			s.done(r, rec, id, time.Since(start))
		}()
		next.ServeHTTP(rec, r)
	})
}

// growStack makes room for a request on the stack of its goroutine at once, while there is little
// to copy: each call of HTTP/2 has a new goroutine, and collections shrink the stacks of
// connections that wait. Left to itself the stack would double three times on the way to the
// network.
//
//go:noinline
func growStack(n int) byte {
	var room [12 << 10]byte
	return room[uint(n)%uint(len(room))]
}

func (s *Server) done(r *http.Request, rec *record, id string, took time.Duration) {
	route := r.Pattern
	s.metrics.request(route, rec.status, took)
	level := slog.LevelInfo
	switch {
	case rec.status >= 500 && rec.status != http.StatusServiceUnavailable:
		level = slog.LevelError
	case strings.HasSuffix(route, "/healthz"), strings.HasSuffix(route, "/readyz"), strings.HasSuffix(route, "/metrics"):
		level = slog.LevelDebug
	}
	if !s.o.Logger.Enabled(r.Context(), level) {
		return
	}
	refused := 0
	if rec.err == error(errBusy) { //nolint:errorlint // the value itself is noted
		if refused = s.refusals.take(time.Now()); refused == 0 {
			return
		}
	}
	fields := []slog.Attr{
		slog.String("id", id), slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", rec.status),
		slog.Float64("ms", float64(took.Microseconds())/1000), slog.Int64("bytes", rec.bytes),
	}
	if parent := r.Header.Get("Traceparent"); validTraceparent(parent) {
		fields = append(fields, slog.String("traceparent", parent))
	}
	if rec.err != nil {
		fields = append(fields, slog.String("error", rec.err.Error()))
	}
	if refused > 0 {
		fields = append(fields, slog.Int("refused", refused))
	}
	// Not by the logger's own methods, which would look up the line that calls them each time.
	line := slog.NewRecord(time.Now(), level, "request", 0)
	line.AddAttrs(fields...)
	s.o.Logger.Handler().Handle(r.Context(), line) //nolint:errcheck // there is nowhere to report it
}

// refusals samples the lines of requests that are refused: what a line of each would cost is taken
// from those that are answered.
type refusals struct {
	mu    sync.Mutex
	next  time.Time // for the next line
	count int       // since the last one
}

// take counts a refusal, and returns how many there were since the last line if it is time for the
// next one, else 0.
func (r *refusals) take(now time.Time) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count++
	if now.Before(r.next) {
		return 0
	}
	n := r.count
	r.count, r.next = 0, now.Add(time.Second)
	return n
}

// requestID is the client's own name of a request, if it is a plain one, else a random one.
func requestID(r *http.Request) string {
	if id := r.Header.Get("X-Request-Id"); id != "" && len(id) <= 64 && plain(id) {
		return id
	}
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], rand.Uint64())
	return hex.EncodeToString(b[:])
}

func plain(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// validTraceparent reports whether s has the form of W3C Trace Context: 00-32 hex-16 hex-2 hex.
func validTraceparent(s string) bool {
	return len(s) == 55 && plain(s) && strings.Count(s, "-") == 3
}

// guard refuses requests without a key and answers those of browsers on other pages.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin := r.Header.Get("Origin"); origin != "" && len(s.o.Origins) > 0 {
			if slices.Contains(s.o.Origins, "*") || slices.Contains(s.o.Origins, origin) {
				w.Header().Set("Access-Control-Allow-Origin", origin)
				w.Header().Add("Vary", "Origin")
				if r.Method == http.MethodOptions {
					w.Header().Set("Access-Control-Allow-Methods", "GET, POST")
					w.Header().Set("Access-Control-Allow-Headers", "Content-Type, Content-Encoding, Authorization, X-Api-Key, X-Request-Id, Inference-Header-Content-Length")
					w.Header().Set("Access-Control-Max-Age", "3600")
					w.WriteHeader(http.StatusNoContent)
					return
				}
			}
		}
		if len(s.o.APIKeys) > 0 && !open(r.URL.Path) && !s.hasKey(r) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="fusor"`)
			writeFault(w, r, faultf(http.StatusUnauthorized, "no valid key", "send a key as Authorization: Bearer KEY or as X-Api-Key"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// open reports whether a path needs no key: what watches the server has none.
func open(path string) bool {
	return path == "/healthz" || path == "/readyz" || path == "/metrics" || strings.HasPrefix(path, "/v2/health/") ||
		strings.HasPrefix(path, "/grpc.health.v1.Health/") || path == grpcService+"ServerLive" || path == grpcService+"ServerReady"
}

func (s *Server) hasKey(r *http.Request) bool {
	key, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		key = r.Header.Get("X-Api-Key")
	}
	found := 0
	for _, k := range s.o.APIKeys { // all of them, so that the time reveals nothing
		found |= subtle.ConstantTimeCompare([]byte(k), []byte(key))
	}
	return found == 1
}
