package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/predict"
)

// answerFormat is how answers are written to a file of that name: csv, tsv or jsonl.
func answerFormat(name string) (string, error) {
	switch ext := strings.ToLower(filepath.Ext(name)); ext {
	case "", ".csv", ".txt":
		return "csv", nil
	case ".tsv", ".tab":
		return "tsv", nil
	case ".jsonl", ".ndjson":
		return "jsonl", nil
	case ".json":
		return "", usagef("cannot write %s: .jsonl has an object a line, --json FILE is one array", name)
	}
	return "", usagef("cannot write %s: the ending must be .csv, .tsv or .jsonl", name)
}

// input is what is answered: rows, and how they were written.
type input struct {
	ds     *dataset.Dataset
	header []string
	row    func(i int) []string
	object func(i int) (json.RawMessage, error)
	oneRow bool // of cells that the command line has, in no file
}

// inputOf is a table as it was read.
func inputOf(ds *dataset.Dataset) *input {
	return &input{ds: ds, header: ds.Raw().Header, row: ds.Raw().Row, object: ds.Raw().Object}
}

// all are the answers to all rows of the input.
func (in *input) all(answers iter.Seq2[answered, error]) *allRows {
	labeled := slices.ContainsFunc(in.ds.Rows, func(r dataset.Row) bool { return r.Labeled() })
	return &allRows{in.header, len(in.ds.Rows), labeled, answers}
}

// located returns problems with the places that the input has: one row of cells is in no file.
func (in *input) located(problems dataset.Problems) dataset.Problems {
	if !in.oneRow {
		return problems
	}
	out := slices.Clone(problems)
	for i := range out {
		out[i].File, out[i].Row = "", 0
	}
	return out
}

// inputOfRow is one row of cells as the command line has them.
func inputOfRow(ds *dataset.Dataset, cells []cell) *input {
	in := &input{ds: ds, oneRow: true}
	var values []string
	for _, c := range cells {
		in.header, values = append(in.header, c.column), append(values, c.value)
	}
	in.row = func(int) []string { return values }
	in.object = func(int) (json.RawMessage, error) {
		out := []byte{'{'}
		for k, c := range cells {
			if k > 0 {
				out = append(out, ',')
			}
			out = append(append(append(out, quote(c.column)...), ':'), quote(c.value)...)
		}
		return append(out, '}'), nil
	}
	return in
}

// answerNames are the columns that answers have.
func answerNames(m *fusor.Model, q predict.Query) []string {
	names := []string{"prediction"}
	for k, class := range m.Schema().Classes {
		switch {
		case q.Top == 0:
			names = append(names, "p_"+class)
		case k < q.Top:
			names = append(names, fmt.Sprintf("top_%d", k+1), fmt.Sprintf("p_top_%d", k+1))
		}
	}
	names = append(names, "flags")
	if q.Explain {
		for _, modality := range m.Modalities() {
			names = append(names, "contribution_"+modality, "without_"+modality)
		}
	}
	return names
}

// cells are the cells of one answer, as answerNames names them.
func (c *predictCmd) cells(m *fusor.Model, p *fusor.Prediction) []string {
	digits, significant := 6, 7
	if c.Bare {
		digits, significant = -1, -1
	}
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', digits, 64) }
	cells := []string{p.Class}
	if m.Schema().Task == dataset.Regression {
		cells[0] = strconv.FormatFloat(p.Value, 'g', significant, 64)
	}
	for k, v := range p.Probabilities {
		if c.Top > 0 {
			cells = append(cells, p.Classes[k])
		}
		cells = append(cells, number(v))
	}
	cells = append(cells, strings.Join(p.Flags, ";"))
	if p.Explanation == nil {
		return cells
	}
	for _, w := range p.Explanation.Without {
		without := w.Prediction
		if w.Value != nil {
			without = strconv.FormatFloat(*w.Value, 'g', significant, 64)
		}
		cells = append(cells, number(p.Explanation.Contributions[w.Modality]), without)
	}
	return cells
}

// answerColumns are the input's columns with a name that an answer has: it takes their place.
func answerColumns(m *fusor.Model, header []string, q predict.Query) []string {
	names := answerNames(m, q)
	return slices.DeleteFunc(slices.Clone(header), func(h string) bool { return !slices.Contains(names, h) })
}

func (c *predictCmd) writePredictions(w io.Writer, m *fusor.Model, all *allRows, format string) error {
	// Answers are written as they come; nothing is held for all rows.
	b, q := bufio.NewWriter(w), c.query()
	each := func(f func(in *input, i int, p *fusor.Prediction) error) error {
		for a, err := range all.answers {
			if err != nil {
				return err
			}
			for k := range a.preds {
				if err := f(a.in, a.from+k, &a.preds[k]); err != nil {
					return err
				}
			}
		}
		return nil
	}
	// Each line is the input's own object with the answer's members, so that nothing of it is lost.
	if format == "jsonl" {
		err := each(func(in *input, i int, p *fusor.Prediction) error {
			object, err := in.object(i)
			if err != nil {
				return err
			}
			line, err := c.answer(m, p, object)
			if err != nil {
				return err
			}
			b.Write(line)
			return b.WriteByte('\n')
		})
		if err != nil {
			return err
		}
		return b.Flush()
	}
	out := csv.NewWriter(b)
	if format == "tsv" {
		out.Comma = '\t'
	}
	names := answerNames(m, q)
	// A column of the input with the name of an answer gives way, as when answers are answered again.
	var kept []int // columns of the input
	var header []string
	for k, h := range all.header {
		if !c.Bare && !slices.Contains(names, h) {
			kept, header = append(kept, k), append(header, h)
		}
	}
	// The header is written before the first answer is asked for: an empty table has one too.
	if err := out.Write(append(header, names...)); err != nil {
		return err
	}
	row := make([]string, 0, len(header)+len(names))
	err := each(func(in *input, i int, p *fusor.Prediction) error {
		row = row[:0]
		cells := in.row(i)
		for _, k := range kept {
			row = append(row, cells[k])
		}
		return out.Write(append(row, c.cells(m, p)...))
	})
	if err != nil {
		return err
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return err
	}
	return b.Flush()
}

// named is an object with the row's id, or nil if it has none.
func named(r *dataset.Row) json.RawMessage {
	if r.ID == "" {
		return nil
	}
	return json.RawMessage(`{"id":` + quote(r.ID) + "}")
}

// answer is the JSON of one answer: with --bare what serve answers, else the input with the
// answer's members.
func (c *predictCmd) answer(m *fusor.Model, p *fusor.Prediction, in json.RawMessage) (json.RawMessage, error) {
	if c.Bare {
		return p.AppendJSON(nil)
	}
	return answer(m, p, in), nil
}

// withProblems is a bare answer with the problems of its line, if there are any.
func withProblems(line json.RawMessage, all dataset.Problems, number int) (json.RawMessage, error) {
	var own dataset.Problems
	for _, p := range all {
		if p.Row == number {
			own = append(own, p)
		}
	}
	if len(own) == 0 {
		return line, nil
	}
	data, err := json.Marshal(own)
	if err != nil {
		return nil, err
	}
	return append(append(append(line[:len(line)-1], `,"problems":`...), data...), '}'), nil
}

// answer is the input object (or an empty one) with the prediction's members at its end.
func answer(m *fusor.Model, p *fusor.Prediction, in json.RawMessage) json.RawMessage {
	var names []string
	var values []any
	add := func(name string, v any) { names, values = append(names, name), append(values, v) }
	if m.Schema().Task == dataset.Regression {
		add("prediction", p.Value)
	} else {
		if p.Labels != nil {
			add("prediction", p.Labels)
		} else {
			add("prediction", p.Class)
		}
		for i, class := range p.Classes {
			// Six digits: what is beyond is noise of float32.
			add("p_"+class, math.Round(p.Probabilities[i]*1e6)/1e6)
		}
	}
	if p.Weights != nil {
		add("weights", p.Weights)
	}
	flags := p.Flags
	if flags == nil {
		flags = []string{}
	}
	add("flags", flags)
	if p.Explanation != nil {
		add("explanation", p.Explanation)
	}

	var b bytes.Buffer
	// Members of an earlier answer are taken out, also of classes that --top leaves out now.
	old := slices.Clone(names)
	for _, class := range m.Schema().Classes { // --top leaves some out
		old = append(old, "p_"+class)
	}
	in = without(bytes.TrimSpace(in), old)
	b.WriteByte('{')
	if len(in) > 2 {
		if members := bytes.TrimSpace(in[1 : len(in)-1]); len(members) > 0 {
			b.Write(members)
			b.WriteByte(',')
		}
	}
	for i, name := range names {
		if data, err := json.Marshal(values[i]); err == nil { // strings and finite numbers only
			fmt.Fprintf(&b, "%s:%s,", quote(name), data)
		}
	}
	return append(bytes.TrimSuffix(b.Bytes(), []byte(",")), '}')
}

// without is a valid JSON object without the members of those names, so that no key is there twice
// where the answers of one model are given to another.
func without(object json.RawMessage, names []string) json.RawMessage {
	if !slices.ContainsFunc(names, func(n string) bool { return bytes.Contains(object, []byte(quote(n))) }) {
		return object
	}
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil {
		return object
	}
	out := []byte{'{'}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return object
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return object
		}
		name, _ := key.(string)
		if slices.Contains(names, name) {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(out, quote(name)...), ':'), value...)
	}
	return append(out, '}')
}

func quote(s string) string {
	data, _ := json.Marshal(s) // a string always can be
	return string(data)
}
