package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestTutorial types every command of the tutorial in both languages, in its order, and compares
// what is shown with what comes.
func TestTutorial(t *testing.T) {
	all := map[string][]block{}
	for _, name := range []string{"tutorial.md", "tutorial.zh-CN.md"} {
		data, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = blocks(string(data))
	}
	en, zh := all["tutorial.md"], all["tutorial.zh-CN.md"]
	if len(en) != len(zh) {
		t.Fatalf("%d blocks in English, %d in Chinese", len(en), len(zh))
	}
	for i := range en {
		if en[i].info != zh[i].info || en[i].info == "console" && en[i].text != zh[i].text {
			t.Errorf("block %d differs:\n%s\n%s", i+1, en[i].text, zh[i].text)
		}
	}
	for name, parts := range all {
		t.Chdir(t.TempDir())
		t.Setenv("FUSOR_CACHE", "cache")
		typed := 0
		var last string // what the last command wrote
		for _, b := range parts {
			if b.info == "shows" {
				shows(t, name, last, b.text)
			}
			if file, ok := strings.CutPrefix(b.info, "csv "); ok {
				if err := os.WriteFile(file, []byte(b.text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if b.info != "console" {
				continue
			}
			for _, c := range strings.Split("\n"+b.text, "\n$ fusor ")[1:] {
				line, want, _ := strings.Cut(strings.TrimSuffix(c, "\n")+"\n", "\n")
				args := strings.Fields(line)
				if name == "tutorial.zh-CN.md" {
					args = append(args, "--lang", "zh")
				}
				typed++
				if args[0] == "serve" {
					serves(t, args)
					continue
				}
				var got, errs bytes.Buffer
				if code := run(args, strings.NewReader(""), &got, &errs); code != exitOK {
					t.Errorf("%s: fusor %s ended with %d: %s", name, line, code, &errs)
				} else if want = strings.TrimSpace(want); want != "" && !near(t, got.String(), want) {
					t.Errorf("%s: fusor %s writes\n%s, not\n%s", name, line, &got, want)
				}
				last = got.String()
			}
		}
		if typed < 12 {
			t.Errorf("%s: only %d commands were found", name, typed)
		}
	}
}

// shows checks that lines of a tutorial are lines of an output: as they stand or,
// where there is a bar behind them, begun so. Scores may differ between processors, so every number
// counts as the same.
func shows(t *testing.T, name, output, lines string) {
	t.Helper()
	shape := func(s string) string {
		return strings.TrimSpace(regexp.MustCompile("[* \u00a0]+").ReplaceAllString(regexp.MustCompile(`[−+]?\d+(\.\d+)?`).ReplaceAllString(s, "0"), " "))
	}
	rest := strings.Split(output, "\n")
	for line := range strings.Lines(lines) {
		i := slices.IndexFunc(rest, func(s string) bool { return strings.HasPrefix(shape(s), shape(line)) })
		if i < 0 {
			t.Errorf("%s shows %q, which is not in\n%s", name, line, output)
			return
		}
	}
}

// serves runs a server, asks for its page, and ends it as Ctrl-C does.
func serves(t *testing.T, args []string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		return // a process cannot interrupt itself there
	}
	out, in := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(append(args, "--listen", "127.0.0.1:0", "-q"), strings.NewReader(""), in, io.Discard)
		in.Close()
	}()
	line := make([]byte, 400)
	n, err := out.Read(line)
	address := regexp.MustCompile(`http://\S+`).FindString(string(line[:n]))
	if err != nil || address == "" {
		t.Fatalf("fusor %s writes %q: %v", strings.Join(args, " "), line[:n], err)
	}
	go io.Copy(io.Discard, out) //nolint:errcheck // what comes after it
	answer, err := http.Get(address + "/")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close() //nolint:errcheck // it was only asked for
	if answer.StatusCode != http.StatusOK {
		t.Errorf("the page is answered by %s", answer.Status)
	}
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Signal(os.Interrupt)
	}
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("the server does not end")
	}
}
