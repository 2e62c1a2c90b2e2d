package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
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

// answerNames are the columns that answers have.
func answerNames(m *fusor.Model) []string {
	names := []string{"prediction"}
	for _, class := range m.Schema().Classes {
		names = append(names, "p_"+class)
	}
	return append(names, "flags")
}

// answered are the input's columns with a name that an answer has: it takes their place.
func answered(m *fusor.Model, header []string) []string {
	names := answerNames(m)
	return slices.DeleteFunc(slices.Clone(header), func(h string) bool { return !slices.Contains(names, h) })
}

func writePredictions(w io.Writer, m *fusor.Model, ds *dataset.Dataset, preds []fusor.Prediction, format string) error {
	b := bufio.NewWriter(w)
	if format == "jsonl" {
		for i := range preds {
			in, err := ds.Raw().Object(i)
			if err != nil {
				return err
			}
			b.Write(answer(m, &preds[i], in))
			b.WriteByte('\n')
		}
		return b.Flush()
	}
	out := csv.NewWriter(b)
	if format == "tsv" {
		out.Comma = '\t'
	}
	names := answerNames(m)
	var kept []int // columns of the input
	var header []string
	for k, h := range ds.Raw().Header {
		if !slices.Contains(names, h) {
			kept, header = append(kept, k), append(header, h)
		}
	}
	if err := out.Write(append(header, names...)); err != nil {
		return err
	}
	row := make([]string, 0, len(header)+len(names))
	for i, p := range preds {
		row = row[:0]
		in := ds.Raw().Row(i)
		for _, k := range kept {
			row = append(row, in[k])
		}
		row = append(row, predicted(m, &p))
		for _, v := range p.Probabilities {
			row = append(row, strconv.FormatFloat(v, 'f', 6, 64))
		}
		if err := out.Write(append(row, strings.Join(p.Flags, ";"))); err != nil {
			return err
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return err
	}
	return b.Flush()
}

func predicted(m *fusor.Model, p *fusor.Prediction) string {
	if m.Schema().Task == dataset.Regression {
		return strconv.FormatFloat(p.Value, 'g', 7, 64)
	}
	return p.Class
}

// named is an object with the row's id, or nil if it has none.
func named(r *dataset.Row) json.RawMessage {
	if r.ID == "" {
		return nil
	}
	return json.RawMessage(`{"id":` + quote(r.ID) + "}")
}

// answer is the input object (or an empty one) with the prediction's members at its end.
func answer(m *fusor.Model, p *fusor.Prediction, in json.RawMessage) json.RawMessage {
	var names []string
	var values []any
	add := func(name string, v any) { names, values = append(names, name), append(values, v) }
	if m.Schema().Task == dataset.Regression {
		add("prediction", p.Value)
	} else {
		add("prediction", p.Class)
		for i, class := range m.Schema().Classes {
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

	var b bytes.Buffer
	in = without(bytes.TrimSpace(in), names)
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
