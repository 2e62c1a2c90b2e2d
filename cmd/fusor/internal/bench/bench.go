// Package bench times training, inference and matrix products of fusor, and compares the times with
// those of another program that does the same work.
//
// Every case is one float32 model on random data. "train" is forward, loss, backward and a step of
// Adam on a batch; "infer" is the forward pass alone. The cases are named name/train/batch and
// name/infer/batch; gemm_N is the product of two N by N matrices.
package bench

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"

	"github.com/fusor-ml/fusor/internal/kernel"
)

// Timing is what was measured of one case.
type Timing struct {
	MinMS    float64 `json:"min_ms"`
	MedianMS float64 `json:"median_ms"`
	Runs     int     `json:"runs"`
	GFLOPS   float64 `json:"gflops,omitempty"` // at the shortest time
}

// Report is the result of one program.
type Report struct {
	Peer     string            `json:"peer"` // name and version
	Threads  int               `json:"threads"`
	Compiled bool              `json:"compiled"`         // the model itself was compiled, as torch.compile does; fusor runs it step by step
	Kernel   string            `json:"kernel,omitempty"` // the instruction set
	Cases    map[string]Timing `json:"cases"`
}

// Options say what to run.
type Options struct {
	Peer     string        // how this program is called in the report
	Duration time.Duration // of each case
	Threads  int           // at least 1
	Cases    string        // glob; empty for all
	Progress func(done, total int)
}

// warmup is how often a case runs before it is timed, leastRuns how often at least while it is.
const (
	warmup    = 3
	leastRuns = 5
)

// Run times the cases. While it runs, Go uses no more than o.Threads threads for Go code.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.Threads < 1 {
		return nil, fmt.Errorf("cannot run on %d threads", o.Threads)
	}
	cases, err := match(o.Cases)
	if err != nil {
		return nil, err
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(o.Threads))
	r := &Report{Peer: o.Peer, Threads: o.Threads, Kernel: kernel.ActiveTier().String(), Cases: map[string]Timing{}}
	for i, c := range cases {
		if o.Progress != nil {
			o.Progress(i, len(cases))
		}
		t, err := clock(ctx, c.prepare(o.Threads), o.Duration)
		if err != nil {
			return nil, err
		}
		if c.flops > 0 {
			t.GFLOPS = round(c.flops/t.MinMS/1e6, 1)
		}
		t.MinMS, t.MedianMS = round(t.MinMS, 5), round(t.MedianMS, 5)
		r.Cases[c.name] = t
	}
	if o.Progress != nil {
		o.Progress(len(cases), len(cases))
	}
	return r, nil
}

// clock runs f again and again for d.
func clock(ctx context.Context, f func(), d time.Duration) (Timing, error) {
	for range warmup {
		f()
	}
	runtime.GC()
	var times []float64
	for end := time.Now().Add(d); time.Now().Before(end) || len(times) < leastRuns; {
		if err := ctx.Err(); err != nil {
			return Timing{}, err
		}
		start := time.Now()
		f()
		times = append(times, float64(time.Since(start).Nanoseconds())/1e6)
	}
	return Timing{MinMS: slices.Min(times), MedianMS: median(times), Runs: len(times)}, nil
}

// median sorts x.
func median(x []float64) float64 {
	slices.Sort(x)
	n := len(x)
	return (x[(n-1)/2] + x[n/2]) / 2
}

func round(x float64, digits int) float64 {
	p := math.Pow10(digits)
	return math.Round(x*p) / p
}
