//go:build slow && !windows

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// An interrupted comparison that goes on yields the same result, but for times,
// whenever and however it was stopped.
func TestInterruptedCompareGoesOn(t *testing.T) {
	dir := t.TempDir()
	bin := filepath.Join(dir, "fusor")
	if out, err := exec.Command("go", "build", "-o", bin, "github.com/fusor-ml/fusor/cmd/fusor").CombinedOutput(); err != nil {
		t.Fatalf("cannot build: %v\n%s", err, out)
	}
	t.Run("folds", func(t *testing.T) { interruptedCompareGoesOn(t, bin, "") })
	t.Run("official split", func(t *testing.T) { interruptedCompareGoesOn(t, bin, "split") })
}

// interruptedCompareGoesOn compares on a made table, with a column of the
// official split if it is named.
func interruptedCompareGoesOn(t *testing.T, bin, split string) {
	t.Helper()
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(7, 7))
	var csv strings.Builder
	csv.WriteString("id,note,a,b,label")
	if split != "" {
		csv.WriteString("," + split)
	}
	csv.WriteString("\n")
	for i := range 160 {
		y := i % 2
		fmt.Fprintf(&csv, "%d,the %s bird sat on branch %d,%.3f,%.3f,%s", i, [...]string{"red", "blue", "grey"}[(y+rng.IntN(2))%3], i,
			float64(y)+rng.NormFloat64(), float64(y)-rng.NormFloat64(), [...]string{"wren", "robin"}[y])
		if split != "" {
			csv.WriteString("," + [...]string{"train", "train", "train", "val", "test"}[i/2%5])
		}
		csv.WriteString("\n")
	}
	data := filepath.Join(dir, "birds.csv")
	if err := os.WriteFile(data, []byte(csv.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(out string) *exec.Cmd {
		c := exec.Command(bin, "compare", data, "-o", out, "--fusions", "mean,concat,attention,bilstm", "--quiet", "--no-cache")
		c.Dir = dir
		return c
	}
	whole := filepath.Join(dir, "whole")
	start := time.Now()
	if out, err := run(whole).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	took := time.Since(start)
	want := untimed(t, whole)
	again := filepath.Join(dir, "again")
	stops := 0
	for try := 0; ; try++ {
		if try > 60 {
			t.Fatal("the comparison never ends")
		}
		if err := os.RemoveAll(filepath.Join(again, "compare.json")); err != nil {
			t.Fatal(err)
		}
		c := run(again)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- c.Wait() }()
		signal := []os.Signal{syscall.SIGINT, syscall.SIGKILL}[try%2]
		wait := time.Hour
		if stops < 10 { // ten stops, then to the end
			wait = time.Duration(rng.Float64() * 0.15 * float64(took))
		}
		var err error
		select {
		case err = <-done:
		case <-time.After(wait):
			if err := c.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
				t.Fatal(err)
			}
			stops++
			err = <-done
		}
		if err == nil {
			break
		}
		if _, err := os.Stat(filepath.Join(again, "compare.json")); err == nil {
			t.Fatal("a result was written by a run that was stopped")
		}
	}
	if got := untimed(t, again); !bytes.Equal(got, want) {
		t.Errorf("after %d stops:\n%s\nwithout:\n%s", stops, got, want)
	}
	if left, _ := filepath.Glob(filepath.Join(again, "unfinished-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	t.Logf("stopped %d times", stops)
}

// untimed is a comparison's JSON without its times.
func untimed(t *testing.T, dir string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "compare.json"))
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	if len(v["rows"].([]any)) == 0 {
		t.Fatalf("no result: %s", data)
	}
	delete(v, "timing")
	out, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return out
}
