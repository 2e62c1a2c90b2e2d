package serve_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fusor-ml/fusor/predict"
	"github.com/fusor-ml/fusor/serve"
)

// TestOverload: of more requests than can be answered in time some are refused with 503 and
// Retry-After, the others are answered, and health is reported all the while.
func TestOverload(t *testing.T) {
	s := server(t, serve.Options{Slots: 1, MaxWait: 20 * time.Millisecond})
	var rows strings.Builder
	rows.WriteString(`{"rows":[`)
	for i := range 400 {
		fmt.Fprintf(&rows, `{"note":"lovely and quick %d, as it was the last time and will be"},`, i)
	}
	body := strings.TrimSuffix(rows.String(), ",") + "]}"
	var mu sync.Mutex
	count := map[int]int{}
	var wg sync.WaitGroup
	for range 24 {
		wg.Go(func() {
			for range 4 {
				resp, err := http.Post(s.URL+predictPath, "application/json", strings.NewReader(body))
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := io.Copy(io.Discard, resp.Body); err != nil {
					t.Error(err)
				}
				resp.Body.Close() //nolint:errcheck // it was only read
				if resp.StatusCode == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") == "" {
					t.Error("a refusal without Retry-After")
				}
				mu.Lock()
				count[resp.StatusCode]++
				mu.Unlock()
				if resp, err := http.Get(s.URL + "/healthz"); err != nil || resp.StatusCode != http.StatusOK {
					t.Errorf("health: %v %v", resp, err)
				} else {
					resp.Body.Close() //nolint:errcheck // it was only read
				}
			}
		})
	}
	wg.Wait()
	if count[200] == 0 || count[503] == 0 || count[200]+count[503] != 96 {
		t.Errorf("answers by status: %v", count)
	}
	if _, out := get(t, s.URL+"/metrics"); !strings.Contains(out, fmt.Sprintf("fusor_requests_shed_total %d\n", count[503])) || !strings.Contains(out, "fusor_body_bytes 0\n") {
		t.Errorf("metrics after %v: %s", count, out)
	}
}

func get(t testing.TB, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(out)
}

// dial opens a connection that ends with the test.
func dial(t testing.TB, s *httptest.Server) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() }) //nolint:errcheck // it may be closed
	return conn.(*net.TCPConn)
}

const slowHead = "POST " + predictPath + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"

// TestHalfClosed: a body that ends before its length is answered with 400, whether it is JSON, a
// form or a stream.
func TestHalfClosed(t *testing.T) {
	s := server(t, serve.Options{})
	for _, kind := range []string{"application/json", "multipart/form-data; boundary=b", "application/x-ndjson"} {
		conn := dial(t, s)
		if _, err := io.WriteString(conn, strings.Replace(slowHead, "application/json", kind, 1)); err != nil {
			t.Fatal(err)
		}
		if err := conn.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		conn.SetReadDeadline(time.Now().Add(20 * time.Second)) //nolint:errcheck // a TCP connection has deadlines
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s", kind, resp.Status)
		}
		resp.Body.Close() //nolint:errcheck // it was only read
	}
}

// TestSlowBodies: bodies that stop coming keep nobody from being answered, and end with 408.
func TestSlowBodies(t *testing.T) {
	s := server(t, serve.Options{Slots: 1, Timeout: 2 * time.Second})
	var slow []*net.TCPConn
	for range 100 {
		conn := dial(t, s)
		if _, err := io.WriteString(conn, slowHead); err != nil {
			t.Fatal(err)
		}
		slow = append(slow, conn)
	}
	for range 50 {
		ask(t, s, predictPath, "application/json", `{"note": "lovely and quick"}`, http.StatusOK)
	}
	for i, conn := range slow {
		conn.SetReadDeadline(time.Now().Add(20 * time.Second)) //nolint:errcheck // a TCP connection has deadlines
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("the slow body %d: %v", i, err)
		}
		if resp.StatusCode != http.StatusRequestTimeout {
			t.Errorf("the slow body %d: %s", i, resp.Status)
		}
		resp.Body.Close() //nolint:errcheck // it was only read
	}
	if _, out := get(t, s.URL+"/metrics"); !strings.Contains(out, "fusor_body_bytes 0\n") {
		t.Errorf("memory is held in the end: %s", out)
	}
}

// TestReplaced: models are replaced under load, and no request fails; no goroutine stays.
func TestReplaced(t *testing.T) {
	m, err := trained()
	if err != nil {
		t.Fatal(err)
	}
	host := serve.New(serve.Options{MaxWait: time.Minute})
	host.Set("shop", "1", m)
	s := httptest.NewServer(host.Handler())
	defer s.Close()
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(t.Context())
	var replacing, asking sync.WaitGroup
	replacing.Go(func() {
		for i := 2; ctx.Err() == nil; i++ {
			host.Set("shop", fmt.Sprint(i), m)
			time.Sleep(time.Millisecond)
		}
	})
	for range 4 {
		asking.Go(func() {
			for range 50 {
				if a := ask(t, s, predictPath, "application/json", `{"note": "lovely and quick", "price": 0.4}`, http.StatusOK); len(a.Predictions) != 1 || a.Predictions[0].Prediction != "good" {
					t.Errorf("%+v", a)
				}
			}
		})
	}
	asking.Wait()
	cancel()
	replacing.Wait()
	http.DefaultClient.CloseIdleConnections()
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before+4; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
			break
		}
	}
}

// TestGivenUp: a client that goes away frees what its request held.
func TestGivenUp(t *testing.T) {
	s := server(t, serve.Options{Slots: 1})
	for range 20 {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Millisecond)
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+predictPath, strings.NewReader(`{"rows":[`+strings.Repeat(`{"note":"a b c d e f g"},`, 900)+`{}]}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(r)
		if err == nil {
			resp.Body.Close() //nolint:errcheck // it is given up
		} else if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		cancel()
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		_, out := get(t, s.URL+"/metrics")
		if strings.Contains(out, "fusor_body_bytes 0\n") && strings.Contains(out, "fusor_requests_in_progress 0\n") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("held in the end: %s", out)
		}
	}
}

// TestSlowStreams: a call of HTTP/2 whose answer is not taken ends.
func TestSlowStreams(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for seconds")
	}
	m, err := trained()
	if err != nil {
		t.Fatal(err)
	}
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	s := httptest.NewUnstartedServer(serve.Handler(map[string]*predict.Model{"shop": m}, serve.Options{Timeout: 2 * time.Second, MaxRows: 10_000}))
	s.Config.Protocols = protocols
	s.Start()
	defer s.Close()
	client := &http.Client{Transport: &http.Transport{Protocols: protocols, HTTP2: &http.HTTP2Config{MaxReceiveBufferPerStream: 64 << 10}}}
	defer client.CloseIdleConnections()
	row := `{"note":"lovely and quick"}`
	resp, err := client.Post(s.URL+predictPath, "application/json", strings.NewReader(`{"rows":[`+strings.Repeat(row+",", 4999)+row+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	if resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status)
	}
	time.Sleep(5 * time.Second)
	if n, err := io.Copy(io.Discard, resp.Body); err == nil {
		t.Errorf("%d bytes come after none was taken for long", n)
	}
}

// TestWriteTimeout: the time that a server of others has for writing stays as it is.
func TestWriteTimeout(t *testing.T) {
	if testing.Short() {
		t.Skip("computes many rows")
	}
	m, err := trained()
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan time.Time, 1)
	handler := serve.Handler(map[string]*predict.Model{"shop": m}, serve.Options{MaxRows: 100_000})
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r)
		ended <- time.Now()
	}))
	s.Config.WriteTimeout = 4 * time.Second
	s.Start()
	defer s.Close()
	conn := dial(t, s)
	conn.SetReadBuffer(4096) //nolint:errcheck // it may hold more
	row := `{"note":"lovely and quick"}`
	many := `{"rows":[` + strings.Repeat(row+",", 59_999) + row + `]}`
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", predictPath, len(many), many) //nolint:errcheck // the server reads it
	select {
	case <-ended:
	case <-time.After(25 * time.Second): // its own time is 30 s and more
		t.Error("an answer that nobody takes is still written")
		conn.Close() //nolint:errcheck // which ends it
	}
}

// TestSlowReaders: clients that do not take their answers keep nobody else from being answered, and
// the stream of one that takes none of them ends.
func TestSlowReaders(t *testing.T) {
	if testing.Short() {
		t.Skip("computes many rows")
	}
	s := server(t, serve.Options{Slots: 1, Timeout: 2 * time.Second, MaxRows: 100_000})
	row := `{"note":"lovely and quick"}`
	const rows = 60_000 // of which the answer is more than the system holds for a client
	many := `{"rows":[` + strings.Repeat(row+",", rows-1) + row + `]}`
	post := func(kind string) *net.TCPConn {
		conn := dial(t, s)
		conn.SetReadBuffer(4096)                                                                    //nolint:errcheck // it may hold more
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: %s\r\n", predictPath, kind) //nolint:errcheck // the server reads it
		return conn
	}
	for range 2 {
		fmt.Fprintf(post("application/json"), "Content-Length: %d\r\n\r\n%s", len(many), many) //nolint:errcheck // as above
	}
	time.Sleep(100 * time.Millisecond)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		resp, err := http.Post(s.URL+predictPath, "application/json", strings.NewReader(row))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close() //nolint:errcheck // it was only read
		if resp.StatusCode == http.StatusOK {
			break
		}
		if time.Now().After(deadline) { // the two are computed before
			t.Fatalf("others are answered with %s", resp.Status)
		}
	}

	stream := post("application/x-ndjson")
	chunk := strings.Repeat(row+"\n", 1000)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, err := io.WriteString(stream, "Transfer-Encoding: chunked\r\n\r\n")
		for err == nil {
			_, err = fmt.Fprintf(stream, "%x\r\n%s\r\n", len(chunk), chunk)
		}
	}()
	select {
	case <-ended:
	case <-time.After(60 * time.Second):
		t.Fatal("a stream that nobody reads goes on")
	}
}
