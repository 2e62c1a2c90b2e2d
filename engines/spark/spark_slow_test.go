//go:build slow && unix

// Package spark_test runs jobs on a Spark cluster of this machine.
package spark_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSpark does an extraction, a comparison and a prediction on a standalone cluster of two
// workers, one of which is killed with its children midway, and expects the bytes of the plain
// commands. It needs Java and a Python with pyspark (FUSOR_PYTHON, else python3).
func TestSpark(t *testing.T) {
	python := os.Getenv("FUSOR_PYTHON")
	if python == "" {
		python = "python3"
	}
	home, err := exec.Command(python, "-c", "import pyspark, os; print(os.path.dirname(pyspark.__file__))").Output()
	if err != nil {
		t.Skip("no pyspark: pip install pyspark, and name its Python in FUSOR_PYTHON")
	}
	if _, err := exec.LookPath("java"); err != nil {
		t.Skip("no Java")
	}
	dir := t.TempDir()
	fusor := filepath.Join(dir, "fusor")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", fusor, "../../cmd/fusor").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	driver, err := filepath.Abs("fusor_spark.py")
	if err != nil {
		t.Fatal(err)
	}
	must := func(name string, args ...string) {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "XDG_CACHE_HOME="+dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s %v: %v: %s", name, args, err, out)
		}
	}
	var table bytes.Buffer
	table.WriteString("id,label,text,price\n")
	for i := range 400 {
		fmt.Fprintf(&table, "%d,%s,a thing that is %s in row %d,%d\n", i, []string{"neg", "pos"}[i%2], []string{"bad", "good"}[(i+i/7%2)%2], i%9, i%5)
	}
	if err := os.WriteFile(filepath.Join(dir, "rows.csv"), table.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	fit := []string{"--fusions", "mean,concat", "--folds", "2", "--epochs", "3"}
	must(fusor, append([]string{"compare", "rows.csv", "-o", "plain", "-q"}, fit...)...)
	must(fusor, "extract", "rows.csv", "-o", "arrays", "-q")
	must(fusor, "predict", "plain/model.fusor", "rows.csv", "-o", "plain.csv", "-q")
	must(fusor, append([]string{"tasks", "compare", "rows.csv", "-o", "compare", "--block", "10", "-q"}, fit...)...)
	must(fusor, "tasks", "extract", "rows.csv", "-o", "extract", "--block", "10", "-q")
	must(fusor, "tasks", "predict", "plain/model.fusor", "rows.csv", "-o", "predict", "--block", "10", "-q")

	// Tasks wait where heldAt parts are there until a worker is gone, so that it is lost midway
	// however fast or slow the machine is.
	held := filepath.Join(dir, "held.sh")
	script := fmt.Sprintf(`#!/bin/sh
while [ "$(find "$2/parts" -type f | wc -l)" -ge %d ] && [ ! -e "$2/go" ]; do sleep 0.1; done
exec '%s' "$@"
`, heldAt, fusor)
	if err := os.WriteFile(held, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, job := range []struct {
		name, stage, out string
		program          []string
		same             [][2]string
	}{
		{"extract", "features", "arrays2", []string{"--binary", fusor}, [][2]string{{"arrays2/text.lexical.npz", "arrays/text.lexical.npz"}, {"arrays2/table.fields.npy", "arrays/table.fields.npy"}, {"arrays2/views.json", "arrays/views.json"}}},
		{"compare", "features", "merged", []string{"--installed", "--binary", held}, [][2]string{{"merged/model.fusor", "plain/model.fusor"}, {"merged/subsets.csv", "plain/subsets.csv"}}},
		{"predict", "answers", "merged.csv", []string{"--installed", "--binary", held}, [][2]string{{"merged.csv", "plain.csv"}}},
	} {
		c := newCluster(t, strings.TrimSpace(string(home)), python)
		cmd := exec.Command(python, append([]string{driver, filepath.Join(dir, job.name), "--master", c.master, "--work", "--threads 1 --no-cache"}, job.program...)...)
		cmd.Env = c.env
		var log bytes.Buffer
		cmd.Stdout, cmd.Stderr = &log, &log
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		parts := func() int {
			names, _ := filepath.Glob(filepath.Join(dir, job.name, "parts", job.stage, "*")) // the pattern is well formed
			return len(names)
		}
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		wait(t, "the first parts of "+job.name, func() bool { return parts() >= heldAt || len(done) > 0 })
		before := parts()
		syscall.Kill(-c.lost, syscall.SIGKILL) //nolint:errcheck // with its executors, whose group it is
		if err := os.WriteFile(filepath.Join(dir, job.name, "go"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatalf("%s: %v: %s", job.name, err, log.String())
		}
		if job.program[0] == "--installed" && before >= 40 {
			t.Errorf("%s: all parts were there before the worker was lost", job.name)
		}
		t.Logf("%s: a worker was killed when %d of 40 parts were there; executors lost: %d", job.name, before, strings.Count(log.String(), "Lost executor"))
		must(fusor, "merge", job.name, "-o", job.out, "-q")
		for _, pair := range job.same {
			got, err1 := os.ReadFile(filepath.Join(dir, filepath.FromSlash(pair[0])))
			want, err2 := os.ReadFile(filepath.Join(dir, filepath.FromSlash(pair[1])))
			if err1 != nil || err2 != nil || !bytes.Equal(got, want) {
				t.Errorf("%s differs: %v, %v", pair[0], err1, err2)
			}
		}
		c.stop()
	}
}

// heldAt is how many of 40 parts are there when a worker is killed.
const heldAt = 8

// cluster is a master and two workers.
type cluster struct {
	master string
	env    []string
	lost   int // process group of the worker that is to be lost
	groups []int
}

func newCluster(t *testing.T, home, python string) *cluster {
	t.Helper()
	dir := t.TempDir()
	c := &cluster{env: append(os.Environ(), "SPARK_HOME="+home, "SPARK_LOCAL_IP=127.0.0.1", "PYSPARK_PYTHON="+python, "SPARK_LOCAL_DIRS="+dir)}
	t.Cleanup(c.stop)
	begin := func(name string, args ...string) (group int, log string) {
		log = filepath.Join(dir, name+".log")
		out, err := os.Create(log)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(filepath.Join(home, "bin", "spark-class"), args...)
		cmd.Env, cmd.Stdout, cmd.Stderr = c.env, out, out
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		go cmd.Wait() //nolint:errcheck // it is killed
		c.groups = append(c.groups, cmd.Process.Pid)
		return cmd.Process.Pid, log
	}
	address := regexp.MustCompile(`spark://127\.0\.0\.1:\d+`)
	_, log := begin("master", "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
	read := func() string { data, _ := os.ReadFile(log); return string(data) } // empty until it is there
	wait(t, "the master", func() bool {
		c.master = address.FindString(read())
		return c.master != "" && strings.Contains(read(), "I have been elected leader")
	})
	for i := range 2 {
		name := fmt.Sprintf("worker%d", i)
		c.lost, _ = begin(name, "org.apache.spark.deploy.worker.Worker", "-c", "1", "-m", "1g", "--host", "127.0.0.1", "--webui-port", "0", "-d", filepath.Join(dir, name), c.master)
	}
	wait(t, "the workers", func() bool { return strings.Count(read(), "Registering worker") >= 2 })
	return c
}

// stop ends what was begun, by its process groups.
func (c *cluster) stop() {
	for _, g := range c.groups {
		syscall.Kill(-g, syscall.SIGKILL) //nolint:errcheck // it may be gone
	}
	c.groups = nil
}

func wait(t *testing.T, what string, there func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Minute); !there(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
