//go:build slow && !windows

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A command that is killed, terminated or interrupted at any moment leaves nothing that is half,
// ends with the code of its signal if it can, and comes to the same end when it is run again; after
// that no temporary file is left.
func TestKilledCommands(t *testing.T) {
	dir := t.TempDir()
	bin := filepath.Join(dir, "fusor")
	if out, err := exec.Command("go", "build", "-o", bin, "github.com/fusor-ml/fusor/cmd/fusor").CombinedOutput(); err != nil {
		t.Fatalf("cannot build: %v\n%s", err, out)
	}
	temp := filepath.Join(dir, "tmp")
	work := filepath.Join(dir, "work")
	for _, d := range []string{temp, work} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var csv strings.Builder
	csv.WriteString("id,note,a,b,label\n")
	for i := range 300 {
		fmt.Fprintf(&csv, "%d,the %s bird sat on branch %d,%d,%d,%s\n", i, []string{"red", "blue", "gray"}[i%3], i, i%2*3+i%5, i%7, []string{"wren", "robin"}[i%2])
	}
	if err := os.WriteFile(filepath.Join(work, "birds.csv"), []byte(csv.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	command := func(args ...string) *exec.Cmd {
		c := exec.Command(bin, args...)
		c.Dir = work
		c.Env = append(os.Environ(), "TMPDIR="+temp, "FUSOR_CACHE="+filepath.Join(dir, "cache"))
		return c
	}
	finish := func(args ...string) time.Duration {
		t.Helper()
		start := time.Now()
		if out, err := command(args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return time.Since(start)
	}
	jobs := []struct {
		args []string
		out  string // the file that it writes; its bytes are the same every time
	}{
		{[]string{"train", "birds.csv", "-o", "m.fusor", "--fusion", "attention", "--resume", "--quiet"}, "m.fusor"},
		{[]string{"predict", "m.fusor", "birds.csv", "-o", "answers.csv"}, "answers.csv"},
		{[]string{"explain", "m.fusor", "birds.csv", "--json", "explain.json", "--quiet"}, "explain.json"},
		{[]string{"compare", "birds.csv", "-o", "result", "--fusions", "mean,concat", "--folds", "2", "--quiet"}, "result/compare.json"},
	}
	rng := rand.New(rand.NewPCG(31, 7))
	signals := []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGINT}
	read := func(name string) []byte {
		if name == "result/compare.json" {
			if _, err := os.Stat(filepath.Join(work, name)); err != nil {
				return nil
			}
			return untimed(t, filepath.Join(work, "result"))
		}
		data, err := os.ReadFile(filepath.Join(work, name))
		if err != nil {
			return nil
		}
		return data
	}
	stopped, codes := 0, map[int]int{}
	for k, job := range jobs {
		took := finish(job.args...)
		want := read(job.out)
		if want == nil {
			t.Fatalf("%v wrote no %s", job.args, job.out)
		}
		for try := range 25 {
			os.RemoveAll(filepath.Join(work, job.out)) //nolint:errcheck // it is there
			signal := signals[(k+try)%3]
			c := command(job.args...)
			var stderr bytes.Buffer
			c.Stderr = &stderr
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(rng.Float64() * float64(took)))
			sent := c.Process.Signal(signal) == nil
			start := time.Now()
			err := c.Wait()
			if after := time.Since(start); after > grace+10*time.Second {
				t.Errorf("%v went on for %s after signal %v", job.args, after, signal)
			}
			code := c.ProcessState.ExitCode() // -1: by the signal
			codes[code]++
			if err != nil && sent {
				stopped++
				if signal == syscall.SIGKILL && code != -1 || code != -1 && code != 128+int(signal) {
					t.Errorf("%v ended with %d after signal %d:\n%s", job.args, code, int(signal), &stderr)
				}
			}
			if got := read(job.out); got != nil && !bytes.Equal(got, want) {
				t.Fatalf("%v left another %s of %d bytes, whole it has %d", job.args, job.out, len(got), len(want))
			}
		}
		finish(job.args...)
		if !bytes.Equal(read(job.out), want) {
			t.Errorf("%v comes to another end after it was stopped", job.args)
		}
	}
	t.Logf("stopped %d of %d times; exit codes %v", stopped, 25*len(jobs), codes)
	// A temporary file is taken for left behind after an hour.
	old := time.Now().Add(-2 * time.Hour)
	left, _ := filepath.Glob(filepath.Join(work, "*", ".fusor-*.tmp"))
	beside, _ := filepath.Glob(filepath.Join(work, ".fusor-*.tmp"))
	for _, name := range append(left, beside...) {
		if err := os.Chtimes(name, old, old); err != nil {
			t.Fatal(err)
		}
	}
	for _, job := range jobs {
		finish(job.args...)
	}
	var names []string
	for _, d := range []string{work, filepath.Join(work, "result"), temp} {
		entries, err := os.ReadDir(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
	}
	t.Log(names)
	if slices.ContainsFunc(names, func(n string) bool {
		return strings.Contains(n, "tmp") || strings.Contains(n, "unfinished") || strings.Contains(n, "checkpoint") || strings.HasPrefix(n, "fusor-")
	}) {
		t.Errorf("left behind: %v", names)
	}
}
