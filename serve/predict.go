package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/media"
	"github.com/fusor-ml/fusor/predict"
)

// answer is the body of POST /v1/models/{model}/predict.
type answer struct {
	Predictions []predict.Prediction `json:"predictions"`
	Problems    dataset.Problems     `json:"problems"`
}

// predict answers the rows of a request.
func (s *Server) predict(w http.ResponseWriter, r *http.Request) {
	m, err := s.model(r.PathValue("model"))
	if err != nil {
		writeFault(w, r, err)
		return
	}
	q, err := readQuery(r.URL.Query())
	if err != nil {
		writeFault(w, r, err)
		return
	}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		kind = ""
	}
	// A stream asks for turns by itself, batch by batch, and its body is never held whole.
	if kind == "application/x-ndjson" || kind == "application/jsonl" {
		s.predictStream(w, r, m, q)
		return
	}
	// Model and query are checked before: a wrong request should not wait for a turn.
	x, err := s.begin(w, r)
	if err != nil {
		writeFault(w, r, err)
		return
	}
	defer x.end()
	decode := time.Now()
	var lines []dataset.Line
	switch kind {
	case "application/json", "text/json":
		lines, err = s.readJSON(x.body, m, &x.hold)
	case "multipart/form-data":
		lines, err = s.readMultipart(x.body, m, params["boundary"])
	case "":
		err = faultf(http.StatusUnsupportedMediaType, "unknown content type", "the request has no valid Content-Type; %s", acceptedTypes)
	default:
		err = faultf(http.StatusUnsupportedMediaType, "unknown content type", "%.100q is not read here; %s", kind, acceptedTypes)
	}
	s.metrics.stage(stageDecode, time.Since(decode))
	if err != nil {
		writeFault(w, r, err)
		return
	}
	a, err := s.answer(x.ctx, m, lines, q)
	if err != nil {
		writeFault(w, r, err)
		return
	}
	out := buffers.Get().(*bytes.Buffer)
	defer func() {
		out.Reset()
		buffers.Put(out)
	}()
	body, err := a.appendJSON(out.AvailableBuffer())
	if err != nil {
		writeFault(w, r, err)
		return
	}
	// The body was built in the buffer's spare capacity, and this makes it the buffer's own.
	out.Write(body) // keeps its memory
	writeBody(w, "application/json", body)
}

// appendJSON appends a as its tags describe it.
func (a *answer) appendJSON(b []byte) ([]byte, error) {
	var err error
	b = append(b, `{"predictions":[`...)
	for i := range a.Predictions {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = a.Predictions[i].AppendJSON(b); err != nil {
			return nil, err
		}
	}
	b = append(b, `],"problems":`...)
	if len(a.Problems) == 0 {
		return append(b, "[]}\n"...), nil
	}
	problems, err := json.Marshal(a.Problems)
	if err != nil {
		return nil, err
	}
	return append(append(b, problems...), '}', '\n'), nil
}

const acceptedTypes = "send application/json, multipart/form-data or application/x-ndjson"

// query is what the URL asks for beside the prediction.
type query struct {
	predict.Query
	weights bool
}

// maxTop bounds how many classes are asked for.
const maxTop = 1_000_000

func readQuery(v url.Values) (q query, err error) {
	bad := func(name, what string) error {
		return faultf(http.StatusBadRequest, "invalid query", "%s=%.100s: %s", name, v.Get(name), what)
	}
	for name := range v {
		value := v.Get(name)
		switch name {
		case "explain":
			if value != "modalities" {
				return q, bad(name, "it must be modalities")
			}
			q.Explain = true
		case "top":
			if q.Top, err = strconv.Atoi(value); err != nil || q.Top < 1 || q.Top > maxTop {
				return q, bad(name, "it must be a whole number from 1 to "+strconv.Itoa(maxTop))
			}
		case "coverage":
			if q.Coverage, err = strconv.ParseFloat(value, 64); err != nil || !(q.Coverage > 0 && q.Coverage < 1) {
				return q, bad(name, "it must be a number between 0 and 1")
			}
		case "weights":
			if value != "0" && value != "1" {
				return q, bad(name, "it must be 0 or 1")
			}
			q.weights = value == "1"
		default:
			return q, faultf(http.StatusBadRequest, "invalid query", "there is no option %.100q; there are explain, top, coverage, weights", name)
		}
	}
	return q, nil
}

// answer predicts lines, none of which may be unreadable.
func (s *Server) answer(ctx context.Context, m *Model, lines []dataset.Line, q query) (*answer, error) {
	rows := make([]dataset.Row, len(lines))
	var problems dataset.Problems
	for i, l := range lines {
		rows[i] = l.Row
		problems = append(problems, l.Problems...)
	}
	for i := range problems {
		problems[i].File = "" // the request has none
	}
	// One unreadable row refuses the request: answers are matched to rows by their place.
	if fatal := problems.Fatal(); len(fatal) > 0 {
		f := faultf(http.StatusUnprocessableEntity, "unreadable rows", "row %d: %s", fatal[0].Row, fatal[0].What)
		f.problems = problems
		return nil, f
	}
	start := time.Now()
	ds := m.Dataset("request", "", rows)
	// A name in a request opens no file.
	ds.FS, ds.Problems = nowhere, problems
	f, err := m.Features(media.WithLimits(ctx, media.Limits{Pixels: s.o.MaxPixels, Seconds: s.o.MaxSeconds}), ds)
	s.metrics.stage(stageFeatures, time.Since(start))
	if err != nil {
		return nil, err
	}
	predictions, err := m.batch.answer(ctx, f, q.Query)
	if err != nil {
		return nil, queryFault(err, q)
	}
	for i := range predictions {
		s.metrics.flags(m.Name, predictions[i].Flags)
		// Left out unless asked for: most are never read, and each is a number for every view.
		if !q.weights {
			predictions[i].Weights = nil
		}
	}
	// [] and not null for no rows, as the schema has it.
	if predictions == nil {
		predictions = []predict.Prediction{}
	}
	out := &answer{predictions, f.Problems}
	if out.Problems == nil {
		out.Problems = dataset.Problems{}
	}
	for i := range out.Problems {
		out.Problems[i].File = "" // the request has none
	}
	return out, nil
}

// queryFault is the answer to a query that the model cannot answer.
func queryFault(err error, q query) error {
	if q.Coverage > 0 && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return faultf(http.StatusUnprocessableEntity, "no prediction sets", "%v", err)
	}
	return err
}

// predictStream answers NDJSON line by line, in order. Each batch of lines is admitted by itself,
// so that a long stream takes its turns like everybody else.
func (s *Server) predictStream(w http.ResponseWriter, r *http.Request, m *Model, q query) {
	// Lines that have not come yet may belong before one that has.
	if m.OverRows() {
		writeFault(w, r, faultf(http.StatusUnprocessableEntity, "no stream",
			"the model reads the rows of a group in their order; send them together as application/json"))
		return
	}
	control := http.NewResponseController(w)
	// HTTP/1 servers in Go else read the whole body before the first byte of an answer.
	if err := control.EnableFullDuplex(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		writeFault(w, r, err)
		return
	}
	lines := s.lines(w, r, m)
	defer lines.hold.end()
	started := false
	for {
		batch, more, err := lines.next(r.Context())
		if err != nil {
			if !started {
				writeFault(w, r, err)
			} else {
				// The status is sent: what goes wrong from here on is a line of its own, and the end.
				noteError(w, err)
				fmt.Fprintf(w, "{\"error\":%s}\n", quote(asFault(err).Error()))
			}
			return
		}
		if len(batch) > 0 {
			out, err := s.streamBatch(r.Context(), m, batch, q, started)
			lines.answered()
			if err != nil && !started {
				writeFault(w, r, err)
				return
			}
			if !started {
				started = true
				w.Header().Set("Content-Type", "application/x-ndjson")
			}
			if err != nil {
				noteError(w, err)
				out = fmt.Appendf(nil, "{\"error\":%s}\n", quote(asFault(err).Error()))
			}
			if _, werr := w.Write(out); werr != nil || err != nil {
				return
			}
			control.Flush() //nolint:errcheck // where it cannot, the lines come together
		}
		if !more {
			return
		}
	}
}

// streamBatch answers a batch of lines, one line each.
func (s *Server) streamBatch(ctx context.Context, m *Model, batch []dataset.Line, q query, started bool) ([]byte, error) {
	t, err := s.admit.enterStream(ctx, started)
	if err != nil {
		return nil, err
	}
	defer t.leave()
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	var good []dataset.Line
	for _, l := range batch {
		if len(l.Problems.Fatal()) == 0 {
			good = append(good, l)
		}
	}
	a, err := s.answer(ctx, m, good, q)
	if err != nil {
		return nil, err
	}
	var out []byte
	for _, l := range batch {
		if fatal := l.Problems.Fatal(); len(fatal) > 0 {
			out = fmt.Appendf(out, "{\"line\":%d,\"error\":%s}\n", l.Row.Number, quote(fatal[0].What))
			continue
		}
		if out, err = a.Predictions[0].AppendJSON(out); err != nil {
			return nil, err
		}
		out = append(out, '\n')
		a.Predictions = a.Predictions[1:]
	}
	return out, nil
}

func quote(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		return []byte(`""`)
	}
	return b
}
