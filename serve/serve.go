// Package serve answers rows over HTTP with trained models.
//
// [New] makes a server of named models; its [Server.Handler] is mounted in any net/http server. A
// request never names a file: media come as bytes in the body. Time, memory, rows and the queue are
// bounded before work is done, and load beyond what the machine can answer in time is refused at
// once instead of being queued ([Options.MaxWait]).
package serve

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"math"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/predict"
)

// Options bound what a server does for one request and for all of them. The zero value is right for
// a machine that serves and nothing else.
type Options struct {
	Version string // of the program, as metadata report it

	MaxBody  int64 // bytes of a request's body once inflated; 0: 64 MiB
	MaxPart  int64 // bytes of one part of a multipart body, or of one line of NDJSON; 0: 32 MiB
	MaxRows  int   // rows of a request that is answered as a whole; 0: 1,000
	MaxParts int   // parts of a multipart body; 0: 1,000

	MaxPixels  int64 // of a picture; 0: 16 Mi
	MaxSeconds int   // of a sound or film; 0: 60

	// Timeout is the longest that one request may take from its admission on; it frees the core when
	// it has passed or the client has gone. 0: 30 s.
	Timeout time.Duration
	// MaxWait is the longest that a request waits to be admitted. One that is expected to wait longer
	// is refused with 503 at once. 0: 250 ms.
	MaxWait time.Duration
	// Slots is the number of requests that are worked on at once. 0: two for each core, so that one is
	// read while another computes.
	Slots int
	// MaxMemory bounds the bytes of the bodies that are held at once. 0: 512 MiB.
	MaxMemory int64

	APIKeys []string // if there are any, requests but for health and metrics must carry one
	Origins []string // that browsers may call from; "*": all

	Reports fs.FS        // a folder of reports, shown under /report/; nil: none
	Logger  *slog.Logger // one line a request, of those that are refused one a second; nil: none
}

func (o Options) withDefaults() Options {
	o.MaxBody = cmp.Or(o.MaxBody, 64<<20)
	o.MaxPart = cmp.Or(o.MaxPart, 32<<20)
	o.MaxRows = cmp.Or(o.MaxRows, 1000)
	o.MaxParts = cmp.Or(o.MaxParts, 1000)
	o.MaxPixels = cmp.Or(o.MaxPixels, 16<<20)
	o.MaxSeconds = cmp.Or(o.MaxSeconds, 60)
	o.Timeout = cmp.Or(o.Timeout, 30*time.Second)
	o.MaxWait = cmp.Or(o.MaxWait, 250*time.Millisecond)
	o.Slots = cmp.Or(o.Slots, 2*runtime.GOMAXPROCS(0))
	o.MaxMemory = cmp.Or(o.MaxMemory, 512<<20)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Server answers requests with its models. Its methods are safe for concurrent use.
type Server struct {
	o        Options
	mu       sync.RWMutex
	models   map[string]*Model
	names    []string // in the order in which the models were added
	admit    *admission
	metrics  *metrics
	refusals refusals
	draining atomic.Bool
	handler  http.Handler
}

// New returns a server without models; it is ready once it has one.
func New(o Options) *Server {
	s := &Server{o: o.withDefaults(), models: map[string]*Model{}}
	s.metrics = newMetrics()
	s.admit = newAdmission(s.o.Slots, s.o.MaxWait, s.o.MaxMemory)
	s.handler = s.routes()
	return s
}

// Handler returns a server of these models as an http.Handler.
func Handler(models map[string]*predict.Model, o Options) http.Handler {
	s := New(o)
	for name, m := range models {
		s.Set(name, "", m)
	}
	return s.Handler()
}

// Handler returns what answers the requests.
func (s *Server) Handler() http.Handler { return s.handler }

// Drain makes /readyz answer 503, so that no new requests are sent here; requests that come all the
// same are still answered.
func (s *Server) Drain() { s.draining.Store(true) }

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { writeText(w, "ok\n") })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.HandleFunc("GET /metrics", s.writeMetrics)
	mux.HandleFunc("GET /openapi.json", s.openAPI)
	mux.HandleFunc("GET /v1/models", s.listModels)
	mux.HandleFunc("GET /v1/models/{model}", s.showModel)
	mux.HandleFunc("GET /v1/models/{model}/schema", s.showSchema)
	mux.HandleFunc("POST /v1/models/{model}/predict", s.shed(s.predict, writeFault))
	s.oipRoutes(mux)
	s.pageRoutes(mux)
	s.grpcRoutes(mux)
	return s.observe(s.guard(mux))
}

func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	if !s.isReady() {
		http.Error(w, "loading or draining", http.StatusServiceUnavailable)
		return
	}
	writeText(w, "ready\n")
}

// isReady reports whether requests should be sent here.
func (s *Server) isReady() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.models) > 0 && !s.draining.Load()
}

func writeText(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write([]byte(text)) //nolint:errcheck // the client has gone
}

// Try answers a row without anything with a model: one that cannot is not to be served.
func Try(m *predict.Model) error {
	row := dataset.NewRowReader(nil, m.Schema()).Read("{}", 1).Row
	ds := m.Dataset("request", "", []dataset.Row{row})
	ds.FS = nowhere
	answer, err := m.Predict(context.Background(), ds)
	if err != nil {
		return err
	}
	for _, p := range answer.Predictions[0].Probabilities {
		if math.IsNaN(p) {
			return errors.New("its answer is not a number")
		}
	}
	return nil
}
