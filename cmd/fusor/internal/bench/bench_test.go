package bench

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/optim"
)

func TestRun(t *testing.T) {
	r, err := Run(t.Context(), Options{Peer: "x 1", Duration: time.Microsecond, Threads: 1, Cases: "concat"})
	if err != nil {
		t.Fatal(err)
	}
	one, err := Run(t.Context(), Options{Duration: time.Microsecond, Threads: 2, Cases: "gemm_64"})
	if err != nil {
		t.Fatal(err)
	}
	r.Cases["gemm_64"] = one.Cases["gemm_64"]
	if len(r.Cases) != 5 || r.Peer != "x 1" || r.Threads != 1 {
		t.Errorf("%d cases of %q on %d threads", len(r.Cases), r.Peer, r.Threads)
	}
	for name, c := range r.Cases {
		if c.Runs < leastRuns || c.MinMS <= 0 || c.MedianMS < c.MinMS || (c.GFLOPS > 0) != strings.HasPrefix(name, "gemm_") {
			t.Errorf("%s: %+v", name, c)
		}
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	back, err := parse(data)
	if err != nil || len(back.Cases) != len(r.Cases) {
		t.Errorf("the report is not read back: %v", err)
	}
}

// TestStepsDoNotAllocate also runs every model, and so finds one that does not fit together.
func TestStepsDoNotAllocate(t *testing.T) {
	for _, k := range kinds {
		for name, f := range map[string]func(){"train": training(k, 3, 1), "infer": inference(k, 1, 1)} {
			for range 3 {
				f()
			}
			if n := testing.AllocsPerRun(5, f); n != 0 {
				t.Errorf("%s/%s: %v allocations in a step", k.name, name, n)
			}
		}
	}
}

// TestModelsLearn holds that training does what it states: the loss on a fixed batch falls.
func TestModelsLearn(t *testing.T) {
	for _, k := range kinds {
		if k.sequence {
			continue
		}
		r := newRunner(k, 16, 1)
		opt := optim.NewAdam(r.params, optim.AdamConfig{})
		var first, last float32
		for i := range 30 {
			optim.ZeroGrad(r.params)
			loss := r.tape.CrossEntropy(r.logits(), r.target, grad.LossOptions{})
			r.tape.Backward(loss)
			opt.Step(1e-3)
			if last = loss.Value().F32[0]; i == 0 {
				first = last
			}
		}
		if !(last < 0.8*first) {
			t.Errorf("%s: the loss goes from %g to %g", k.name, first, last)
		}
	}
}

// TestFrozenInferenceGivesTheSame compares the logits of a frozen tape with those of a recording
// one, bit for bit.
func TestFrozenInferenceGivesTheSame(t *testing.T) {
	for _, k := range kinds {
		for _, n := range []int{1, 5} {
			a, b := newRunner(k, n, 1), newRunner(k, n, 1)
			b.tape.SetRecording(false)
			b.tape.SetFrozen(true)
			want := slices.Clone(a.logits().Value().F32)
			for range 2 {
				if got := b.logits().Value().F32; !slices.Equal(got, want) {
					t.Errorf("%s, batch %d: %v, want %v", k.name, n, got, want)
				}
			}
		}
	}
}

func TestNames(t *testing.T) {
	f := func(glob string, n int, first string) {
		t.Helper()
		names, err := Names(glob)
		if err != nil || len(names) != n || names[0] != first {
			t.Errorf("%q: %v, %v", glob, names, err)
		}
	}
	f("", 32, "mean/train/32")
	f("bilstm", 4, "bilstm/train/32")
	f("*/infer/1", 7, "mean/infer/1")
	f("gemm_*", 4, "gemm_64")
	f("mean/*", 4, "mean/train/32")
	f("*256", 15, "mean/train/256")
	f("bilstm/train/256", 1, "bilstm/train/256")
	for _, bad := range []string{"nothing", "["} {
		if _, err := Names(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestCompare(t *testing.T) {
	report := func(peer string, ms ...float64) *Report {
		return &Report{Peer: peer, Cases: map[string]Timing{"a": {MedianMS: ms[0]}, "b": {MedianMS: ms[1]}}}
	}
	c := compare([]string{"a", "b", "c"}, []*Report{report("x", 1, 0), report("x", 2, 1), report("x", 4, 1)}, []*Report{report("y", 2, 1), report("y", 2, 3), report("y", 2, 5)})
	want := []Ratio{{"a", 2, 2, 1, 0.5, 2}, {"b", 1, 4, 4, 3, 5}}
	if !slices.Equal(c.Cases, want) || c.Ours != "x" || c.Other != "y" || c.Rounds != 3 {
		t.Errorf("%+v, want %+v", c, want)
	}
}

func TestAgainstFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "other.json")
	if err := os.WriteFile(file, []byte(`{"peer": "other 2", "cases": {"gemm_64": {"min_ms": 1, "median_ms": 1000, "runs": 5}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	o := Options{Peer: "ours 1", Duration: time.Microsecond, Threads: 1, Cases: "gemm_64"}
	c, err := Against(t.Context(), o, file, 2)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Cases) != 1 || c.Other != "other 2" || c.Rounds != 2 || c.Cases[0].OtherMS != 1000 || c.Cases[0].Ratio < 1 {
		t.Errorf("%+v", c)
	}
	o.Cases = "gemm_256"
	if _, err := Against(t.Context(), o, file, 1); err == nil {
		t.Error("a file without the case is compared")
	}
	for _, bad := range []string{"", "no-such-command --x", "echo 'x"} {
		if _, err := Against(t.Context(), o, bad, 1); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled run ends with %v", err)
	}
}

func TestSplit(t *testing.T) {
	words, err := split(`python3  'a b.py' --x="1 2" ''`)
	if want := []string{"python3", "a b.py", "--x=1 2", ""}; err != nil || !slices.Equal(words, want) {
		t.Errorf("%q, %v, want %q", words, err, want)
	}
}
