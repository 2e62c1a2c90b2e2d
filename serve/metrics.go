package serve

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// metrics counts what a server does, for the text format of Prometheus (version 0.0.4).
type metrics struct {
	mu       sync.Mutex
	requests map[string]map[int]int64 // by route and status
	latency  map[string]*histogram    // by route
	stages   map[string]*histogram    // by stage
	shed     int64
	flagged  map[string]map[string]int64 // by model and flag
	answered map[string]int64            // rows by model
	infers   map[string]*inferences
}

// The stages of a prediction.
const (
	stageWait     = "wait"
	stageDecode   = "decode"
	stageFeatures = "features"
	stageForward  = "forward"
)

// count adds one to what is counted by two names.
func count[K comparable](counts map[string]map[K]int64, outer string, inner K) {
	if counts[outer] == nil {
		counts[outer] = map[K]int64{}
	}
	counts[outer][inner]++
}

func newMetrics() *metrics {
	return &metrics{
		requests: map[string]map[int]int64{}, latency: map[string]*histogram{}, stages: map[string]*histogram{},
		flagged: map[string]map[string]int64{}, answered: map[string]int64{}, infers: map[string]*inferences{},
	}
}

// bounds are the upper ends of the classes of a histogram, in seconds.
var bounds = [...]float64{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}

type histogram struct {
	counts [len(bounds) + 1]int64
	sum    float64
}

func (h *histogram) add(took time.Duration) {
	x := took.Seconds()
	i, _ := slices.BinarySearch(bounds[:], x)
	h.counts[i]++
	h.sum += x
}

func (h *histogram) write(b *bytes.Buffer, name, labels string) {
	n := int64(0)
	for i, c := range h.counts {
		n += c
		le := "+Inf"
		if i < len(bounds) {
			le = strconv.FormatFloat(bounds[i], 'g', -1, 64)
		}
		fmt.Fprintf(b, "%s_bucket{%s,le=%q} %d\n", name, labels, le, n)
	}
	fmt.Fprintf(b, "%s_sum{%s} %g\n%s_count{%s} %d\n", name, labels, h.sum, name, labels, n)
}

func (m *metrics) request(route string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	count(m.requests, route, status)
	observeIn(m.latency, route, took)
}

func (m *metrics) stage(name string, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	observeIn(m.stages, name, took)
}

func observeIn(in map[string]*histogram, name string, took time.Duration) {
	h := in[name]
	if h == nil {
		h = &histogram{}
		in[name] = h
	}
	h.add(took)
}

func (m *metrics) refused() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shed++
}

func (m *metrics) flags(model string, flags []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.answered[model]++
	for _, f := range flags {
		count(m.flagged, model, f)
	}
}

func (s *Server) writeMetrics(w http.ResponseWriter, _ *http.Request) {
	var b bytes.Buffer
	// Before m.mu: no two locks are held at once.
	busy, waiting, held := s.admit.load()
	head := func(name, kind, help string) { fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind) }
	head("fusor_models", "gauge", "Models that are served.")
	for _, m := range s.all() {
		a := m.Artifact()
		fmt.Fprintf(&b, "fusor_models{model=%s,version=%s,fusion=%s,task=%s} 1\n", label(m.Name), label(m.Version), label(a.Spec.Method), label(string(a.Schema.Task)))
	}
	head("fusor_requests_in_progress", "gauge", "Requests that are worked on.")
	fmt.Fprintf(&b, "fusor_requests_in_progress %d\n", busy)
	head("fusor_requests_waiting", "gauge", "Requests that wait for their turn.")
	fmt.Fprintf(&b, "fusor_requests_waiting %d\n", waiting)
	head("fusor_body_bytes", "gauge", "Memory that the bodies of requests take.")
	fmt.Fprintf(&b, "fusor_body_bytes %d\n", held)
	head("go_goroutines", "gauge", "Goroutines.")
	fmt.Fprintf(&b, "go_goroutines %d\n", runtime.NumGoroutine())

	m := s.metrics
	m.mu.Lock()
	head("fusor_requests_shed_total", "counter", "Requests that were refused because they would have had to wait too long.")
	fmt.Fprintf(&b, "fusor_requests_shed_total %d\n", m.shed)
	head("fusor_requests_total", "counter", "Requests by route and status.")
	// Sorted, since scrapes are compared by people and tests, and a map has no order.
	for _, route := range slices.Sorted(maps.Keys(m.requests)) {
		for _, status := range slices.Sorted(maps.Keys(m.requests[route])) {
			fmt.Fprintf(&b, "fusor_requests_total{route=%s,status=\"%d\"} %d\n", label(route), status, m.requests[route][status])
		}
	}
	head("fusor_request_seconds", "histogram", "Time from the head of a request to the end of its answer.")
	for _, route := range slices.Sorted(maps.Keys(m.latency)) {
		m.latency[route].write(&b, "fusor_request_seconds", "route="+label(route))
	}
	head("fusor_stage_seconds", "histogram", "Time of the stages of a prediction.")
	for _, stage := range slices.Sorted(maps.Keys(m.stages)) {
		m.stages[stage].write(&b, "fusor_stage_seconds", "stage="+label(stage))
	}
	head("fusor_rows_total", "counter", "Rows that were answered.")
	for _, model := range slices.Sorted(maps.Keys(m.answered)) {
		fmt.Fprintf(&b, "fusor_rows_total{model=%s} %d\n", label(model), m.answered[model])
	}
	head("fusor_flags_total", "counter", "Flags of answered rows: what was absent, unreadable or partial.")
	for _, model := range slices.Sorted(maps.Keys(m.flagged)) {
		for _, flag := range slices.Sorted(maps.Keys(m.flagged[model])) {
			fmt.Fprintf(&b, "fusor_flags_total{model=%s,flag=%s} %d\n", label(model), label(flag), m.flagged[model][flag])
		}
	}
	m.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	w.Write(b.Bytes()) //nolint:errcheck // the client has gone
}

// label quotes the value of a label.
func label(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`).Replace(s) + `"`
}

// inferences counts the requests of the Open Inference Protocol to one model.
type inferences struct {
	requests, rows, failed int64
	took                   time.Duration
	last                   time.Time
}

// lastMillis is when the last one was answered, in milliseconds since 1970; 0 if none was.
func (c *inferences) lastMillis() int64 {
	if c.last.IsZero() {
		return 0
	}
	return c.last.UnixMilli()
}

func (m *metrics) inferred(model string, took time.Duration, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.infers[model]
	if c == nil {
		c = &inferences{}
		m.infers[model] = c
	}
	if err != nil {
		c.failed++
		return
	}
	c.requests++
	c.took += took
	c.last = time.Now()
}

func (m *metrics) inference(model string) inferences {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out inferences
	if c := m.infers[model]; c != nil {
		out = *c
	}
	out.rows = m.answered[model]
	return out
}
