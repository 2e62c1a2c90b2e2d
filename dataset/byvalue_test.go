package dataset

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/media"
)

func bytesOf(t *testing.T, s media.Source) []byte {
	t.Helper()
	r, err := media.Open(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := r.All(1 << 30)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Every way of writing a medium into a cell yields its bytes, and the column its kind.
func TestMediaByValue(t *testing.T) {
	data := []byte(picture(t))
	std := base64.StdEncoding.EncodeToString(data)
	broken := std
	for i := 76; i < len(broken); i += 78 {
		broken = broken[:i] + "\r\n" + broken[i:]
	}
	object := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	none := (*string)(nil)
	for name, cell := range map[string]string{
		"data URI":        "data:image/png;base64," + std,
		"bare data URI":   "data:;base64," + std,
		"upper case":      "DATA:image/PNG;name=a.png;BASE64," + std,
		"percent":         "data:image/png," + percentEncoded(data),
		"Base64":          std,
		"URL alphabet":    base64.RawURLEncoding.EncodeToString(data),
		"MIME lines":      broken,
		"$base64":         object(map[string]any{"$base64": std}),
		"$base64 name":    object(map[string]any{"$base64": std, "name": "a.png"}),
		"bytes and path":  object(map[string]any{"bytes": std, "path": none}),
		"escaped slashes": strings.ReplaceAll(object(map[string]any{"$base64": std}), "/", `\/`),
	} {
		var csv, jsonl strings.Builder
		csv.WriteString("label,photo\n")
		for i := range 6 {
			label := string(rune('a' + i%2))
			fmt.Fprintf(&csv, "%s,\"%s\"\n", label, strings.ReplaceAll(cell, `"`, `""`))
			value := cell
			if cell[0] != '{' {
				value = object(cell)
			}
			fmt.Fprintf(&jsonl, "{\"label\":%q,\"photo\":%s}\n", label, value)
		}
		for file, content := range map[string]string{"m.csv": csv.String(), "m.jsonl": jsonl.String()} {
			ds := accepted(t, file, content, Options{})
			if len(ds.Schema.Columns) != 1 || ds.Schema.Columns[0].Kind != media.Image {
				t.Errorf("%s in %s: %+v", name, file, ds.Schema.Columns)
				continue
			}
			cell := &ds.Rows[1].Cells[0]
			if sources := cell.Sources(ds.Folder()); len(sources) != 1 || !bytes.Equal(bytesOf(t, sources[0]), data) || cell.Incomplete || cell.Text != "" {
				t.Errorf("%s in %s: %+v", name, file, cell)
			}
			if sum, err := cell.Media[0].Sum(); err != nil || sum != must(t, media.Bytes("", data)) {
				t.Errorf("%s in %s: sum %s, %v", name, file, sum, err)
			}
		}
	}
}

func must(t *testing.T, s media.Source) string {
	t.Helper()
	sum, err := s.Sum()
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func percentEncoded(data []byte) string {
	var b strings.Builder
	for _, c := range data {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// What merely looks like Base64 stays what it is.
func TestNotByValue(t *testing.T) {
	for _, s := range []string{
		"", "data: it rained", "data:", "{}", `{"bytes":"x"}`, `{"path":"a.png"}`, `{"$base64":1}`, `{"$base64":"x","more":"y"}`, `{"$base64"`,
		strings.Repeat("Donaudampfschifffahrtsgesellschaft", 4), "//server/share/folder/folder/folder/folder/folder/folder/file",
		base64.StdEncoding.EncodeToString([]byte("a text that somebody has encoded, and that is no medium at all")), strings.Repeat("0123456789abcdef", 8),
	} {
		if h, ok, err := byValue(s); ok || err != nil {
			t.Errorf("%q: %+v, %v", s, h, err)
		}
	}
}

// Damaged Base64 is found where it is read, and does not pass for a file's name.
func TestDamagedBase64(t *testing.T) {
	std := base64.StdEncoding.EncodeToString([]byte(picture(t)))
	cells := []string{std, std, std, std[:48] + "*" + std[48:], std, std}
	var b strings.Builder
	b.WriteString("label,photo\n")
	for i, c := range cells {
		fmt.Fprintf(&b, "%c,%s\n", 'a'+i%2, c)
	}
	ds := accepted(t, "m.csv", b.String(), Options{})
	if c := ds.Rows[3].Cells[0]; !c.Absent() || !c.Incomplete {
		t.Errorf("%+v", c)
	}
	if got := ds.Problems.Error(); !strings.Contains(got, "m.csv:5: column \"photo\"") || !strings.Contains(got, "the Base64 is damaged at character 49") {
		t.Error(got)
	}
}

// Rows of a request hold media by value, and name no file unless a root is given.
func TestRequestNamesNoFile(t *testing.T) {
	dir := write(t, map[string]string{"x.png": picture(t), "in/y.png": picture(t)})
	schema := schemaOfTexts(t)
	read := func(line string, root *media.Root) (Cell, string) {
		t.Helper()
		var ds *Dataset
		var err error
		if root == nil {
			ds, err = OpenJSONLines(strings.NewReader(line), nil, schema)
		} else {
			ds, err = OpenJSONLines(strings.NewReader(line), root, schema)
		}
		if err != nil || len(ds.Rows) != 1 {
			t.Fatal(err, ds.Problems)
		}
		return ds.Rows[0].Cells[1], ds.Problems.Error()
	}
	root, err := media.OpenRoot(dir + "/in")
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if c, what := read(`{"photo":{"$base64":"`+base64.StdEncoding.EncodeToString([]byte(picture(t)))+`"}}`, nil); len(c.Media) != 1 || what != "" {
		t.Errorf("by value: %+v, %s", c, what)
	}
	if c, what := read(`{"photo":"y.png"}`, root); len(c.Files) != 1 || what != "" {
		t.Errorf("below the root: %+v, %s", c, what)
	}
	for _, name := range []string{"y.png", "/etc/passwd", "../x.png", dir + "/x.png"} {
		if c, what := read(`{"photo":"`+name+`"}`, nil); !c.Absent() || !strings.Contains(what, "names of files are not taken here") && !strings.Contains(what, "leads out") {
			t.Errorf("%s: %+v, %s", name, c, what)
		}
	}
	for _, name := range []string{"/etc/passwd", "../x.png", dir + "/x.png", dir + "/in/y.png", "a/../../x.png"} {
		if c, what := read(`{"photo":"`+name+`"}`, root); !c.Absent() || !strings.Contains(what, "leads out") {
			t.Errorf("%s: %+v, %s", name, c, what)
		}
	}
}

func FuzzByValue(f *testing.F) {
	f.Add("data:image/png;base64,iVBORw0KGgo=")
	f.Add(`{"$base64":"iVBORw0KGgo=","name":"a"}`)
	f.Add(`{"bytes":null,"path":"a.png"}`)
	f.Add(strings.Repeat("iVBORw0KGgoAAAANSUhEUg", 3))
	f.Fuzz(func(t *testing.T, s string) {
		h, ok, err := byValue(s)
		if ok && err == nil && !h.source.IsZero() {
			if r, err := media.Open(context.Background(), h.source); err == nil {
				if r.Size() > int64(len(s)) {
					t.Errorf("%d bytes of %d characters", r.Size(), len(s))
				}
				r.Close()
			}
		}
		kindHeld(s)
	})
}

// Whatever a request calls a file, none outside the root is opened, and none at all without a root.
func FuzzRequestName(f *testing.F) {
	dir := f.TempDir()
	for name, content := range map[string]string{"secret.png": "what lies outside", "in/y.png": picture(f), "in/deep/z.png": picture(f)} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			f.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			f.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join("..", "secret.png"), filepath.Join(dir, "in", "link.png")); err != nil {
		f.Skip(err)
	}
	root, err := media.OpenRoot(filepath.Join(dir, "in"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { root.Close() })
	schema := &Schema{Label: "label", Task: Classification, Classes: []string{"a", "b"}, Columns: []Column{{Name: "text", Kind: media.Text}, {Name: "photo", Kind: media.Image}}}
	for _, name := range []string{
		"y.png", "deep/z.png", "deep/../y.png", "link.png", "../secret.png", "deep/../../secret.png", "/etc/passwd", "./y.png", "y.png;../secret.png",
		`..\secret.png`, "file:///etc/passwd", "data:image/png;base64,iVBORw0KGgo=", "y.png\x00", "//y.png", "~/secret.png", "deep",
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		quoted, err := json.Marshal(map[string]string{"photo": name, "text": "a text"})
		if err != nil {
			return
		}
		for _, files := range []fs.FS{nil, root} {
			ds, err := OpenJSONLines(bytes.NewReader(quoted), files, schema)
			if err != nil || len(ds.Rows) != 1 {
				return
			}
			for _, path := range ds.Rows[0].Cells[1].Files {
				file, err := ds.files().Open(path)
				if err != nil {
					continue
				}
				data, err := io.ReadAll(io.LimitReader(file, 1<<16))
				file.Close()
				if err == nil && (files == nil || !bytes.HasPrefix(data, []byte("\x89PNG"))) {
					t.Errorf("%q opened %q, which holds %.40q", name, path, data)
				}
			}
			if files == nil && len(ds.Rows[0].Cells[1].Files) > 0 {
				t.Errorf("%q names the files %q, though there is no root", name, ds.Rows[0].Cells[1].Files)
			}
		}
	})
}
