package dataset

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/fusor-ml/fusor/media"
)

// TestDeferred reads tables with and without looking for their files: once resolved, in parts, the
// rows and problems are the same.
func TestDeferred(t *testing.T) {
	dir := t.TempDir()
	png := "\x89PNG\r\n\x1a\n"
	for _, name := range []string{"a.png", "b.png", "c.png", "d.png", "e.png"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(png+name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "note.txt"), []byte("a text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "sub.png"), 0o700); err != nil {
		t.Fatal(err)
	}
	table := "photo,text,price,label\n" +
		"a.png,good and cheap,1,x\n" +
		"b.png;missing.png,note.txt,two,y\n" +
		"lost.png,\"data:text/plain;base64,aGVsbG8=\",3,x\n" +
		"sub.png,,4,y\n" +
		"NA,none of these,5,x\n" +
		"https://x.org/a.png,\"{\"\"$base64\"\": \"\"aGVsbG8=\"\"}\",6,y\n" +
		"\"data:image/png;base64,iVBORw0KGgo=\",gone.txt,7,x\n" +
		"c.png,words and words,8,y\n" + "d.png,words and words,9,x\n" + "e.png,words,10,y\n" + ",,11,x\n" +
		"a.png,good and cheap,1,x\n"
	path := filepath.Join(dir, "t.csv")
	if err := os.WriteFile(path, []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{{}, {Ignore: []string{"text"}}, {Kinds: map[string]media.Kind{"price": media.Number}}} {
		plain, err := Open(path, o)
		if err != nil {
			t.Fatal(err)
		}
		o.Deferred = true
		ds, err := Open(path, o)
		if err != nil {
			t.Fatal(err)
		}
		first, second := *ds, *ds
		first.Rows, second.Rows, first.Problems, second.Problems = ds.Rows[:5], ds.Rows[5:], nil, nil
		for _, part := range []*Dataset{&first, &second} {
			if err := part.Resolve(); err != nil {
				t.Fatal(err)
			}
		}
		ds.Problems = append(append(ds.Problems, first.Problems...), second.Problems...)
		ds.NoteDuplicates(nil)
		plain.SortProblems(plain.Problems)
		same(t, plain, ds)
		if len(plain.Problems) < 5 {
			t.Errorf("the table has no problems to compare: %v", plain.Problems)
		}
	}
}

// TestDeferredFolder is the same for a folder whose texts are files.
func TestDeferredFolder(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"x/1.txt", "x/2.txt", "x/3.txt", "y/1.txt", "y/2.txt", "y/3.txt"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("text of "+name), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	plain, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ds, err := Open(dir, Options{Deferred: true})
	if err == nil {
		err = ds.Resolve()
	}
	if err != nil {
		t.Fatal(err)
	}
	ds.NoteDuplicates(nil)
	same(t, plain, ds)
}

func same(t *testing.T, plain, ds *Dataset) {
	t.Helper()
	if !reflect.DeepEqual(plain.Schema, ds.Schema) {
		t.Errorf("schema %+v, want %+v", ds.Schema, plain.Schema)
	}
	if !reflect.DeepEqual(plain.Problems, ds.Problems) {
		t.Errorf("problems\n%v\nwant\n%v", ds.Problems, plain.Problems)
	}
	for i := range plain.Rows {
		got, err := json.Marshal(ds.Rows[i])
		if err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(plain.Rows[i])
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("row %d\n%s\nwant\n%s", i, got, want)
		}
	}
}

// TestRowJSON takes rows of anything that a row can hold through JSON.
func TestRowJSON(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.Just("\xff\xfe not UTF-8 \x00"), rapid.Just(""), rapid.Just("<a&b>\u2028"))
	texts := rapid.Custom(func(t *rapid.T) []string {
		if rapid.Bool().Draw(t, "none") {
			return nil
		}
		return rapid.SliceOfN(text, 1, 3).Draw(t, "texts")
	})
	number := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 5e-324}))
	rapid.Check(t, func(t *rapid.T) {
		r := Row{
			Number: rapid.Int().Draw(t, "number"), ID: text.Draw(t, "id"), Split: text.Draw(t, "split"), Group: text.Draw(t, "group"),
			Order: number.Draw(t, "order"), Label: text.Draw(t, "label"), Class: rapid.IntRange(-1, 9).Draw(t, "class"), Target: number.Draw(t, "target"),
		}
		if rapid.Bool().Draw(t, "multilabel") {
			r.Labels = rapid.SliceOfN(rapid.IntRange(0, 9), 0, 3).Draw(t, "labels")
		}
		for range rapid.IntRange(0, 3).Draw(t, "cells") {
			c := Cell{Text: text.Draw(t, "text"), Files: texts.Draw(t, "files"), Fields: texts.Draw(t, "fields"), Incomplete: rapid.Bool().Draw(t, "incomplete"), Name: text.Draw(t, "name")}
			if rapid.Bool().Draw(t, "data") {
				c.Data = rapid.SliceOfN(rapid.Byte(), 1, 9).Draw(t, "bytes")
				c.Media = []media.Source{media.Bytes("m", c.Data), media.Made("bad", func() ([]byte, error) { return nil, errors.New("damaged") })}
			}
			if rapid.Bool().Draw(t, "vector") {
				c.Vector = rapid.SliceOfN(rapid.Float32(), 1, 9).Draw(t, "numbers")
				c.Index = rapid.SliceOfN(rapid.Uint32(), 0, 3).Draw(t, "entries")
				if len(c.Index) == 0 {
					c.Index = nil
				}
			}
			r.Cells = append(r.Cells, c)
		}
		data, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var back Row
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(back)
		if err != nil || string(again) != string(data) {
			t.Fatalf("%s\ncomes back as\n%s, %v", data, again, err)
		}
		for _, same := range [][2]float64{{r.Order, back.Order}, {r.Target, back.Target}} {
			if math.Float64bits(same[0]) != math.Float64bits(same[1]) && !(math.IsNaN(same[0]) && math.IsNaN(same[1])) {
				t.Fatalf("%v comes back as %v", same[0], same[1])
			}
		}
		a, b := &Dataset{Rows: []Row{r}}, &Dataset{Rows: []Row{back}}
		if one, two := a.Digest(), b.Digest(); one != two {
			t.Fatalf("digests %s and %s", one, two)
		}
		for k := range r.Cells { // all but media, which are closures
			r.Cells[k].Media, back.Cells[k].Media = nil, nil
		}
		r.Order, r.Target, back.Order, back.Target = 0, 0, 0, 0
		if !reflect.DeepEqual(r, back) {
			t.Fatalf("%#v comes back as %#v", r, back)
		}
	})
}
