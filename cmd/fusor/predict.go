package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/internal/durable"
	"github.com/fusor-ml/fusor/internal/spool"
	"github.com/fusor-ml/fusor/media"
	"github.com/fusor-ml/fusor/predict"
	"github.com/fusor-ml/fusor/report"
)

type predictCmd struct {
	Model string   `arg:"" help:"Saved model."`
	Data  []string `arg:"" optional:"" help:"Table or folder; or the files of one row, each for the column of its kind; - reads JSON lines from stdin and writes them to stdout."`
	As    []string `help:"A cell of one row, where a file's kind does not name its column: COL=FILE, of numbers and categories COL=VALUE; may be repeated." sep:"none" placeholder:"COL=FILE"`
	Out   string   `help:"File for the result: .csv, .tsv or .jsonl (default: CSV on stdout)." short:"o" placeholder:"FILE"`

	queryFlags
	commonFlags `group:"Output"`
}

// queryFlags define what is answered, wherever that is done.
type queryFlags struct {
	Top     int  `help:"The N most probable classes only: columns top_1, p_top_1, …; in JSON their p_<class>." placeholder:"N"`
	Explain bool `help:"What each modality contributed to each answer (Shapley values), and the answer without it: columns contribution_<modality>, without_<modality>; in JSON the member explanation."`
	Bare    bool `help:"The answers alone, for programs: no columns of the input, probabilities in full; a JSON line is what serve answers, with the row's problems."`

	roleFlags    `group:"Data"`
	encoderFlags `group:"Model"`
}

// Help is the command's longer help.
func (c *predictCmd) Help() string {
	return `Writes the input's columns and after them prediction, p_<class> for every class, and flags: absent:COLUMN (an empty cell), unreadable:COLUMN, partial:COLUMN (a part of the cell was left out), prior (nothing was there). A column of the input with one of these names is replaced.

With - every line is answered as it comes, in order; a line that cannot be read is answered by {"line":N,"error":"…"}, and the exit code is 1 at the end. A model that reads the rows of a group in order answers when all lines are there.

Examples:
  fusor predict shop.fusor new.csv -o answers.csv
  fusor predict shop.fusor photo.jpg note.txt --as price=12.5 --top 3
  fusor predict shop.fusor new.csv --explain -o answers.jsonl
  echo '{"text": "很好吃", "photo": "a.jpg"}' | fusor predict shop.fusor -`
}

// Run predicts.
func (c *predictCmd) Run(e *env) error {
	stream := slices.Contains(c.Data, "-")
	// Wrong use first, before a model of many megabytes is read.
	switch {
	case len(c.Data) == 0 && len(c.As) == 0:
		return usagef("name a table, a folder, the files of one row, or - for JSON lines")
	case stream && (len(c.Data) > 1 || len(c.As) > 0):
		return usagef("- stands alone: it reads JSON lines")
	case c.Top < 0:
		return usagef("--top %d is below 0", c.Top)
	}
	if stream && (c.Out != "" || c.JSON != "") {
		return usagef("with - the answers are JSON lines on stdout; leave out -o and --json")
	}
	if stream && len(c.Ignore) > 0 {
		return usagef("with - leave the members out of the lines instead of --ignore")
	}
	if stream && c.Encoding+c.Sheet != "" {
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
	if err := checkOutputs(append([]string{c.Model}, c.Data...), c.Out, c.JSON); err != nil {
		return err
	}
	o := fusor.Options{Encoders: c.folders()}
	bar := c.apply(e, &o)
	m, err := fusor.Load(c.Model, o)
	if err != nil {
		return err
	}
	// Only the model knows; before the rows are read.
	if c.Top > 0 && m.Schema().Task == dataset.Regression {
		return usagef("--top is for classes, and the model predicts numbers")
	}
	// Lines have no table: problems and answers are line by line.
	if stream {
		return c.stream(e, m)
	}
	row, err := isRow(e.ctx, m, c.Data, c.As)
	if err != nil {
		return err
	}
	if row {
		ds, cells, err := rowOf(e.ctx, m, c.Data, c.As)
		if err != nil {
			return err
		}
		return c.whole(e, m, inputOfRow(ds, cells), bar, format)
	}
	blocks, err := c.blocks(m, c.Data[0], &c.roleFlags)
	if err != nil {
		return err
	}
	if blocks.One() {
		return c.whole(e, m, inputOf(blocks.Dataset), bar, format)
	}
	c.twice(e, m, blocks.Header())
	all := &allRows{header: blocks.Header(), rows: blocks.Len()}
	all.answers = c.inBlocks(e, m, blocks, bar, all)
	if err := c.finish(e, m, all, format); err != nil {
		return c.failed(e, err)
	}
	return nil
}

// whole answers rows that are all in memory.
func (c *predictCmd) whole(e *env, m *fusor.Model, in *input, bar *progress, format string) error {
	// Views that are too large for memory stay in files, and rows are answered some at a time.
	f, err := m.Mapped(e.ctx, in.ds)
	bar.done()
	if err != nil {
		return c.failed(e, err)
	}
	c.report(e, in.located(f.Problems))
	c.twice(e, m, in.header)
	return c.finish(e, m, in.all(c.answers(e, m, in, f)), format)
}

// inBlocks are the answers to a table that is read some rows at a time. What was wrong with them is
// reported behind the last of them, and only once.
func (c *predictCmd) inBlocks(e *env, m *fusor.Model, blocks *dataset.Blocks, bar *progress, all *allRows) iter.Seq2[answered, error] {
	reported := false
	return func(yield func(answered, error) bool) {
		problems := slices.Clone(blocks.Problems)
		before := 0
		for ds, err := range blocks.All() {
			if err != nil {
				yield(answered{}, err)
				return
			}
			bar.block(before, len(ds.Rows), blocks.Len())
			f, err := m.Passing(e.ctx, ds)
			bar.done()
			if err != nil {
				yield(answered{}, err)
				return
			}
			before += len(ds.Rows)
			all.labeled = all.labeled || slices.ContainsFunc(ds.Rows, func(r dataset.Row) bool { return r.Labeled() })
			problems = append(problems, f.Problems...)
			for a, err := range c.answers(e, m, inputOf(ds), f) {
				if !yield(a, err) || err != nil {
					return
				}
			}
		}
		if problems = append(problems, blocks.Late()...); !reported {
			blocks.SortProblems(problems)
			c.report(e, problems)
			reported = true
		}
	}
}

// answerRows is how many rows of a table are answered together.
const answerRows = 4096

// answered are the answers to rows of an input, from one on.
type answered struct {
	in    *input
	from  int
	preds []fusor.Prediction
}

// answers are those to the rows of f, some at a time; of a model over rows, to all at once.
func (c *predictCmd) answers(e *env, m *fusor.Model, in *input, f *predict.Features) iter.Seq2[answered, error] {
	return func(yield func(answered, error) bool) {
		if m.OverRows() || f.Len() <= answerRows {
			preds, err := m.Answer(e.ctx, f, c.query())
			yield(answered{in, 0, preds}, err)
			return
		}
		for from := 0; from < f.Len(); from += answerRows {
			preds, err := m.Answer(e.ctx, f.Part(from, min(f.Len(), from+answerRows)), c.query())
			if !yield(answered{in, from, preds}, err) || err != nil {
				return
			}
		}
	}
}

// twice notes which columns of the input the answers take the place of.
func (c *predictCmd) twice(e *env, m *fusor.Model, header []string) {
	if twice := answerColumns(m, header, c.query()); len(twice) > 0 && !c.Bare {
		c.notes(e, []string{fmt.Sprintf("the answers take the place of the input's columns %s", list(twice))})
	}
}

// allRows are all rows that are answered.
type allRows struct {
	header  []string
	rows    int
	labeled bool // some are, as far as they have been read
	answers iter.Seq2[answered, error]
}

// finish writes the answers, each as it comes.
func (c *predictCmd) finish(e *env, m *fusor.Model, all *allRows, format string) error {
	var err error
	switch {
	case c.jsonToStdout():
		// Whole, or not at all: what is wrong with the data is a JSON value of its own.
		b := spool.NewBuffer(spool.InMemory)
		if err = c.writeOut(e, b, m, all, format); err == nil {
			_, err = io.Copy(e.stdout, io.NewSectionReader(b.Reader(), 0, b.Size()))
		}
	case c.JSON != "":
		err = durable.Write(c.JSON, func(w io.Writer) error { return c.writeOut(e, w, m, all, format) })
	default:
		err = c.writeOut(e, nil, m, all, format)
	}
	if err == nil && !c.Quiet && !c.jsonToStdout() {
		if c.Out != "" && isTerminal(e.stderr) {
			e.fprintf(e.stderr, "answers: %s (%d rows)\n", c.Out, all.rows)
		}
		e.suggest(c.next(e, all.labeled)...)
	}
	return err
}

// writeOut writes the answers where -o states, and as JSON to asJSON, which may be nil.
func (c *predictCmd) writeOut(e *env, asJSON io.Writer, m *fusor.Model, all *allRows, format string) error {
	switch {
	case c.Out == "" && c.jsonToStdout():
		return c.writeBoth(asJSON, nil, m, all, format)
	case c.Out == "":
		return c.writeBoth(asJSON, e.stdout, m, all, format)
	}
	return durable.Write(c.Out, func(w io.Writer) error { return c.writeBoth(asJSON, w, m, all, format) })
}

// writeBoth writes the answers to out in the format, and to asJSON as one array, in one pass.
// Either may be nil.
func (c *predictCmd) writeBoth(asJSON, out io.Writer, m *fusor.Model, all *allRows, format string) error {
	if asJSON == nil {
		return c.writePredictions(out, m, all, format)
	}
	b := bufio.NewWriter(asJSON)
	n := 0
	write := func(a *answered) error {
		for k := range a.preds {
			line, err := c.answer(m, &a.preds[k], named(&a.in.ds.Rows[a.from+k]))
			if err != nil {
				return err
			}
			if line, err = json.MarshalIndent(line, "  ", "  "); err != nil {
				return fmt.Errorf("cannot write JSON: %w", err)
			}
			if n++; n > 1 {
				b.WriteByte(',')
			}
			b.WriteString("\n  ")
			b.Write(line)
		}
		return nil
	}
	// The answers as they are, written on their way.
	passed := *all
	passed.answers = func(yield func(answered, error) bool) {
		for a, err := range all.answers {
			if err == nil {
				err = write(&a)
			}
			if !yield(a, err) || err != nil {
				return
			}
		}
	}
	b.WriteByte('[')
	if out != nil {
		if err := c.writePredictions(out, m, &passed, format); err != nil {
			return err
		}
	} else {
		for _, err := range passed.answers {
			if err != nil {
				return err
			}
		}
	}
	if n > 0 {
		b.WriteByte('\n')
	}
	b.WriteString("]\n")
	return b.Flush()
}

// next are the commands that follow from the answers.
func (c *predictCmd) next(e *env, labeled bool) []report.Step {
	var steps []report.Step
	words := slices.Concat([]string{"predict", c.Model}, c.Data)
	for _, cell := range c.As {
		words = append(words, "--as", cell)
	}
	switch {
	case !c.Explain:
		words = append(words, "--explain", "-o", cmp.Or(c.Out, "answers.csv"))
		steps = append(steps, step("answer rows, with what decided each", slices.Concat(words, e.rows)...))
	case c.Out == "":
		words = append(words, "--explain", "-o", "answers.csv")
		steps = append(steps, step("keep the answers in a file", slices.Concat(words, e.rows)...))
	}
	if labeled {
		steps = append(steps, step("these rows have labels: measure how good the answers are",
			slices.Concat([]string{"evaluate", c.Model, c.Data[0], "--split", "all"}, e.rows)...))
	}
	return append(steps, e.serveStep(c.Model))
}

// query is what is wanted of each row.
func (c *queryFlags) query() predict.Query { return predict.Query{Top: c.Top, Explain: c.Explain} }

// streamRows is how many lines are predicted together, if so many are waiting.
const streamRows = 256

// stream answers JSON lines as they come; with an order, when all of them are there.
func (c *predictCmd) stream(e *env, m *fusor.Model) error {
	// A copy, since roles that flags name hold for this command only.
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
	// With room for one, so that the reader can end if nobody asks.
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
	// A model over rows needs all rows of a group.
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
	// Behind the answers of the lines before the one that failed.
	case err := <-failed:
		return err
	default:
	}
	if bad > 0 {
		return fmt.Errorf("%s could not be read", plural(bad, "line"))
	}
	return nil
}

// nextBatch waits for a line and takes those that are there by then, at most streamRows, or all
// that ever come if they belong together. It is empty after the last one.
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
	f, err := m.Features(e.ctx, ds)
	if err != nil {
		return 0, err
	}
	preds, err := m.Answer(e.ctx, f, c.query())
	if err != nil {
		return 0, f.Problems.Wrap(err)
	}
	c.report(e, f.Problems)
	for _, l := range batch {
		if fatal := l.Problems.Fatal(); len(fatal) > 0 {
			bad++
			c.report(e, l.Problems)
			fmt.Fprintf(out, "{\"line\":%d,\"error\":%s}\n", l.Row.Number, quote(fatal[0].String()))
			continue
		}
		line, err := c.answer(m, &preds[0], l.Raw)
		if err == nil && c.Bare {
			line, err = withProblems(line, f.Problems, l.Row.Number)
		}
		if err != nil {
			return bad, err
		}
		out.Write(line)
		out.WriteByte('\n')
		preds = preds[1:]
	}
	return bad, nil
}
