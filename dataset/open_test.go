package dataset

import (
	"bytes"
	"fmt"
	"image"
	"image/gif"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	pq "github.com/parquet-go/parquet-go"

	"github.com/fusor-ml/fusor/internal/codec/npy"
	"github.com/fusor-ml/fusor/internal/conformance"
	"github.com/fusor-ml/fusor/media"
)

// Files by their first bytes; what follows is not looked at here.
const (
	wav  = "RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00"
	mp4  = "\x00\x00\x00\x20ftypisom\x00\x00\x02\x00"
	jpeg = "\xff\xd8\xff\xe0\x00\x10JFIF\x00"
)

// picture is a small PNG.
func picture(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// animation is a small GIF.
func animation(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	if err := gif.Encode(&b, image.NewGray(image.Rect(0, 0, 2, 2)), nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// matrixFile is an .npy file.
func matrixFile(t testing.TB, shape []int, data ...float32) string {
	t.Helper()
	var b bytes.Buffer
	if err := npy.Write(&b, shape, data); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// open opens a path below a folder of files.
func open(t testing.TB, dir, name string, opt Options) *Dataset {
	t.Helper()
	ds, err := Open(filepath.Join(dir, name), opt)
	if err != nil {
		t.Fatal(err)
	}
	return ds
}

func TestInferKind(t *testing.T) {
	dir := write(t, map[string]string{
		"a.png": picture(t), "b.jpg": jpeg, "c.wav": wav, "d": wav, "e.mp4": mp4, "f.gif": animation(t), "g.jpg": "a text by another name",
		"h.npy": matrixFile(t, []int{2}, 1, 2), "i.txt": "a text", "frames/1.png": picture(t), "wav/x": "",
	})
	f := func(name string, kind media.Kind, cells ...string) {
		t.Helper()
		if got, err := inferKind(name, slices.Values(cells), media.Folder{Dir: dir}, nil); got.kind != kind || err != nil {
			t.Errorf("%s %.60q is %q, %v; want %q", name, cells, got, err, kind)
		}
	}
	f("c", "", "", " ", "")
	f("c", media.Number, "1", "-2.5", "", "3e4", "NaN", "NA")
	f("c", media.Number, "0", "1", "1")
	f("c", media.Category, "1", "x", "2")
	f("c", media.Category, "0x10", "1_000")
	f("c", media.Number, "$46", "$1,200.50", "12 €", "-£3", "")
	f("c", media.Number, "95%", "12.5 %")
	f("c", media.Number, "5,02", "-3", "1.234,5", "NA")
	f("c", media.Number, "9,029.5", "1,234", "3.5")
	f("c", media.Category, "5,02", "5.02", "5,02", "5.02") // no reading takes both
	f("c", media.Category, "1,2,3", "1,2")
	f("c", media.Boolean, "true", "False", "TRUE", "no")
	f("c", media.Date, "2024-02-29", "2024-01-01 12:30", "")
	f("c", media.Date, "2024年1月5日", "2024年11月15日")
	f("c", media.Category, "03/04/2024", "05/04/2024")
	f("c", media.Date, "28/04/2024", "05/04/2024 18:30", "2024-01-01")
	f("c", media.Date, "04/28/2024", "05/04/2024")
	f("c", media.Category, "04/28/2024", "28/04/2024")
	f("c", media.Vector, "[1, 2]", "[3.5,-4e2]")
	f("c", media.Vector, "h.npy", "h.npy")
	f("c", media.Image, "a.png", "b.jpg", "g.jpg", "")
	f("c", media.Image, "b.jpg;a.png", `["a.png","b.jpg"]`)
	f("c", media.Image, "gone.png", "lost.png", "missing.jpg")
	f("c", media.Image, "f.gif", "f.gif")
	f("my_video", media.Video, "f.gif", "f.gif")
	f("c", media.Audio, "c.wav", "d")
	f("c", media.Video, "e.mp4", "e.mp4")
	f("c", media.Video, "frames", "frames")
	f("c", media.Text, "i.txt", "i.txt")
	f("c", media.Category, "wav", "mp3", "wav")
	f("c", media.Category, "red", "green", "red", "blue")
	f("c", media.Category, "Initmates", "General", "General Petite")
	f("c", media.Category, strings.Split(strings.Repeat("I agree with it in full,I do not agree with that,", 10), ",")...)
	f("c", media.Text, "a nice one that I would buy again", "not good at all, it broke on day one")
	f("text", media.Text, "bad", "good", "bad")
	f("review_title", media.Text, "very nice", "not so good", "nice!")
	f("c", media.Text, "很快，好吃，味道足，量大", "没有送水没有送水没有送水")
	f("c", media.Category, "北京", "上海", "北京")
}

func TestOpenMedia(t *testing.T) {
	dir := write(t, map[string]string{
		"img/1.png": picture(t), "img/2.png": picture(t), "snd/1.wav": wav, "notes/1.txt": "x", "v.npy": matrixFile(t, []int{1, 3}, 1, 2, 3),
		"m.csv": "label,photo,sound,note,vec\n" +
			"a,img/1.png;img/2.png,snd/1.wav,notes/1.txt,v.npy\n" +
			"b,img\\2.png,,\"a note that is long enough to be one\",none.npy\n" +
			"a,img/9.png;img/1.png,snd/1.wav,,v.npy\n" +
			"b,https://example.com/x.png,snd,,v.npy\n",
	})
	ds := open(t, dir, "m.csv", Options{Kinds: map[string]media.Kind{"note": media.Text}})
	if got := describe(&ds.Schema); got != "photo:image, sound:audio, note:text, vec:vector:3" {
		t.Errorf("columns %s", got)
	}
	files := func(row, col int) string { return strings.Join(ds.Rows[row].Cells[col].Files, "|") }
	if files(0, 0) != "img/1.png|img/2.png" || files(1, 0) != "img/2.png" || files(2, 0) != "img/1.png" || files(0, 2) != "notes/1.txt" {
		t.Errorf("files %q %q %q %q", files(0, 0), files(1, 0), files(2, 0), files(0, 2))
	}
	if !ds.Rows[1].Cells[1].Absent() || !ds.Rows[3].Cells[0].Absent() || !ds.Rows[1].Cells[3].Absent() {
		t.Error("a missing file is not absent")
	}
	got := ds.Problems.Error()
	for _, want := range []string{
		`m.csv:3: column "vec": none.npy: no such file`, `m.csv:4: column "photo": img/9.png: no such file`,
		`m.csv:5: column "photo": https://example.com/x.png: an address`, `m.csv:5: column "sound": snd: a folder`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q does not say %q", got, want)
		}
	}
	if len(ds.Problems) != 4 {
		t.Errorf("%d problems: %s", len(ds.Problems), got)
	}
}

func TestOpenArrays(t *testing.T) {
	files := map[string]string{
		"labels.csv": "id,label,note\n1,x,first note\n2,y,second note\n3,x,third note\n",
		"a.npy":      matrixFile(t, []int{3, 2}, 1, 2, 3, 4, 5, 6),
		"b.npy":      matrixFile(t, []int{3}, 7, 8, 9),
		"y.npy":      matrixFile(t, []int{3}, 0, 1, 0),
	}
	dir := write(t, files)
	ds := open(t, dir, "", Options{})
	if got := describe(&ds.Schema); got != "a:vector:2, b:vector:1" || ds.Name != filepath.Base(dir) || ds.Dir != dir {
		t.Errorf("columns %s", got)
	}
	if got := ds.Rows[1]; got.Number != 3 || !cmp.Equal(got.Cells[0].Vector, []float32{3, 4}) || !cmp.Equal(got.Cells[1].Vector, []float32{8}) {
		t.Errorf("row %+v", got)
	}
	if !strings.Contains(ds.Problems.Error(), "y.npy: left out: by its name it holds the labels") {
		t.Errorf("problems %v", ds.Problems)
	}
	if got := describe(&open(t, dir, "", Options{Columns: []string{"note"}, Ignore: []string{"b"}}).Schema); got != "note:text, a:vector:2" {
		t.Errorf("with columns: %s", got)
	}
	f := func(name, content, want string) {
		t.Helper()
		other := map[string]string{name: content}
		for k, v := range files {
			if _, replaced := other[k]; !replaced {
				other[k] = v
			}
		}
		_, err := Open(write(t, other), Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	f("a.npy", matrixFile(t, []int{2, 2}, 1, 2, 3, 4), "a.npy: it has 2 rows where labels.csv has 3")
	f("a.npy", "junk", "a.npy: not an .npy file")
	f("a.npz", "PK\x03\x04junk", "not an .npz archive")
	f("a.pkl", "\x80\x04\x95", "pickle")
	f("a.pkl", "(lp0\nF0.5\na.", "a.pkl: not a pickle of protocol 2 to 5")
	f("a.npy", "cnumpy.core.multiarray\n_reconstruct\np0\n(cnumpy\nndarray\n", "a.npy: a pickle of protocol 0 or 1")
	f("labels.csv", "id,label\n1,x\n2,y\n3\n", "labels.csv:4: the row has 1 cell")
}

func TestOpenArraysWithNaN(t *testing.T) {
	nan := float32(0)
	nan /= nan
	dir := write(t, map[string]string{"labels.csv": "label\nx\ny\nx\ny\n", "a.npy": matrixFile(t, []int{4, 2}, 1, 2, 3, nan, 5, 6, nan, nan)})
	ds := open(t, dir, "", Options{})
	if !ds.Rows[3].Cells[0].Absent() || len(ds.Problems) != 1 {
		t.Errorf("a row of NaN is not just absent: %v", ds.Problems)
	}
	if c := ds.Rows[1].Cells[0]; !c.Absent() || !c.Incomplete || ds.Rows[2].Cells[0].Absent() || ds.Rows[2].Cells[0].Incomplete {
		t.Error("the vector with a NaN is not the absent one")
	}
	if !strings.Contains(ds.Problems.Error(), `a.npy:2: column "a": a NaN or infinity at place 2`) {
		t.Errorf("problems %v", ds.Problems)
	}
}

func TestOpenClassFolder(t *testing.T) {
	dir := write(t, map[string]string{
		"cat/1.png": picture(t), "cat/2.png": picture(t), "dog/deep/1.jpg": jpeg, "dog/2.png": picture(t), "dog/.DS_Store": "x", "README.md": "about",
	})
	ds := open(t, dir, "", Options{})
	if got := describe(&ds.Schema); got != "image:image" || len(ds.Rows) != 4 || fmt.Sprint(ds.Schema.Classes) != "[cat dog]" {
		t.Errorf("columns %s, %d rows, classes %v", got, len(ds.Rows), ds.Schema.Classes)
	}
	if r := ds.Rows[3]; r.ID != "dog/deep/1.jpg" || r.Label != "dog" || r.Cells[0].Files[0] != "dog/deep/1.jpg" {
		t.Errorf("row %+v", r)
	}
	if len(ds.Problems) != 0 {
		t.Errorf("problems %v", ds.Problems)
	}
	plain := write(t, map[string]string{"x.png": picture(t), "y.png": picture(t)})
	again := open(t, plain, "", Options{Schema: &ds.Schema})
	if len(again.Rows) != 2 || again.Rows[0].Cells[0].Absent() || again.Rows[0].Labeled() {
		t.Errorf("read for prediction: %+v", again.Rows)
	}
}

func TestOpenClassFolderOfSplits(t *testing.T) {
	files := map[string]string{}
	for _, split := range []string{"train", "validation", "test"} {
		for _, class := range []string{"neg", "pos"} {
			files[split+"/"+class+"/1"] = "a text without an ending"
			files[split+"/"+class+"/2.txt"] = "another text"
		}
	}
	ds := open(t, write(t, files), "", Options{})
	if got := describe(&ds.Schema); got != "text:text" || len(ds.Rows) != 12 || ds.Rows[11].Split != "val" || ds.Rows[11].Label != "pos" {
		t.Errorf("columns %s, rows %+v", got, ds.Rows)
	}
	if len(ds.Rows[0].Cells[0].Files) != 1 || ds.Rows[0].Cells[0].Text != "" {
		t.Errorf("cell %+v", ds.Rows[0].Cells[0])
	}
}

func TestOpenClassFolderOfKinds(t *testing.T) {
	ds := open(t, write(t, map[string]string{
		"a/1.png": picture(t), "a/1.wav": wav, "a/2.png": picture(t), "b/1.png": picture(t), "b/1.wav": wav, "b/odd.mp4": mp4, "b/junk": "\x00\x01\x02",
	}), "", Options{})
	if got := describe(&ds.Schema); got != "audio:audio, image:image" || len(ds.Rows) != 3 {
		t.Errorf("columns %s, %d rows", got, len(ds.Rows))
	}
	if r := ds.Rows[0]; r.ID != "a/1" || r.Cells[0].Files[0] != "a/1.wav" || r.Cells[1].Files[0] != "a/1.png" || !ds.Rows[1].Cells[0].Absent() {
		t.Errorf("rows %+v", ds.Rows)
	}
	got := ds.Problems.Error()
	if !strings.Contains(got, "odd.mp4: left out: of the kind video") || !strings.Contains(got, "junk: left out: neither text") {
		t.Errorf("problems %s", got)
	}
}

// columns of a Parquet manifest.
type columns struct {
	Label int32     `parquet:"label"`
	Text  string    `parquet:"text"`
	Vec   []float32 `parquet:"vec,list"`
}

func TestOpenParquet(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.parquet")
	rows := []columns{{1, "first of all texts here", []float32{1, 2}}, {0, "second of all texts here", []float32{3, 4.5}}, {1, "third and last of the texts", nil}, {0, "four", []float32{1, 2, 3}}}
	if err := pq.WriteFile(path, rows); err != nil {
		t.Fatal(err)
	}
	ds := open(t, path, "", Options{})
	if got := describe(&ds.Schema); got != "text:text, vec:vector:2" || fmt.Sprint(ds.Schema.Classes) != "[0 1]" || ds.Encoding != "" {
		t.Errorf("columns %s, classes %v", got, ds.Schema.Classes)
	}
	if !cmp.Equal(ds.Rows[1].Cells[1].Vector, []float32{3, 4.5}) || !ds.Rows[2].Cells[1].Absent() || !ds.Rows[3].Cells[1].Absent() {
		t.Errorf("rows %+v", ds.Rows)
	}
	if got := ds.Raw().Row(1); fmt.Sprint(got) != "[0 second of all texts here [3,4.5]]" {
		t.Errorf("raw %q", got)
	}
}

func TestOpenWithSchema(t *testing.T) {
	trained := accepted(t, "m.csv", good(10), Options{})
	f := func(content string, want ...string) *Dataset {
		t.Helper()
		ds := accepted(t, "n.csv", content, Options{Schema: &trained.Schema})
		if diff := cmp.Diff(trained.Schema.Columns, ds.Schema.Columns); diff != "" || fmt.Sprint(ds.Schema.Classes) != "[a b]" {
			t.Errorf("schema %s", diff)
		}
		for _, w := range want {
			if !strings.Contains(ds.Problems.Error(), w) {
				t.Errorf("%q does not say %q", ds.Problems.Error(), w)
			}
		}
		return ds
	}
	ds := f("price,text,extra\n3,no label here,x\n")
	if ds.Rows[0].Labeled() || ds.Rows[0].Cells[0].Text != "no label here" || ds.Rows[0].Cells[1].Fields[0] != "3" {
		t.Errorf("row %+v", ds.Rows[0])
	}
	if got := strings.Join(ds.Raw().Header, ","); got != "price,text,extra" {
		t.Errorf("raw header %s", got)
	}
	f("text\nonly a text\n", `column "price": the model knows the column, but it is not there`)
	ds = f(header+"1,b,words,x\n2,zebra,words,4\n", `n.csv:3: column "label": 1 row has the label "zebra", which is no class of the model: left out of every score; the classes are: a, b`, `n.csv:2: column "price": "x" is not a number`)
	if ds.Rows[0].Class != 1 || ds.Rows[1].Class != -1 || ds.Rows[1].Labeled() {
		t.Errorf("rows %+v", ds.Rows)
	}
	got := refused(t, "n.csv", "foo,bar\n1,2\n", Options{Schema: &trained.Schema}).Error()
	if !strings.Contains(got, "none of the columns that the model was trained on") {
		t.Error(got)
	}
}

func TestReadJSONLinesStream(t *testing.T) {
	trained := accepted(t, "m.jsonl", `{"label":"a","text":"some words here","v":[1,2],"price":3}`+"\n"+`{"label":"b","text":"others words there","v":[3,4],"price":4}`, Options{})
	if got := describe(&trained.Schema); got != "text:text, v:vector:2, table:table price=number" {
		t.Fatalf("columns %s", got)
	}
	in := "\xef\xbb\xbf" + `{"id":7,"text":"hello \u4f60","v":[5,6],"price":"1.5","other":{"x":1}}` + "\r\n\n" +
		`{"v":[1,2,3],"label":"b"}` + "\n" + `{"text":"cut` + "\n" + `{"price":NaN,"text":null}`
	var got []string
	for line, err := range ReadJSONLines(strings.NewReader(in), os.DirFS("."), &trained.Schema) {
		if err != nil {
			t.Fatal(err)
		}
		item := fmt.Sprintf("%d id=%s class=%d problems=%d fatal=%d", line.Row.Number, line.Row.ID, line.Row.Class, len(line.Problems), len(line.Problems.Fatal()))
		for k := range line.Row.Cells {
			c := &line.Row.Cells[k]
			item += fmt.Sprintf(" %q%v%q", c.Text, c.Vector, c.Fields)
		}
		got = append(got, item)
	}
	want := []string{
		`1 id=7 class=-1 problems=1 fatal=0 "hello 你"[][] ""[5 6][] ""[]["1.5"]`,
		`3 id= class=1 problems=1 fatal=0 ""[][] ""[][] ""[][""]`,
		`4 id= class=-1 problems=1 fatal=1`,
		`5 id= class=-1 problems=1 fatal=0 ""[][] ""[][] ""[][""]`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSequences(t *testing.T) {
	ds := accepted(t, "m.csv", "label,talk,place,text\na,x,10,one two three\nb,y,1,two three four\na,x,9,five six seven\nb,,3,eight nine ten\na,x,,one more text\nb,,1,last of them\na,y,1,again the same\n",
		Options{Group: "talk", Order: "place"})
	if got := fmt.Sprint(Sequences(ds, nil)); got != "[[2 0 4] [1 6] [3] [5]]" {
		t.Errorf("sequences %s", got)
	}
	if got := fmt.Sprint(Sequences(ds, []int{0, 1, 2})); got != "[[2 0] [1]]" {
		t.Errorf("sequences of some rows %s", got)
	}
	problems := ds.Problems.Error()
	for _, want := range []string{`m.csv:6: column "place": the row has no place`, `m.csv:8: column "place": the same place in the order as row 3`} {
		if !strings.Contains(problems, want) {
			t.Errorf("%q does not say %q", problems, want)
		}
	}
	f := func(cells string, want string) {
		t.Helper()
		var b strings.Builder
		b.WriteString("label,when,text\n")
		for i, s := range strings.Split(cells, "|") {
			fmt.Fprintf(&b, "%s,%s,some text here\n", []string{"a", "b"}[i%2], s)
		}
		ds := accepted(t, "m.csv", b.String(), Options{Order: "when"})
		if got := fmt.Sprint(Sequences(ds, nil)[0]); got != want {
			t.Errorf("%s: %s, want %s", cells, got, want)
		}
	}
	f("10|9|8", "[2 1 0]")
	f("2024-03-01|2023-12-31|2024-01-01 10:00", "[1 2 0]")
	f("b|a10|a9", "[1 2 0]")
}

func TestOpenFolderWithManifest(t *testing.T) {
	dir := write(t, map[string]string{"manifest.csv": good(6), "img/x.png": picture(t)})
	ds := open(t, dir, "", Options{})
	if len(ds.Rows) != 6 || ds.Dir != dir {
		t.Errorf("%d rows in %s", len(ds.Rows), ds.Dir)
	}
}

func FuzzOpenParquet(f *testing.F) {
	var b bytes.Buffer
	if err := pq.Write(&b, []columns{{1, "text", []float32{1}}, {0, "x", nil}}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	conformance.Seeds(f, func(_ string, data []byte) { f.Add(data) }, ".parquet")
	path := filepath.Join(f.TempDir(), "m.parquet")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if ds, err := Open(path, Options{}); err == nil && len(ds.Rows) != ds.Raw().Len() {
			t.Fatalf("%d rows of %d", len(ds.Rows), ds.Raw().Len())
		}
	})
}
