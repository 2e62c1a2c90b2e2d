package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/cmd/fusor/internal/bench"
	"github.com/fusor-ml/fusor/internal/durable"
)

type benchCmd struct {
	Seconds float64 `help:"How long each case runs." default:"2" placeholder:"S"`
	Threads int     `help:"Threads to use." default:"1" placeholder:"N"`
	Cases   string  `help:"Cases to run: a name, or a pattern with *." placeholder:"GLOB"`
	JSON    string  `help:"Write the times as JSON to FILE; - is stdout." name:"json" placeholder:"FILE"`
	Against string  `help:"Compare with a report of the same form: a FILE, or a COMMAND that prints one." placeholder:"FILE|COMMAND"`
	Rounds  int     `help:"How often both run in turn, with --against." default:"3" placeholder:"N"`
	Quiet   bool    `help:"No progress." short:"q"`
	languageFlag
}

// Help is the command's longer help.
func (c *benchCmd) Help() string {
	return `Every case is one float32 model on random data: NAME/train/BATCH is forward, loss, backward and a step of Adam, NAME/infer/BATCH the forward pass alone, gemm_N the product of two N by N matrices. A pattern matches a whole name or the part before the first slash; * stands for any characters, slashes too.

With --against a ratio above 1 says that fusor is faster. It is the other's median over fusor's; of several rounds the median, the least and the greatest are shown.

Examples:
  fusor bench
  fusor bench --cases 'mean/*'
  fusor bench --cases 'bilstm/*/256' --threads 2
  fusor bench --json times.json
  fusor bench --against times.json
  fusor bench --seconds 1 --rounds 5 --against 'python3 torch_bench.py --seconds 1'`
}

// Run measures and prints a table.
func (c *benchCmd) Run(e *env) error {
	if c.Threads < 1 || c.Rounds < 1 || !(c.Seconds >= 0) {
		return usagef("--threads and --rounds need at least 1, --seconds at least 0")
	}
	if _, err := bench.Names(c.Cases); err != nil {
		return usagef("--cases: %w", err)
	}
	bar := newProgress(e, c.Quiet)
	o := bench.Options{
		Peer: fmt.Sprintf("fusor %s", fusor.Version), Duration: time.Duration(c.Seconds * float64(time.Second)), Threads: c.Threads, Cases: c.Cases,
		Progress: func(done, total int) { bar.update(fusor.Progress{Stage: "bench", Done: done, Total: total}) },
	}
	if c.Against != "" {
		cmp, err := bench.Against(e.ctx, o, c.Against, c.Rounds)
		bar.done()
		if err != nil {
			return err
		}
		return c.show(e, cmp, c.ratios(e, cmp))
	}
	r, err := bench.Run(e.ctx, o)
	bar.done()
	if err != nil {
		return err
	}
	table, err := c.times(e, r)
	if err != nil {
		return err
	}
	return c.show(e, r, table)
}

// times is a table of a report.
func (c *benchCmd) times(e *env, r *bench.Report) (*outTable, error) {
	names, err := bench.Names(c.Cases)
	if err != nil {
		return nil, err
	}
	t := e.newTable("case", "min ms", "median ms", "runs", "GFLOP/s")
	t.alignRight(2, 3, 4, 5)
	for _, name := range names {
		x, rate := r.Cases[name], ""
		if x.GFLOPS > 0 {
			rate = fmt.Sprintf("%.1f", x.GFLOPS)
		}
		t.add(name, fmt.Sprintf("%.4f", x.MinMS), fmt.Sprintf("%.4f", x.MedianMS), fmt.Sprint(x.Runs), rate)
	}
	return t, nil
}

// ratios is a table of a comparison.
func (c *benchCmd) ratios(e *env, cmp *bench.Comparison) *outTable {
	t := e.newTable("case, ms", cmp.Ours, cmp.Other, "ratio", "range")
	t.alignRight(2, 3, 4)
	for _, x := range cmp.Cases {
		t.add(x.Case, fmt.Sprintf("%.4f", x.OursMS), fmt.Sprintf("%.4f", x.OtherMS), fmt.Sprintf("%.2f", x.Ratio), fmt.Sprintf("%.2f – %.2f", x.RatioMin, x.RatioMax))
	}
	return t
}

// show prints the table and writes the JSON.
func (c *benchCmd) show(e *env, result any, t *outTable) error {
	if c.JSON != "" {
		data, err := json.MarshalIndent(result, "", " ")
		if err != nil {
			return fmt.Errorf("cannot write JSON: %w", err)
		}
		data = append(data, '\n')
		if c.JSON == "-" {
			_, err := e.stdout.Write(data)
			return err
		}
		if err := durable.WriteFile(c.JSON, data); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(e.stdout, t.render(e.stdout))
	return err
}
