//go:build slow && unix

// Package growth_test measures how the time and the memory of the commands grow with the rows of a
// table. It prints a line for each command and size:
//
//	go test -tags slow ./internal/growth -v -timeout 2h [-args -rows 1000000]
package growth_test

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

var most = flag.Int("rows", 100_000, "rows of the largest table")

const (
	// exponent is the largest that a command's processor time may have, from 10,000 rows on.
	exponent = 1.05
	// turns is how often two sizes are measured in turn, and more once, where the exponent is too
	// large: what else the machine does makes a run slower, never faster, so that the least counts.
	turns, more = 3, 3
)

// command is one that is measured.
type command struct {
	name  string
	args  func(table, model string) []string
	fresh func(table string) string // what is removed before, so that it is made again; nil: nothing
}

var commands = []command{
	{"inspect", func(table, _ string) []string { return []string{"inspect", table, "-q"} }, nil},
	// Of one epoch, as the rows are fitted anew for as many as were best: of two that is one with
	// 100,000 rows and two with a million, which is another amount of work a row.
	{"train, 1 epoch", func(table, model string) []string {
		return []string{"train", table, "-o", model, "--epochs", "1", "--batch", "64", "-q"}
	}, nil},
	{"predict", func(table, model string) []string { return []string{"predict", model, table, "-o", "out.csv", "-q"} }, nil},
	{"evaluate", func(table, model string) []string {
		return []string{"evaluate", model, table, "--split", "all", "-q"}
	}, nil},
	// Steps of one job on one machine, each of which goes on from the one before.
	{"tasks predict", func(table, model string) []string {
		return []string{"tasks", "predict", model, table, "-o", table + ".answer", "-q"}
	}, func(table string) string { return table + ".answer" }},
	{"work, of predict", func(table, _ string) []string { return []string{"work", table + ".answer"} }, func(table string) string { return table + ".answer/parts" }},
	{"merge, of predict", func(table, _ string) []string { return []string{"merge", table + ".answer", "-o", "out.csv", "-q"} }, nil},
	{"tasks extract", func(table, _ string) []string {
		return []string{"tasks", "extract", table, "-o", table + ".views", "-q"}
	}, func(table string) string { return table + ".views" }},
	{"work, of extract", func(table, _ string) []string { return []string{"work", table + ".views", "--no-cache"} }, func(table string) string { return table + ".views/parts" }},
	{"merge, of extract", func(table, _ string) []string { return []string{"merge", table + ".views", "-o", "arrays", "-q"} }, nil},
}

// program is fusor, built for a test, and the folder that it runs in.
type program struct{ dir, path string }

func build(t *testing.T) program {
	t.Helper()
	p := program{dir: t.TempDir()}
	p.path = filepath.Join(p.dir, "fusor")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", p.path, "../../cmd/fusor").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return p
}

// measure runs a command on a table.
func (p program) measure(t *testing.T, c command, table, model string) (seconds, megabytes float64) {
	t.Helper()
	if c.fresh != nil {
		if err := os.RemoveAll(filepath.Join(p.dir, c.fresh(table))); err != nil {
			t.Fatal(err)
		}
	}
	return p.run(t, c.args(table, model)...)
}

// run returns the processor time and the peak memory of a command.
func (p program) run(t *testing.T, args ...string) (seconds, megabytes float64) {
	t.Helper()
	cmd := exec.Command(p.path, args...)
	cmd.Dir = p.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("fusor %v: %v: %s", args, err, out)
	}
	used := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	maximum := float64(used.Maxrss) / 1024 // kilobytes on Linux
	return (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), maximum
}

// TestGrowth runs every command on tables that are each ten times as long as the one before. The
// time of a process that has hardly anything to read is taken off.
func TestGrowth(t *testing.T) {
	p := build(t)
	name := func(rows int) string { return fmt.Sprintf("%d.csv", rows) }
	table(t, filepath.Join(p.dir, "few.csv"), 100)
	table(t, filepath.Join(p.dir, name(1000)), 1000)
	for rows := 10_000; rows <= *most; rows *= 10 {
		table(t, filepath.Join(p.dir, name(rows)), rows)
		for _, c := range commands {
			// Of a start, the shorter table and the longer one.
			least, peak := [3]float64{}, [3]float64{}
			measure := func(times int) float64 {
				for range times {
					for k, table := range []string{"few.csv", name(rows / 10), name(rows)} {
						seconds, megabytes := p.measure(t, c, table, table+".fusor")
						if least[k] == 0 || seconds < least[k] {
							least[k] = seconds
						}
						peak[k] = max(peak[k], megabytes)
					}
				}
				net := func(k int) float64 { return max(least[k]-least[0], 1e-3) }
				return math.Log10(net(2) / net(1))
			}
			grows := measure(turns)
			if rows > 10_000 && grows > exponent {
				grows = measure(more)
			}
			t.Logf("%-16s %8d rows %8.2f s %6.0f MB  %8d rows %8.2f s %6.0f MB  exponent %.2f", c.name, rows/10, least[1], peak[1], rows, least[2], peak[2], grows)
			if rows > 10_000 && grows > exponent {
				t.Errorf("%s grows with the exponent %.2f from %d to %d rows", c.name, grows, rows/10, rows)
			}
		}
		if err := os.Remove(filepath.Join(p.dir, name(rows/10))); err != nil {
			t.Fatal(err)
		}
	}
}

// limits are what a command may take of a million rows, in megabytes.
var limits = map[string]float64{
	"predict": 250, "predict as JSON": 250, "evaluate": 330,
	"tasks predict": 250, "work, of predict": 250, "merge, of predict": 250,
	"tasks extract": 500, "work, of extract": 250, "merge, of extract": 600,
}

// TestMemory holds the peak memory of answering and measuring a million rows, whose text, cells and
// rows take 400 MB.
func TestMemory(t *testing.T) {
	p := build(t)
	table(t, filepath.Join(p.dir, "few.csv"), 1000)
	table(t, filepath.Join(p.dir, "many.csv"), 1_000_000)
	asJSON := command{"predict as JSON", func(table, model string) []string {
		return []string{"predict", model, table, "--json", "out.json", "-o", "out.csv", "-q"}
	}, nil}
	for _, c := range append(commands, asJSON) {
		p.measure(t, c, "few.csv", "m.fusor")
		limit := limits[c.name]
		if limit == 0 {
			continue
		}
		_, megabytes := p.measure(t, c, "many.csv", "m.fusor")
		t.Logf("%s takes %.0f MB", c.name, megabytes)
		if megabytes > limit {
			t.Errorf("%s takes %.0f MB, more than %.0f", c.name, megabytes, limit)
		}
	}
	// The same rows as objects: a format does not change what is held.
	asLines(t, filepath.Join(p.dir, "many.csv"), filepath.Join(p.dir, "many.jsonl"))
	for _, args := range [][]string{{"predict", "m.fusor", "many.jsonl", "-o", "lines.jsonl", "-q"}, {"evaluate", "m.fusor", "many.jsonl", "--split", "all", "-q"}} {
		const limit = 330
		if _, megabytes := p.run(t, args...); megabytes > limit {
			t.Errorf("%s of JSON lines takes %.0f MB, more than %d", args[0], megabytes, limit)
		}
	}
}

// asLines writes a table of plain cells as JSON lines.
func asLines(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	s, w := bufio.NewScanner(in), bufio.NewWriter(out)
	s.Scan()
	names := strings.Split(s.Text(), ",")
	for s.Scan() {
		for k, cell := range strings.Split(s.Text(), ",") {
			if _, err := strconv.ParseFloat(cell, 64); err != nil {
				cell = strconv.Quote(cell)
			}
			fmt.Fprintf(w, "%c%q:%s", "{,"[min(k, 1)], names[k], cell)
		}
		fmt.Fprintln(w, "}")
	}
	if err := errors.Join(s.Err(), w.Flush(), out.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestMemoryClasses holds the peak memory of training with very many classes: the logits of 3,750
// validation rows alone are 150 MB.
func TestMemoryClasses(t *testing.T) {
	p := build(t)
	const rows, classes, limit = 25_000, 5000, 380
	var b bytes.Buffer
	b.WriteString("a,b,c,label\n")
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range rows {
		k := float64(i % classes)
		fmt.Fprintf(&b, "%.4f,%.4f,%.4f,k%d\n", math.Sin(k)+rng.NormFloat64()/9, math.Cos(k)+rng.NormFloat64()/9, k/classes, i%classes)
	}
	if err := os.WriteFile(filepath.Join(p.dir, "classes.csv"), b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	_, megabytes := p.run(t, "train", "classes.csv", "-o", "m.fusor", "--epochs", "1", "-q")
	t.Logf("train with %d classes takes %.0f MB", classes, megabytes)
	if megabytes > limit {
		t.Errorf("train with %d classes takes %.0f MB, more than %d", classes, megabytes, limit)
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
