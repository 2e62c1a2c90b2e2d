package fusor

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/media"
	"github.com/fusor-ml/fusor/report"
)

// clip writes an animation of three colours, red, green, blue.
func clip(t *testing.T, path string) {
	t.Helper()
	g := &gif.GIF{}
	colours := color.Palette{color.RGBA{255, 0, 0, 255}, color.RGBA{0, 255, 0, 255}, color.RGBA{0, 0, 255, 255}}
	for k := range colours {
		m := image.NewPaletted(image.Rect(0, 0, 40, 30), colours)
		for i := range m.Pix {
			m.Pix[i] = uint8(k)
		}
		g.Image, g.Delay = append(g.Image, m), append(g.Delay, 10)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// With media a mistake shows the middle frame of its video, and a picture that
// is too large to be taken along as it is.
func TestMistakesShowMedia(t *testing.T) {
	dir := t.TempDir()
	clip(t, filepath.Join(dir, "walk.gif"))
	photo := image.NewRGBA(image.Rect(0, 0, 1500, 1500))
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range photo.Pix {
		photo.Pix[i] = uint8(rng.IntN(256))
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, photo, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	if b.Len() <= mediaBytes {
		t.Fatalf("a picture of %d bytes is not large", b.Len())
	}
	if err := os.WriteFile(filepath.Join(dir, "photo.jpg"), b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	ds := &dataset.Dataset{Dir: dir}
	video, picture := &dataset.Column{Name: "v", Kind: media.Video}, &dataset.Column{Name: "p", Kind: media.Image}
	if c := shownCell(ds, video, &dataset.Cell{Files: []string{"walk.gif"}}, false); c.Data != nil || c.Text != "walk.gif" {
		t.Errorf("without media: %+v", c)
	}
	c := shownCell(ds, video, &dataset.Cell{Files: []string{"walk.gif"}}, true)
	m, _, err := image.Decode(bytes.NewReader(c.Data))
	if err != nil {
		t.Fatal(err)
	}
	if r, g, bl, _ := m.At(20, 15).RGBA(); r > 0x2000 || g < 0xc000 || bl > 0x2000 {
		t.Errorf("the frame shown has the colour %x %x %x, the middle one is green", r, g, bl)
	}
	large := shownCell(ds, picture, &dataset.Cell{Files: []string{"photo.jpg"}}, true)
	if m, _, err = image.Decode(bytes.NewReader(large.Data)); err != nil || m.Bounds().Dx() > stillSide {
		t.Errorf("the large picture is %v, %v", m.Bounds(), err)
	}
	if c := shownCell(ds, video, &dataset.Cell{Files: []string{"photo.jpg"}}, true); strings.HasPrefix(c.MIME, "video") || len(c.Data) > mediaBytes {
		t.Errorf("no video, yet %d bytes of %s", len(c.Data), c.MIME)
	}
	doc := &report.Document{Mistakes: []report.Mistake{{ID: "1", True: "a", Predicted: "b", Cells: []report.Cell{c, large}}}}
	var page bytes.Buffer
	if err := report.HTML(&page, doc, report.Options{Media: true}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(page.String(), "data:image/jpeg"); n != 2 {
		t.Errorf("%d pictures in the report, want 2", n)
	}
}

// A regression's report lists the rows farthest from the truth.
func TestRegressionShowsItsLargestErrors(t *testing.T) {
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(4, 5))
	csv := "id,x,note,label\n"
	for i := range 90 {
		x := rng.NormFloat64()
		y := 2*x + 0.1*rng.NormFloat64()
		if i == 33 {
			y += 40 // a wrong label
		}
		csv += fmt.Sprintf("r%d,%.4f,bird on branch %d,%.4f\n", i, x, i, y)
	}
	path := filepath.Join(dir, "data.csv")
	if err := os.WriteFile(path, []byte(csv), 0o600); err != nil {
		t.Fatal(err)
	}
	o := Options{NoCache: true, Folds: 3, Data: dataset.Options{Task: "regression"}}
	o.Recipe.Train.Epochs = 5
	c, err := Compare(context.Background(), path, []string{"concat"}, o)
	if err != nil {
		t.Fatal(err)
	}
	o.Folds = 0
	m, ds := trained(t, path, o)
	ex, err := m.Explain(context.Background(), ds, ExplainOptions{Noise: []string{"none"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]*report.Document{"compare": c.Document(ReportOptions{}), "explain": ex.Document(ReportOptions{})} {
		if len(d.Mistakes) != shownMistakes || d.Mistakes[0].ID != "r33" || math.Abs(d.Mistakes[0].Error-40) > 10 || len(d.Mistakes[0].Cells) != 2 {
			t.Fatalf("%s: %d errors, the first %+v", name, len(d.Mistakes), d.Mistakes[0])
		}
		for i, x := range d.Mistakes[1:] {
			if x.Error > d.Mistakes[i].Error {
				t.Errorf("%s: an error of %g after one of %g", name, x.Error, d.Mistakes[i].Error)
			}
		}
		for lang, want := range map[string]string{"en": "Largest errors", "zh": "最大的误差"} {
			var page bytes.Buffer
			if err := report.HTML(&page, d, report.Options{Lang: lang}); err != nil {
				t.Fatal(err)
			}
			if s := page.String(); strings.Count(s, want) < 2 || strings.Contains(s, "Surest mistakes") || strings.Contains(s, "0.0 %)") {
				t.Errorf("%s: the report does not list the %s", name, want)
			}
		}
	}
}

// The largest errors are written as short as the model's answers are.
func TestErrorsOfLargeNumbers(t *testing.T) {
	ds := &dataset.Dataset{Rows: []dataset.Row{{Label: "-5486882851.27", Target: -5486882851.27}, {Label: "-2.5", Target: -2.5}}}
	got := errorsOf(ds, []answer{{row: 0, after: []float64{-4952000123}}, {row: 1, after: []float64{-3.21987}}}, false)
	for i, want := range [][2]string{{"−4.952e9", "−5.487e9"}, {"−3.220", "−2.5"}} {
		if got[i].Predicted != want[0] || got[i].True != want[1] {
			t.Errorf("predicted %s, true %s; want %v", got[i].Predicted, got[i].True, want)
		}
	}
}
