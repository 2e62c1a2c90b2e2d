//go:build slow && unix

// Package growth_test measures how the time and the memory of the commands grow with the rows of a
// table. It prints a line for each command and size:
//
//	go test -tags slow ./internal/growth -v -timeout 2h [-args -rows 1000000]
package growth_test

import (
	"bufio"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

var most = flag.Int("rows", 100_000, "rows of the largest table")

// exponent is the largest that a command's processor time may have, from 10,000 rows on.
const exponent = 1.05

// TestGrowth runs every command on tables that are each ten times as long as the one before. The
// time of a process that has hardly anything to read is taken off.
func TestGrowth(t *testing.T) {
	dir := t.TempDir()
	fusor := filepath.Join(dir, "fusor")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", fusor, "../../cmd/fusor").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	run := func(args ...string) (seconds, megabytes float64) {
		t.Helper()
		cmd := exec.Command(fusor, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("fusor %v: %v: %s", args, err, out)
		}
		used := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		maximum := float64(used.Maxrss) / 1024 // kilobytes on Linux
		return (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), maximum
	}
	commands := []struct {
		name string
		args func(table, model string) []string
	}{
		{"inspect", func(table, _ string) []string { return []string{"inspect", table, "-q"} }},
		{"train, 2 epochs", func(table, model string) []string {
			return []string{"train", table, "-o", model, "--epochs", "2", "--batch", "64", "-q"}
		}},
		{"predict", func(table, model string) []string { return []string{"predict", model, table, "-o", "out.csv", "-q"} }},
		{"evaluate", func(table, model string) []string {
			return []string{"evaluate", model, table, "--split", "all", "-q"}
		}},
	}
	table(t, filepath.Join(dir, "few.csv"), 100)
	start := make([]float64, len(commands))
	for k, c := range commands {
		start[k], _ = run(c.args("few.csv", "few.fusor")...)
	}
	before := make([]float64, len(commands))
	for rows := 1000; rows <= *most; rows *= 10 {
		name := fmt.Sprintf("%d.csv", rows)
		table(t, filepath.Join(dir, name), rows)
		for k, c := range commands {
			args := c.args(name, name+".fusor")
			seconds, megabytes := run(args...)
			net := max(seconds-start[k], 1e-3)
			if rows > 10_000 && math.Log10(net/before[k]) > exponent { // a busy machine takes more time
				seconds, megabytes = run(args...)
				net = min(net, max(seconds-start[k], 1e-3))
			}
			grows := math.Log10(net / before[k])
			line := fmt.Sprintf("%-16s %8d rows %8.2f s %6.0f MB", c.name, rows, seconds, megabytes)
			if before[k] > 0 {
				line += fmt.Sprintf("  exponent %.2f", grows)
			}
			t.Log(line)
			if rows > 10_000 && grows > exponent {
				t.Errorf("%s grows with the exponent %.2f from %d to %d rows", c.name, grows, rows/10, rows)
			}
			before[k] = net
		}
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

// table writes ten numbers, three categories and a label that depends on some of them.
func table(t *testing.T, path string, rows int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	for k := range 10 {
		fmt.Fprintf(w, "n%d,", k)
	}
	fmt.Fprintln(w, "city,color,shop,label")
	rng := rand.New(rand.NewPCG(1, 2))
	for range rows {
		z := rng.NormFloat64()
		for k := range 10 {
			x := rng.NormFloat64()
			if k < 3 {
				z += x
			}
			fmt.Fprintf(w, "%.5f,", x)
		}
		color := rng.IntN(5)
		fmt.Fprintf(w, "city%d,color%d,shop%d,%t\n", rng.IntN(40), color, rng.IntN(300), z+float64(color%2) > 0)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
