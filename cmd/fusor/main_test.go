package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fusor-ml/fusor/internal/termtext"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/fusor-ml/fusor/dataset"
)

func TestMain(m *testing.M) {
	testscript.Main(plainLocale{m}, map[string]func(){
		"fusor": func() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// plainLocale runs the tests in one language, whatever the developer's is.
type plainLocale struct{ *testing.M }

func (m plainLocale) Run() int {
	if err := os.Setenv("LC_ALL", "C"); err != nil {
		panic(err)
	}
	return m.M.Run()
}

// encoders returns the folder of small pretrained encoders to test with, "" where there is none.
func encoders() string {
	base := os.Getenv("FUSOR_CONFORMANCE")
	if base == "" {
		base = filepath.Join("..", "..", "..", "shared", "conformance")
	}
	dir, err := filepath.Abs(filepath.Join(base, "encoders", "arch"))
	if err != nil || !exists(filepath.Join(dir, "bert-mean")) {
		return ""
	}
	return dir
}

// TestScripts runs testdata/*.txtar: sessions at the command line. Beside
// testscript's own commands they have those of the table below.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("FUSOR_CACHE", filepath.Join(e.WorkDir, ".cache"))
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_CACHE_HOME", filepath.Join(e.WorkDir, ".cache"))
			e.Setenv("COLUMNS", "")
			e.Setenv("ENCODERS", encoders())
			e.Setenv("FUSOR_ENCODERS", "")
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name != "encoders" {
				return false, fmt.Errorf("unknown condition %s", name)
			}
			return encoders() != "", nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ask":     askServer,
			"exit":    exits,
			"notes":   notes,
			"byvalue": byValue,
			"picture": picture,
			"sound":   sound,
			"cut":     cut,
			"flip":    flip,
			"recode":  recode,
			"longcell": func(ts *testscript.TestScript, _ bool, args []string) {
				writeFile(ts, args[0], append([]byte(ts.ReadFile(args[0])+"a,"), append(bytes.Repeat([]byte("0123456789"), 1_000_000), '\n')...))
			},
			"latin": func(ts *testscript.TestScript, _ bool, args []string) {
				writeFile(ts, args[0], []byte("{\"text\":\"caf\xe9 \xff\"}\n{\"text\":\"good\"}\n"))
			},
			"narrow": narrow,
		},
	})
}

// exits runs a command that must end with the given code: exit 1 fusor train …
func exits(ts *testscript.TestScript, _ bool, args []string) {
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("cannot run %v: %v", args[1:], err)
		}
		code = exit.ExitCode()
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("%v ended with %d, want %s", args[1:], code, args[0])
	}
}

// askServer writes the status and the answer of a server at a Unix socket: ask SOCKET PATH [BODY].
// It waits for the server to start.
func askServer(ts *testscript.TestScript, _ bool, args []string) {
	socket := ts.MkAbs(args[0])
	client := http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}
	method, body := http.MethodGet, ""
	if len(args) > 2 {
		method, body = http.MethodPost, ts.ReadFile(args[2])
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		r, err := http.NewRequestWithContext(context.Background(), method, "http://server"+args[1], strings.NewReader(body))
		ts.Check(err)
		r.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(r)
		if err != nil && time.Now().Before(deadline) {
			continue // it has not begun
		}
		ts.Check(err)
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close() //nolint:errcheck // it was only read
		ts.Check(err)
		fmt.Fprintf(ts.Stdout(), "%d %s\n", resp.StatusCode, text)
		return
	}
}

// notes writes a manifest of n rows: notes FILE N. What a row states and costs shows its class.
func notes(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	words := [2][]string{{"bad", "awful", "poor"}, {"good", "fine", "lovely"}}
	var b strings.Builder
	b.WriteString("id,label,text,price,color\n")
	for i := range n {
		c := i % 2
		fmt.Fprintf(&b, "%d,%s,this thing is %s and %s,%d,%s\n", i, []string{"neg", "pos"}[c], words[c][i%3], words[c][(i/2)%3],
			10*c+i%5, []string{"red", "blue", "grey"}[i%3])
	}
	writeFile(ts, args[0], []byte(b.String()))
}

// picture writes a PNG of noise around a color: picture FILE SIZE red|green|blue.
func picture(ts *testscript.TestScript, _ bool, args []string) {
	size, err := strconv.Atoi(args[1])
	ts.Check(err)
	base, ok := map[string]color.NRGBA{"red": {200, 30, 30, 255}, "green": {30, 200, 30, 255}, "blue": {30, 30, 200, 255}}[args[2]]
	if !ok {
		ts.Fatalf("no colour %q", args[2])
	}
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	state := uint32(len(args[0]) + int(args[0][len(args[0])-5])) // differs between files
	for i := 0; i < len(img.Pix); i += 4 {
		state = state*1664525 + 1013904223
		d := uint8(state >> 27)
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = base.R+d, base.G+d, base.B+d, 255
	}
	var b bytes.Buffer
	ts.Check(png.Encode(&b, img))
	writeFile(ts, args[0], b.Bytes())
}

// sound writes a WAV of a tone at 16 kHz: sound FILE SECONDS HERTZ.
func sound(ts *testscript.TestScript, _ bool, args []string) {
	seconds, err := strconv.ParseFloat(args[1], 64)
	ts.Check(err)
	hertz, err := strconv.ParseFloat(args[2], 64)
	ts.Check(err)
	n := int(16000 * seconds)
	var b bytes.Buffer
	le := binary.LittleEndian
	b.WriteString("RIFF")
	b.Write(le.AppendUint32(nil, uint32(36+2*n)))
	b.WriteString("WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00")
	b.Write(le.AppendUint32(nil, 16000))
	b.Write(le.AppendUint32(nil, 32000))
	b.WriteString("\x02\x00\x10\x00data")
	b.Write(le.AppendUint32(nil, uint32(2*n)))
	for i := range n {
		b.Write(le.AppendUint16(nil, uint16(int16(12000*math.Sin(2*math.Pi*hertz*float64(i)/16000)))))
	}
	writeFile(ts, args[0], b.Bytes())
}

// cut keeps the first bytes of a file: cut FILE N.
func cut(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	writeFile(ts, args[0], []byte(ts.ReadFile(args[0])[:n]))
}

// flip changes one bit of a file: flip FILE BYTE; a negative place counts from the end.
func flip(ts *testscript.TestScript, _ bool, args []string) {
	at, err := strconv.Atoi(args[1])
	ts.Check(err)
	data := []byte(ts.ReadFile(args[0]))
	if at < 0 {
		at += len(data)
	}
	data[at] ^= 1
	writeFile(ts, args[0], data)
}

// recode rewrites a UTF-8 file: recode FILE bom|crlf|utf16|utf16be|gb18030.
func recode(ts *testscript.TestScript, _ bool, args []string) {
	s := ts.ReadFile(args[0])
	var enc encoding.Encoding
	switch args[1] {
	case "bom":
		s = "\uFEFF" + s
	case "crlf":
		s = strings.ReplaceAll(s, "\n", "\r\n")
	case "utf16":
		enc = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case "utf16be":
		enc = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case "gb18030":
		enc = simplifiedchinese.GB18030
	default:
		ts.Fatalf("no encoding %q", args[1])
	}
	if enc != nil {
		var err error
		s, err = enc.NewEncoder().String(s)
		ts.Check(err)
	}
	writeFile(ts, args[0], []byte(s))
}

// narrow checks that no line of stdout is wider than N columns: narrow N.
func narrow(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	for _, line := range strings.Split(ts.ReadFile("stdout"), "\n") {
		if w := termtext.Width(line); w > n {
			ts.Fatalf("a line of %d columns, want at most %d: %q", w, n, line)
		}
	}
}

func writeFile(ts *testscript.TestScript, name string, data []byte) {
	path := ts.MkAbs(name)
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o755))
	ts.Check(os.WriteFile(path, data, 0o644))
}

// TestTold: of very many problems the first ones are told, and how many more there are.
func TestTold(t *testing.T) {
	var ps dataset.Problems
	for i := range 1000 {
		ps = append(ps, dataset.Problem{File: "m.csv", Row: i + 2, Column: strconv.Itoa(i), What: "too many cells", Fatal: true})
	}
	err := fmt.Errorf("strict:\n%w", ps)
	if got := strings.Split(told(err, false), "\n"); len(got) != shownProblems+1 || got[shownProblems] != "… and 981 more problems (fusor inspect lists all)" {
		t.Errorf("%d lines, the last %q", len(got), got[len(got)-1])
	}
	if got := strings.Count(told(err, true), "\n"); got != 1000 {
		t.Errorf("%d lines of all", got)
	}
	for i := range ps[:999] {
		ps[i].Fatal = false
	}
	ps[999].What = "the reason"
	if got := told(fmt.Errorf("strict:\n%w", ps), false); !strings.HasPrefix(got, "strict:\nm.csv:1001: column \"999\": the reason\nm.csv:2: column") {
		t.Errorf("what stops it does not come first: %.200s", got)
	}
	if err := errors.New("one\n" + strings.Repeat("line\n", 100)); told(err, false) != err.Error() {
		t.Error("an error that lists no problems was cut")
	}
}
