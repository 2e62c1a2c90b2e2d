//go:build slow && linux

package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The tests here load a server in a process of its own, which has one core. The machine may have
// other work: what is compared is CPU time, and times of waiting have a margin.

// loadSeconds is how long the load lasts; FUSOR_LOAD_SECONDS sets another time.
func loadSeconds(t *testing.T, usual int) time.Duration {
	t.Helper()
	if s := os.Getenv("FUSOR_LOAD_SECONDS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		usual = n
	}
	return time.Duration(usual) * time.Second
}

// loaded is a server under test.
type loaded struct {
	*exec.Cmd
	url, dir string
	temp     string
	stderr   *bytes.Buffer
}

var loadOnce = sync.OnceValues(func() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "fusor-load"); err != nil {
		return "", err
	}
	run := func(name string, args ...string) error {
		c := exec.Command(name, args...)
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("%s %v: %w\n%s", name, args, err, out)
		}
		return nil
	}
	bin := filepath.Join(dir, "fusor")
	if err := run("go", "build", "-o", bin, "github.com/fusor-ml/fusor/cmd/fusor"); err != nil {
		return "", err
	}
	if err := run(bin, "demo", filepath.Join(dir, "birds"), "--data-only", "-q"); err != nil {
		return "", err
	}
	table, err := os.ReadFile(filepath.Join(dir, "birds", "birds.csv"))
	if err != nil {
		return "", err
	}
	few := filepath.Join(dir, "birds", "few.csv")
	if err := os.WriteFile(few, []byte(strings.Join(strings.Split(string(table), "\n")[:97], "\n")), 0o600); err != nil {
		return "", err
	}
	return dir, run(bin, "train", few, "-o", filepath.Join(dir, "birds.fusor"), "--epochs", "2", "--no-cache", "-q")
})

// startServer starts a server of the model of birds on one core, and ends it with the test.
func startServer(t *testing.T, args ...string) *loaded {
	t.Helper()
	dir, err := loadOnce()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close() //nolint:errcheck // the server opens it again
	s := &loaded{url: "http://" + addr, dir: dir, temp: t.TempDir(), stderr: &bytes.Buffer{}}
	s.Cmd = exec.Command(filepath.Join(dir, "fusor"), append([]string{"serve", filepath.Join(dir, "birds.fusor"), "--listen", addr, "-q"}, args...)...)
	s.Env = append(os.Environ(), "GOMAXPROCS=1", "TMPDIR="+s.temp)
	s.Stderr = s.stderr
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended
		if err := s.Wait(); err != nil && !t.Failed() && s.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Errorf("the server ended with %v\n%s", err, s.stderr)
		}
	})
	s.awaitReady(t)
	return s
}

func (s *loaded) awaitReady(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if resp, err := http.Get(s.url + "/readyz"); err == nil {
			resp.Body.Close() //nolint:errcheck // it was only read
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("the server is not ready: %s", s.stderr)
		}
	}
}

// cpu returns the time that the server has computed.
func (s *loaded) cpu(t *testing.T) time.Duration {
	t.Helper()
	var at unix.Timespec
	clock := int32(^s.Process.Pid<<3 | 2) // clock_getcpuclockid(3)
	if err := unix.ClockGettime(clock, &at); err != nil {
		t.Fatal(err)
	}
	return time.Duration(at.Nano())
}

// starved returns how long threads of the server have waited for a core.
func (s *loaded) starved(t *testing.T) time.Duration {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", s.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	var sum time.Duration
	for _, path := range threads {
		data, err := os.ReadFile(path)
		if f := strings.Fields(string(data)); err == nil && len(f) > 1 { // a thread may have ended
			ns, _ := strconv.ParseInt(f[1], 10, 64)
			sum += time.Duration(ns)
		}
	}
	return sum
}

// rss returns the memory of the server in MB, now and at most.
func (s *loaded) rss(t *testing.T) (now, most int) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		f := strings.Fields(line)
		switch f[0] {
		case "VmRSS:":
			now, _ = strconv.Atoi(f[1])
		case "VmHWM:":
			most, _ = strconv.Atoi(f[1])
		}
	}
	return now >> 10, most >> 10
}

func (s *loaded) descriptors(t *testing.T) int {
	t.Helper()
	fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	return len(fds)
}

// request is the content type and the body of one.
type request struct{ kind, body string }

// requests returns rows of the birds: with a note and a photo, or mixed media in JSON and forms.
func (s *loaded) requests(t *testing.T, mixed bool) []request {
	t.Helper()
	file := func(column string, i int) []byte { // some rows have none
		names, err := filepath.Glob(filepath.Join(s.dir, "birds", column, "*"))
		if err != nil || len(names) == 0 {
			t.Fatalf("no %s: %v", column, err)
		}
		data, err := os.ReadFile(names[i%len(names)])
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	var out []request
	for i := range 20 {
		row := map[string]any{"note": fmt.Sprintf("Seen at the lake, number %d, it sang.", i)}
		add := func(column string) {
			row[column] = map[string]string{"$base64": base64.StdEncoding.EncodeToString(file(column, i))}
		}
		add("photo")
		if mixed && i%4 == 1 {
			add("song")
		}
		if mixed && i%8 == 3 {
			add("flight")
		}
		data, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, request{"application/json", string(data)})
		if !mixed {
			continue
		}
		var form bytes.Buffer
		w := multipart.NewWriter(&form)
		w.WriteField("note", "a form") //nolint:errcheck // memory
		for _, column := range []string{"photo", "song"} {
			part, err := w.CreateFormFile(column, column)
			if err != nil {
				t.Fatal(err)
			}
			part.Write(file(column, i)) //nolint:errcheck // memory
		}
		w.Close() //nolint:errcheck // memory
		out = append(out, request{w.FormDataContentType(), form.String()}, request{"application/x-ndjson", strings.Repeat(`{"note": "a line"}`+"\n", 20)})
	}
	return out
}

// outcome counts answers and the times that they took.
type outcome struct {
	mu     sync.Mutex
	took   map[int][]time.Duration // by status; 0: no answer
	errors map[string]int
}

func (o *outcome) add(status int, took time.Duration, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.took == nil {
		o.took, o.errors = map[int][]time.Duration{}, map[string]int{}
	}
	if err != nil {
		o.errors[err.Error()]++
	}
	o.took[status] = append(o.took[status], took)
}

// join adds what another has counted.
func (o *outcome) join(other *outcome) {
	for status, all := range other.took {
		for _, took := range all {
			o.add(status, took, nil)
		}
	}
	for text, n := range other.errors {
		o.errors[text] += n
	}
}

func (o *outcome) at(status int, quantile float64) time.Duration {
	all := o.took[status]
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[int(quantile*float64(len(all)-1))]
}

func (o *outcome) String() string {
	var b strings.Builder
	for _, status := range slices.Sorted(maps.Keys(o.took)) {
		fmt.Fprintf(&b, "%d: %d, p50 %v p99 %v max %v; ", status, len(o.took[status]), o.at(status, 0.5), o.at(status, 0.99), o.at(status, 1))
	}
	return b.String() + fmt.Sprint(o.errors)
}

func (o *outcome) send(client *http.Client, url string, q request) {
	start := time.Now()
	resp, err := client.Post(url, q.kind, strings.NewReader(q.body))
	if err != nil {
		o.add(0, time.Since(start), err)
		return
	}
	_, err = io.Copy(io.Discard, resp.Body)
	resp.Body.Close() //nolint:errcheck // it was only read
	o.add(resp.StatusCode, time.Since(start), err)
}

func loadClient() *http.Client {
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 512, MaxConnsPerHost: 512}}
}

// closed sends requests from n clients, each of which waits for its answers.
func (s *loaded) closed(ctx context.Context, n int, all []request) *outcome {
	var o outcome
	var wg sync.WaitGroup
	client := loadClient()
	defer client.CloseIdleConnections()
	for c := range n {
		wg.Go(func() {
			for i := c; ctx.Err() == nil; i += n {
				o.send(client, s.url+"/v1/models/birds/predict", all[i%len(all)])
			}
		})
	}
	wg.Wait()
	return &o
}

// open sends so many requests in each second that the server computes, whether they are answered
// or not. What else the machine does changes neither how much more comes than the server can answer
// in the time that it has, nor what it spends on the time of others.
func (s *loaded) open(ctx context.Context, t *testing.T, perCPU float64, all []request) *outcome {
	t.Helper()
	var o outcome
	var wg sync.WaitGroup
	var waiting atomic.Int64
	client := loadClient()
	defer client.CloseIdleConnections()
	start := s.cpu(t)
	for i := 0; ctx.Err() == nil; {
		due := int((s.cpu(t) - start).Seconds() * perCPU)
		for i < due || waiting.Load() < 8 { // else a server without work would stay so
			waiting.Add(1)
			q := all[i%len(all)]
			i++
			wg.Go(func() {
				defer waiting.Add(-1)
				o.send(client, s.url+"/v1/models/birds/predict", q)
			})
		}
		time.Sleep(time.Millisecond)
	}
	wg.Wait()
	return &o
}

// watch asks for health all the time.
func (s *loaded) watch(ctx context.Context) *outcome {
	var o outcome
	client := loadClient()
	defer client.CloseIdleConnections()
	for ctx.Err() == nil {
		start := time.Now()
		resp, err := client.Get(s.url + "/healthz")
		if err != nil {
			o.add(0, time.Since(start), err)
			continue
		}
		resp.Body.Close() //nolint:errcheck // it was only read
		o.add(resp.StatusCode, time.Since(start), nil)
		time.Sleep(20 * time.Millisecond)
	}
	return &o
}

// capacity returns the requests that a server answers in a second of its CPU while it has no more
// to do than it can.
func (s *loaded) capacity(t *testing.T, seconds time.Duration, all []request) (perCPU float64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), seconds)
	defer cancel()
	before := s.cpu(t)
	o := s.closed(ctx, 4, all)
	n := float64(len(o.took[http.StatusOK]))
	if n == 0 || len(o.took[http.StatusServiceUnavailable]) > int(n)/20 { // a busy machine makes some wait
		t.Fatalf("without overload: %v", o)
	}
	return n / (s.cpu(t) - before).Seconds()
}

// With twice the load that it can answer, a server answers nearly as many requests a second of its
// CPU as without, quickly, and refuses the others at once. The two are measured in turn, and each
// time of overload goes against the calm before and after it, as cores have different speeds at
// different times.
func TestServeOverload(t *testing.T) {
	s := startServer(t)
	all := s.requests(t, false)
	const turns = 15
	seconds := loadSeconds(t, 30)
	var sum outcome
	var kept []float64
	var took, starved time.Duration
	var health outcome
	calm := s.capacity(t, seconds/turns/2, all)
	for range turns {
		ctx, cancel := context.WithTimeout(t.Context(), seconds/turns)
		var watched *outcome
		var wg sync.WaitGroup
		wg.Go(func() { watched = s.watch(ctx) })
		before, waited, start := s.cpu(t), s.starved(t), time.Now()
		o := s.open(ctx, t, 2*calm, all)
		cpu := s.cpu(t) - before
		took += time.Since(start)
		starved += s.starved(t) - waited
		wg.Wait()
		cancel()
		good := float64(len(o.took[http.StatusOK])) / cpu.Seconds()
		after := s.capacity(t, seconds/turns/2, all)
		kept = append(kept, good/((calm+after)/2))
		calm = after
		sum.join(o)
		health.join(watched)
	}
	slices.Sort(kept)
	t.Logf("in all: %v", &sum)
	t.Logf("share of the answers without overload: %.2f; threads waited for a core for %.0f %% of the time; health %v", kept, 100*starved.Seconds()/took.Seconds(), &health)
	for status := range sum.took {
		if status != http.StatusOK && status != http.StatusServiceUnavailable {
			t.Errorf("answers with %d", status)
		}
	}
	if kept[turns/2] < 0.9 {
		t.Errorf("%.0f %% of the answers without overload", 100*kept[turns/2])
	}
	if len(sum.took[http.StatusServiceUnavailable]) == 0 {
		t.Error("nothing is refused")
	}
	if starved > took/20 {
		t.Log("the machine has other work: times of waiting are not judged")
		return
	}
	const maxWait = 250 * time.Millisecond
	if p99, most := sum.at(http.StatusOK, 0.99), maxWait+5*sum.at(http.StatusOK, 0.5); p99 > most {
		t.Errorf("p99 of what is answered is %v, more than %v", p99, most)
	}
	if p99 := sum.at(http.StatusServiceUnavailable, 0.99); p99 > 50*time.Millisecond {
		t.Errorf("p99 of refusals is %v", p99)
	}
	if p99 := health.at(http.StatusOK, 0.99); p99 > 50*time.Millisecond || len(health.took) != 1 {
		t.Errorf("p99 of health is %v", p99)
	}
}

// Mixed media at twice the load leave nothing behind: no memory, no file, no descriptor.
func TestServeEndurance(t *testing.T) {
	const budget = 64 // MB of bodies that are held at once
	s := startServer(t)
	all := s.requests(t, true)
	perCPU := s.capacity(t, 5*time.Second, all)
	time.Sleep(time.Second)
	idle, _ := s.rss(t)
	files := s.descriptors(t)
	seconds := loadSeconds(t, 180)
	ctx, cancel := context.WithTimeout(t.Context(), seconds)
	defer cancel()
	var samples []int
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			now, _ := s.rss(t)
			samples = append(samples, now)
			time.Sleep(seconds / 60)
		}
	})
	o := s.open(ctx, t, 2*perCPU, all)
	wg.Wait()
	_, most := s.rss(t)
	third := len(samples) / 3
	early, late := slices.Max(samples[third:2*third]), slices.Max(samples[2*third:])
	t.Logf("for %v: %v", seconds, o)
	t.Logf("memory: idle %d MB, at most %d; second third %d, last third %d", idle, most, early, late)
	if most > 150+budget {
		t.Errorf("%d MB of memory", most)
	}
	if late > early+early/5 {
		t.Errorf("memory grows from %d to %d MB", early, late)
	}
	for status := range o.took {
		if status != http.StatusOK && status != http.StatusServiceUnavailable {
			t.Errorf("answers with %d", status)
		}
	}
	if left, err := os.ReadDir(s.temp); err != nil || len(left) > 0 {
		t.Errorf("left in the temporary folder: %v %v", left, err)
	}
	for deadline := time.Now().Add(10 * time.Second); s.descriptors(t) > files+2; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("%d descriptors, %d before", s.descriptors(t), files)
			break
		}
	}
}

// Clients that send a byte now and then keep nobody else from being answered.
func TestServeSlowClients(t *testing.T) {
	for _, clients := range []int{500, 1500} {
		t.Run(strconv.Itoa(clients), func(t *testing.T) { slowClients(t, clients) })
	}
}

func slowClients(t *testing.T, clients int) {
	s := startServer(t)
	all := s.requests(t, false)
	ctx, cancel := context.WithTimeout(t.Context(), loadSeconds(t, 20))
	defer cancel()
	var wg sync.WaitGroup
	var opened atomic.Int64
	for i := range clients {
		wg.Go(func() {
			conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close() //nolint:errcheck // it is given up
			head := "POST /v1/models/birds/predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n"
			if i%2 == 0 {
				head += "\r\n{" // slow bodies, the others have slow heads
			}
			opened.Add(1)
			if _, err := io.WriteString(conn, head); err != nil {
				return
			}
			for ctx.Err() == nil {
				select {
				case <-time.After(time.Second):
				case <-ctx.Done():
				}
				if _, err := io.WriteString(conn, "x"); err != nil {
					return // the server has given up
				}
			}
		})
	}
	for int(opened.Load()) < clients && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	o := s.closed(ctx, 2, all)
	wg.Wait()
	n := 0
	for _, took := range o.took {
		n += len(took)
	}
	_, most := s.rss(t)
	t.Logf("%v; at most %d MB", o, most)
	if good := len(o.took[http.StatusOK]); n == 0 || float64(good) < 0.99*float64(n) {
		t.Errorf("%d of %d requests are answered", good, n)
	}
}

// Models are loaded again and again under load, and no request fails.
func TestServeReloadUnderLoad(t *testing.T) {
	s := startServer(t, "--max-wait", "10s")
	all := s.requests(t, true)
	ctx, cancel := context.WithTimeout(t.Context(), loadSeconds(t, 10))
	defer cancel()
	var wg sync.WaitGroup
	reloads := 0
	wg.Go(func() {
		for ctx.Err() == nil {
			if err := s.Process.Signal(syscall.SIGHUP); err != nil {
				t.Error(err)
				return
			}
			reloads++
			time.Sleep(100 * time.Millisecond)
		}
	})
	o := s.closed(ctx, 4, all)
	wg.Wait()
	t.Logf("%d signals; %v", reloads, o)
	if len(o.took) != 1 || len(o.took[http.StatusOK]) == 0 {
		t.Errorf("%v", o)
	}
}

// A server that is killed at any moment of a reload starts again.
func TestServeKilledWhileReloading(t *testing.T) {
	for try := range 20 {
		s := startServer(t)
		if err := s.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(try) * 2 * time.Millisecond)
		if err := s.Process.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	s := startServer(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if o := s.closed(ctx, 1, s.requests(t, false)); len(o.took) != 1 || len(o.took[http.StatusOK]) == 0 {
		t.Errorf("%v", o)
	}
}
