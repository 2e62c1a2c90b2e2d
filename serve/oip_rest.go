package serve

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// The REST form of the Open Inference Protocol, with the extensions binary_tensor_data, statistics
// and model_repository (Triton's, of which the repository is read only).

const (
	inferenceHeader = "Inference-Header-Content-Length"
	onlyVersion     = "1"
	serverName      = "fusor"
)

var (
	grpcExtensions = []string{"statistics", "model_repository"}
	oipExtensions  = append([]string{"binary_tensor_data"}, grpcExtensions...)
)

func (s *Server) oipRoutes(mux *http.ServeMux) {
	server := func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, r, object{"name": serverName, "version": s.o.Version, "extensions": oipExtensions})
	}
	mux.HandleFunc("GET /v2", server)
	mux.HandleFunc("GET /v2/{$}", server)
	mux.HandleFunc("GET /v2/health/live", func(w http.ResponseWriter, r *http.Request) { writeJSON(w, r, object{"live": true}) })
	mux.HandleFunc("GET /v2/health/ready", func(w http.ResponseWriter, r *http.Request) {
		if ready := s.isReady(); !ready {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		writeJSON(w, r, object{"ready": s.isReady()})
	})
	mux.HandleFunc("POST /v2/repository/index", s.oipIndex)
	for _, prefix := range []string{"/v2/models/{model}", "/v2/models/{model}/versions/{version}"} {
		mux.HandleFunc("GET "+prefix, s.oipMetadata)
		mux.HandleFunc("GET "+prefix+"/ready", s.oipReady)
		mux.HandleFunc("GET "+prefix+"/stats", s.oipStatistics)
		mux.HandleFunc("POST "+prefix+"/infer", s.shed(s.oipInfer, writeOIPError))
	}
	mux.HandleFunc("GET /v2/models/stats", s.oipStatistics)
}

func writeOIPError(w http.ResponseWriter, r *http.Request, err error) {
	f := asFault(err)
	noteError(w, err)
	if f.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(f.retry))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.status)
	fmt.Fprintf(w, "{\"error\":%s}\n", quote(f.Error()))
}

// versioned returns a model. There is one version of each, which "" is as well.
func (s *Server) versioned(name, version string) (*Model, error) {
	m, err := s.model(name)
	if err == nil && version != "" && version != onlyVersion {
		err = faultf(http.StatusNotFound, "no such version", "the model has no version %.100q", version)
	}
	return m, err
}

// oipModel returns the model that the path names.
func (s *Server) oipModel(w http.ResponseWriter, r *http.Request) (*Model, bool) {
	m, err := s.versioned(r.PathValue("model"), r.PathValue("version"))
	if err != nil {
		writeOIPError(w, r, err)
		return nil, false
	}
	return m, true
}

func (s *Server) oipMetadata(w http.ResponseWriter, r *http.Request) {
	if m, ok := s.oipModel(w, r); ok {
		writeJSON(w, r, object{
			"name": m.Name, "versions": []string{onlyVersion}, "platform": serverName,
			"inputs": m.inputs, "outputs": m.outputs,
		})
	}
}

func (s *Server) oipReady(w http.ResponseWriter, r *http.Request) {
	if m, ok := s.oipModel(w, r); ok {
		writeJSON(w, r, object{"name": m.Name, "ready": true})
	}
}

func (s *Server) oipIndex(w http.ResponseWriter, r *http.Request) {
	out := []object{}
	for _, m := range s.all() {
		out = append(out, object{"name": m.Name, "version": onlyVersion, "state": "READY", "reason": ""})
	}
	writeJSON(w, r, out)
}

func (s *Server) oipStatistics(w http.ResponseWriter, r *http.Request) {
	models := s.all()
	if r.PathValue("model") != "" {
		m, ok := s.oipModel(w, r)
		if !ok {
			return
		}
		models = []*Model{m}
	}
	out := []object{}
	for _, m := range models {
		c := s.metrics.inference(m.Name)
		total := object{"count": c.requests, "ns": c.took.Nanoseconds()}
		none := object{"count": 0, "ns": 0}
		out = append(out, object{
			"name": m.Name, "version": onlyVersion, "last_inference": c.lastMillis(),
			"inference_count": c.rows, "execution_count": c.requests,
			"inference_stats": object{
				"success": total, "fail": object{"count": c.failed, "ns": 0}, "queue": none,
				"compute_input": none, "compute_infer": total, "compute_output": none, "cache_hit": none, "cache_miss": none,
			},
			"batch_stats": []object{},
		})
	}
	writeJSON(w, r, object{"model_stats": out})
}

func (s *Server) oipInfer(w http.ResponseWriter, r *http.Request) {
	m, ok := s.oipModel(w, r)
	if !ok {
		return
	}
	x, err := s.begin(w, r)
	if err != nil {
		writeOIPError(w, r, err)
		return
	}
	defer x.end()
	start := time.Now()
	err = s.oipAnswer(w, r, x, m)
	s.metrics.inferred(m.Name, time.Since(start), err)
	if err != nil {
		writeOIPError(w, r, err)
	}
}

func (s *Server) oipAnswer(w http.ResponseWriter, r *http.Request, x *exchange, m *Model) error {
	body := x.body
	// The binary tensor data extension: the header has the length of the JSON, and the tensors' bytes
	// follow in the order of the inputs.
	head, binaryPart := body, []byte(nil)
	if n := r.Header.Get(inferenceHeader); n != "" {
		length, err := strconv.Atoi(n)
		if err != nil || length < 0 || length > len(body) {
			return faultf(http.StatusBadRequest, "invalid header", "%s is %.20q, the body has %d bytes", inferenceHeader, n, len(body))
		}
		head, binaryPart = body[:length], body[length:]
	}
	// The head is copied, as strings are parts of it.
	if err := x.hold.grow(int64(len(head))); err != nil {
		return err
	}
	q := jsonRequest{m: m}
	if err := q.read(head, binaryPart); err != nil {
		return err
	}
	// No output named: all of them.
	outputs, err := s.infer(x.ctx, m, &x.hold, q.inputs, q.wanted)
	if err != nil {
		return err
	}
	return writeOutputs(w, m, q.id, outputs, q.asBinary)
}
