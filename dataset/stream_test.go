package dataset

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
)

func schemaOfTexts(t *testing.T) *Schema {
	t.Helper()
	return &accepted(t, "m.csv", "label,text,photo\na,some words here,x.png\nb,other words there,y.png\n", Options{}).Schema
}

// A line that is no UTF-8 is told and answered, wherever it is; the lines around it are not
// touched.
func TestStreamWithForeignLine(t *testing.T) {
	const good = `{"text":"很好的 thing"}` + "\n"
	for _, in := range []string{"{\"text\":\"caf\xe9 \xff\"}\n" + good, good + "{\"text\":\"caf\xe9 \xff\"}\n" + good} {
		told, same := 0, 0
		for line, err := range ReadJSONLines(strings.NewReader(in), os.DirFS("."), schemaOfTexts(t)) {
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(line.Problems.Error(), "bytes that are no characters") {
				told++
			}
			if line.Row.Cells[0].Text == "很好的 thing" {
				same++
			}
		}
		if told != 1 || same != strings.Count(in, good) {
			t.Errorf("%q: %d lines told, %d as they were", in, told, same)
		}
	}
}

// An encoding that was guessed is told, once; a missing file is located.
func TestStreamTells(t *testing.T) {
	var all Problems
	in := "{\"text\":\"\xba\xdc\xba\xc3\xd3\xc3\",\"photo\":\"none.png\"}\n{\"text\":\"\xba\xc3\"}\n"
	for line, err := range ReadJSONLines(strings.NewReader(in), os.DirFS(t.TempDir()), schemaOfTexts(t)) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, line.Problems...)
	}
	if got := all.Error(); strings.Count(got, "stdin: read as GB18030") != 1 || !strings.Contains(got, "stdin:1: column \"photo\": none.png: no such file; names are relative to the root folder") {
		t.Error(got)
	}
}

// A row goes out as the object that came in, where it is to be answered, or in the header's order.
func TestTableObject(t *testing.T) {
	f := func(name, content, want string) {
		t.Helper()
		got, err := accepted(t, name, content, Options{Schema: &accepted(t, name, content, Options{}).Schema}).Raw().Object(0)
		if err != nil || string(got) != want || !json.Valid(got) {
			t.Errorf("%s, %v; want %s", got, err, want)
		}
	}
	f("m.jsonl", `{"text":"b c d", "label":1,"x":{"y":[1.50]},"n":NaN}`+"\n"+`{"text":"e f g","label":2}`, `{"text":"b c d", "label":1,"x":{"y":[1.50]},"n":null}`)
	f("m.csv", "text,label,a\"b\n\"c\nd\",x,1.50\ne,y,2\n", `{"text":"c\nd","label":"x","a\"b":"1.50"}`)
}

// A request as a data set: it knows its folder and its problems, and has no row of a line that
// could not be read.
func TestOpenJSONLines(t *testing.T) {
	dir := write(t, map[string]string{"x.png": "\x89PNG\r\n\x1a\n"})
	in := `{"photo":"x.png"}` + "\n" + `{"photo":` + "\n\n" + `{"photo":"none.png"}` + "\n"
	ds, err := OpenJSONLines(strings.NewReader(in), os.DirFS(dir), schemaOfTexts(t))
	if err != nil {
		t.Fatal(err)
	}
	if ds.FS == nil || len(ds.Rows) != 2 || ds.Rows[0].Number != 1 || ds.Rows[1].Number != 4 || ds.CheckCells() != nil {
		t.Errorf("%+v", ds)
	}
	if c := ds.Rows[1].Cells[1]; !c.Absent() || !c.Incomplete {
		t.Errorf("a missing file: %+v", c)
	}
	if fatal := ds.Problems.Fatal(); len(ds.Problems) != 2 || len(fatal) != 1 || fatal[0].Row != 2 {
		t.Errorf("problems %v", ds.Problems)
	}
	if _, err := OpenJSONLines(iotest.ErrReader(io.ErrUnexpectedEOF), nil, schemaOfTexts(t)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a reader that fails: %v", err)
	}
}

// The label of a regression is read as the labels of the table were written; a number of JSON has a
// point all the same.
func TestStreamReadsTargets(t *testing.T) {
	schema := &accepted(t, "m.csv", "label;x\n5,02 kg;1\n6,5 kg;2\n7,25 kg;4\n", Options{}).Schema
	f := func(label string, want float64) {
		t.Helper()
		for line, err := range ReadJSONLines(strings.NewReader(`{"x":1,"label":`+label+`}`), nil, schema) {
			if err != nil || line.Row.Target != want {
				t.Errorf("label %s: %v, %v; want %v", label, line.Row.Target, err, want)
			}
		}
	}
	f(`"8,5 kg"`, 8.5)
	f(`"8,5"`, 8.5)
	f(`8.125`, 8.125)
}
