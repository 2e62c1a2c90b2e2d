package serve_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fusor-ml/fusor/predict"
	"github.com/fusor-ml/fusor/serve"
)

// countedReader counts what is read of it.
type countedReader struct {
	r    io.Reader
	read atomic.Int64
}

func (c *countedReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.read.Add(int64(n))
	return n, err
}

// slowAnswer is an answer of which nothing is taken until taken is closed.
type slowAnswer struct {
	header http.Header
	taken  chan struct{}
	text   bytes.Buffer
}

func (s *slowAnswer) Header() http.Header { return s.header }
func (s *slowAnswer) WriteHeader(int)     {}
func (s *slowAnswer) Write(p []byte) (int, error) {
	<-s.taken
	return s.text.Write(p)
}

// TestStreamReadAhead: of a stream whose answers nobody takes, no more is read ahead than 8 MiB, or
// one line that is longer; once they are taken, every line is answered.
func TestStreamReadAhead(t *testing.T) {
	m, err := trained()
	if err != nil {
		t.Fatal(err)
	}
	held := regexp.MustCompile(`(?m)^fusor_body_bytes (\d+)$`)
	const ahead = 8 << 20
	for _, c := range []struct {
		name       string
		line, rows int
		most       int64 // that is held
	}{
		// Of fewer bytes a line, the number of lines would be the bound.
		{"long lines", 64 << 10, 800, ahead},
		{"lines longer than the bound", 10 << 20, 5, 10<<20 + 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := serve.Handler(map[string]*predict.Model{"shop": m}, serve.Options{MaxWait: time.Minute})
			// What the model has no column for costs nothing but its bytes.
			line := fmt.Sprintf("{\"note\": \"lovely and quick\", \"other\": %q}\n", strings.Repeat("a", c.line))
			body := &countedReader{r: strings.NewReader(strings.Repeat(line, c.rows))}
			r := httptest.NewRequest(http.MethodPost, predictPath, body)
			r.Header.Set("Content-Type", "application/x-ndjson")
			w := &slowAnswer{header: http.Header{}, taken: make(chan struct{})}
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				h.ServeHTTP(w, r)
			}()

			var last, most int64
			for still := time.Now(); last == 0 || time.Since(still) < time.Second; time.Sleep(time.Millisecond) {
				metrics := httptest.NewRecorder()
				h.ServeHTTP(metrics, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
				n, err := strconv.ParseInt(string(held.FindSubmatch(metrics.Body.Bytes())[1]), 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				most = max(most, n)
				if read := body.read.Load(); read != last {
					last, still = read, time.Now()
				}
			}
			if most > c.most {
				t.Errorf("%d bytes are held, more than %d", most, c.most)
			}
			// The first batch, whose answer waits; what is held; a line that waits for room.
			if bound := 2*c.most + int64(len(line)) + 64<<10; last > bound {
				t.Errorf("%d bytes are read, more than %d", last, bound)
			}

			close(w.taken)
			<-ended
			if n := strings.Count(w.text.String(), `"prediction":"good"`); n != c.rows || body.read.Load() != int64(c.rows*len(line)) {
				t.Errorf("%d of %d lines are answered, of %d bytes: %.300s", n, c.rows, body.read.Load(), w.text.String())
			}
		})
	}
}
