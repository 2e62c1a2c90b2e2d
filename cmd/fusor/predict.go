package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/internal/durable"
	"github.com/fusor-ml/fusor/media"
)

type predictCmd struct {
	Model string `arg:"" help:"Saved model."`
	Data  string `arg:"" help:"Table or folder; - reads JSON lines from stdin and writes them to stdout."`
	Out   string `help:"File for the result: .csv, .tsv or .jsonl (default: CSV on stdout)." short:"o" placeholder:"FILE"`

	roleFlags   `group:"Data"`
	commonFlags `group:"Output"`
}

// Help is the command's longer help.
func (c *predictCmd) Help() string {
	return `Writes the input's columns and after them prediction, p_<class> for every class, and flags: absent:COLUMN (an empty cell), unreadable:COLUMN, partial:COLUMN (a part of the cell was left out), prior (nothing was there). A column of the input with one of these names is replaced.

With - every line is answered as it comes, in order; a line that cannot be read is answered by {"line":N,"error":"…"}, and the exit code is 1 at the end. A model that reads the rows of a group in order answers when all lines are there.

Examples:
  fusor predict shop.fusor new.csv -o answers.csv
  echo '{"text": "很好吃", "photo": "a.jpg"}' | fusor predict shop.fusor -`
}

// Run predicts.
func (c *predictCmd) Run(e *env) error {
	if c.Data == "-" && (c.Out != "" || c.JSON != "") {
		return usagef("with - the answers are JSON lines on stdout; leave out -o and --json")
	}
	if c.Data == "-" && len(c.Ignore) > 0 {
		return usagef("with - leave the members out of the lines instead of --ignore")
	}
	if c.Data == "-" && c.Encoding+c.Sheet != "" {
		return usagef("with - leave out --encoding and --sheet: they are of tables")
	}
	if _, err := c.roleFlags.options(); err != nil {
		return err
	}
	if c.Out == "-" {
		c.Out = ""
	}
	format, err := answerFormat(c.Out)
	if err != nil {
		return err
	}
	if err := checkOutputs([]string{c.Model, c.Data}, c.Out, c.JSON); err != nil {
		return err
	}
	var o fusor.Options
	bar := c.apply(e, &o)
	m, err := fusor.Load(c.Model, o)
	if err != nil {
		return err
	}
	if c.Data == "-" {
		return c.stream(e, m)
	}
	ds, err := c.open(m, c.Data, &c.roleFlags)
	if err != nil {
		return err
	}
	answers, err := m.Predict(e.ctx, ds)
	bar.done()
	if err != nil {
		return c.failed(e, err)
	}
	c.report(e, answers.Problems)
	preds := answers.Predictions
	if twice := answered(m, ds.Raw().Header); len(twice) > 0 {
		c.notes(e.stderr, []string{"the answers take the place of the input's columns " + list(twice)})
	}
	if c.JSON != "" {
		out := make([]json.RawMessage, len(preds))
		for i, p := range preds {
			out[i] = answer(m, &p, named(&ds.Rows[i]))
		}
		if err := c.writeJSON(e, out); err != nil {
			return err
		}
	}
	switch {
	case c.Out != "":
		return durable.Write(c.Out, func(w io.Writer) error { return writePredictions(w, m, ds, preds, format) })
	case !c.jsonToStdout():
		return writePredictions(e.stdout, m, ds, preds, format)
	}
	return nil
}

// streamRows is how many lines are predicted together, if so many are waiting.
const streamRows = 256

// stream answers JSON lines as they come; with an order, when all of them are there.
func (c *predictCmd) stream(e *env, m *fusor.Model) error {
	schema := *m.Schema()
	for role, name := range map[*string]*string{&schema.ID: c.ID, &schema.Group: c.Group, &schema.Order: c.Order} {
		if name != nil {
			*role = *name
		}
	}
	// What a line names is opened below this folder alone: lines come from anywhere.
	root, err := media.OpenRoot(cmp.Or(c.Root, "."))
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // it was only read
	lines := make(chan dataset.Line, streamRows)
	failed := make(chan error, 1)
	go func() {
		defer close(lines)
		for line, err := range dataset.ReadJSONLines(e.stdin, root, &schema) {
			if err != nil {
				failed <- err
				return
			}
			select {
			case lines <- line:
			case <-e.ctx.Done():
				return
			}
		}
	}()
	together := m.OverRows()
	out := bufio.NewWriter(e.stdout)
	bad := 0
	for {
		batch, err := nextBatch(e.ctx, lines, together)
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			break
		}
		n, err := c.answerLines(e, m, root, batch, out)
		bad += n
		if err == nil {
			err = out.Flush()
		}
		if err != nil {
			return err
		}
	}
	select {
	case err := <-failed:
		return err
	default:
	}
	if bad > 0 {
		return fmt.Errorf("%s could not be read", plural(bad, "line"))
	}
	return nil
}

// nextBatch waits for a line and takes those that are there by then, at most streamRows, or all that ever come if they
// belong together. It is empty after the last one.
func nextBatch(ctx context.Context, lines <-chan dataset.Line, together bool) (batch []dataset.Line, err error) {
	for together || len(batch) < streamRows {
		if len(batch) > 0 && !together && len(lines) == 0 {
			return batch, nil
		}
		select {
		case line, ok := <-lines:
			if !ok {
				return batch, ctx.Err()
			}
			batch = append(batch, line)
		case <-ctx.Done(): // also while no line comes
			return nil, ctx.Err()
		}
	}
	return batch, nil
}

// answerLines predicts a batch and writes one line for each of its lines; a
// line that could not be read is answered with its error. It returns how many those were.
func (c *predictCmd) answerLines(e *env, m *fusor.Model, root *media.Root, batch []dataset.Line, out *bufio.Writer) (bad int, err error) {
	ds := &dataset.Dataset{Name: "stdin", Path: "stdin", FS: root, Schema: *m.Schema()}
	for _, l := range batch {
		if len(l.Problems.Fatal()) == 0 {
			ds.Rows = append(ds.Rows, l.Row)
			ds.Problems = append(ds.Problems, l.Problems...)
		}
	}
	answers, err := m.Predict(e.ctx, ds)
	if err != nil {
		return 0, err
	}
	c.report(e, answers.Problems)
	preds := answers.Predictions
	for _, l := range batch {
		if fatal := l.Problems.Fatal(); len(fatal) > 0 {
			bad++
			c.report(e, l.Problems)
			fmt.Fprintf(out, "{\"line\":%d,\"error\":%s}\n", l.Row.Number, quote(fatal[0].String()))
			continue
		}
		out.Write(answer(m, &preds[0], l.Raw))
		out.WriteByte('\n')
		preds = preds[1:]
	}
	return bad, nil
}
