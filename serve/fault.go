package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/fusor-ml/fusor/dataset"
)

// fault is an error with the answer that it gets: problem details (RFC 9457).
type fault struct {
	status   int
	title    string
	detail   string
	retry    int // seconds after which to try again; 0: it makes no sense
	problems dataset.Problems
	body     []byte // that the details make; nil: not made yet
}

func (f *fault) Error() string { return f.title + ": " + f.detail }

func faultf(status int, title, format string, args ...any) *fault {
	return &fault{status: status, title: title, detail: fmt.Sprintf(format, args...)}
}

// asFault returns the answer to an error. An error that is not of the request itself is not shown:
// its message could hold a path of this machine.
func asFault(err error) *fault {
	var f *fault
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &tooLarge):
		return faultf(http.StatusRequestEntityTooLarge, "too large", "the body is longer than %d bytes", tooLarge.Limit)
	case errors.Is(err, context.DeadlineExceeded):
		return faultf(http.StatusGatewayTimeout, "too slow", "the request took longer than it may")
	case errors.Is(err, context.Canceled):
		return faultf(statusClientGone, "gone", "the client has closed the connection")
	}
	return faultf(http.StatusInternalServerError, "failed", "the request could not be answered; the server's log has the reason")
}

// statusClientGone is what the log has for a request whose client did not wait for the answer.
const statusClientGone = 499

// problemDetails is the body of an error (RFC 9457, section 3).
type problemDetails struct {
	Type     string           `json:"type"`
	Title    string           `json:"title"`
	Status   int              `json:"status"`
	Detail   string           `json:"detail,omitempty"`
	Problems dataset.Problems `json:"problems,omitempty"`
}

func writeFault(w http.ResponseWriter, r *http.Request, err error) {
	f := asFault(err)
	noteError(w, err)
	if f.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(f.retry))
	}
	body := f.body
	if body == nil {
		body = f.details()
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(f.status)
	w.Write(body) //nolint:errcheck // the client has gone
}

// details returns the body of the answer.
func (f *fault) details() []byte {
	body, err := json.Marshal(problemDetails{Type: "about:blank", Title: f.title, Status: f.status, Detail: f.detail, Problems: f.problems})
	if err != nil { // strings can always be written
		body = []byte("{}")
	}
	return append(body, '\n')
}

func writeJSON(w http.ResponseWriter, r *http.Request, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		writeFault(w, r, err)
		return
	}
	writeBody(w, "application/json", append(body, '\n'))
}

// writeBody writes an answer that is whole, of a content type unless it has one.
func writeBody(w http.ResponseWriter, kind string, body []byte) {
	h := w.Header()
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", kind)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body) //nolint:errcheck // the client has gone
}
