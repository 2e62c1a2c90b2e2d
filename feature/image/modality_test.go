package image

import (
	"bytes"
	stdimage "image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/vision"
	"github.com/fusor-ml/fusor/media"
)

// writePNG makes a picture file of waves in color and returns its name.
func writePNG(t testing.TB, dir, name string, width, height int) string {
	t.Helper()
	m := stdimage.NewRGBA(stdimage.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			v := uint8(128 + 100*math.Sin(float64(x)/7)*math.Cos(float64(y)/9))
			m.SetRGBA(x, y, color.RGBA{v, uint8(x * 5), 255 - v, 255})
		}
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), buf.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func extractAll(t testing.TB, dir string, files ...string) []feature.Raw {
	t.Helper()
	m := Modality()
	item, err := m.Open(t.Context(), &dataset.Cell{Files: files}, nil, media.Folder{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	var out []feature.Raw
	for _, v := range m.Views() {
		r, err := v.Extract(item)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func TestEverySizeGivesTheSameWidth(t *testing.T) {
	dir := t.TempDir()
	for _, size := range [][2]int{{1, 1}, {1, 40}, {40, 1}, {2, 2}, {3, 500}, {28, 28}, {57, 31}, {300, 200}} {
		writePNG(t, dir, "a.png", size[0], size[1])
		for i, r := range extractAll(t, dir, "a.png") {
			v := Modality().Views()[i]
			if want := v.(*vectorView).dim; r.Dim != want || len(r.Values) != want {
				t.Errorf("%v %s: %d values, width %d, want %d", size, v.Info().Name, len(r.Values), r.Dim, want)
			}
			for k, x := range r.Values {
				if x-x != 0 {
					t.Fatalf("%v %s: value %d is %g", size, v.Info().Name, k, x)
				}
			}
		}
	}
}

func TestSeveralFilesAreAveraged(t *testing.T) {
	dir := t.TempDir()
	writePNG(t, dir, "a.png", 60, 60)
	writePNG(t, dir, "b.png", 90, 30)
	a, b, both := extractAll(t, dir, "a.png"), extractAll(t, dir, "b.png"), extractAll(t, dir, "a.png", "b.png")
	for i := range both {
		for k, x := range both[i].Values {
			if want := (a[i].Values[k] + b[i].Values[k]) / 2; x != want {
				t.Fatalf("view %d value %d: %g, want %g", i, k, x, want)
			}
		}
	}
}

func TestOpenTellsWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "note.jpg"), []byte("only a text"), 0o644); err != nil {
		t.Fatal(err)
	}
	writePNG(t, dir, "cut.png", 50, 50)
	data, _ := os.ReadFile(filepath.Join(dir, "cut.png"))
	if err := os.WriteFile(filepath.Join(dir, "cut.png"), data[:len(data)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	f := func(name, want string) {
		t.Helper()
		_, err := Modality().Open(t.Context(), &dataset.Cell{Files: []string{name}}, nil, media.Folder{Dir: dir})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	f("note.jpg", "a text file")
	f("cut.png", "ends early")
	f("missing.png", "no such file")
	if _, err := Modality().Open(t.Context(), &dataset.Cell{}, nil, media.Folder{Dir: dir}); err == nil {
		t.Error("a cell without files is opened")
	}
	if _, err := Color().Extract("something else"); err == nil {
		t.Error("a view takes what is no item")
	}
}

func TestViewsShareAnItemConcurrently(t *testing.T) {
	dir := t.TempDir()
	writePNG(t, dir, "a.png", 100, 80)
	want := extractAll(t, dir, "a.png")
	item, err := Modality().Open(t.Context(), &dataset.Cell{Files: []string{"a.png"}}, nil, media.Folder{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		for i, v := range Modality().Views() {
			wg.Go(func() {
				got, err := v.Extract(item)
				if err != nil {
					t.Error(err)
					return
				}
				for k, x := range got.Values {
					if x != want[i].Values[k] {
						t.Errorf("%s value %d: %g, want %g", v.Info().Name, k, x, want[i].Values[k])
						return
					}
				}
			})
		}
	}
	wg.Wait()
}

func TestStateSurvivesJSON(t *testing.T) {
	dir := t.TempDir()
	writePNG(t, dir, "a.png", 60, 60)
	writePNG(t, dir, "b.png", 90, 30)
	for i, v := range Modality().Views() {
		f := v.NewFitter(feature.PerFeature)
		f.Add(extractAll(t, dir, "a.png")[i])
		f.Add(extractAll(t, dir, "b.png")[i])
		s, err := f.State()
		if err != nil {
			t.Fatal(err)
		}
		if s.Dim() != v.(*vectorView).dim {
			t.Errorf("%s: width %d", v.Info().Name, s.Dim())
		}
	}
}

func TestAppendFrame(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {48, 48}, {320, 240}, {1, 300}} {
		got := AppendFrame(nil, vision.NewColor(size[0], size[1]))
		if len(got) != FrameDim || FrameDim > 200 {
			t.Errorf("%v: %d values, want %d", size, len(got), FrameDim)
		}
	}
}
