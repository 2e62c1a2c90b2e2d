package analysis

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/media"
	"github.com/fusor-ml/fusor/report"
)

// clip writes an animation of three colors, red, green, blue.
func clip(t *testing.T, path string) {
	t.Helper()
	g := &gif.GIF{}
	colors := color.Palette{color.RGBA{255, 0, 0, 255}, color.RGBA{0, 255, 0, 255}, color.RGBA{0, 0, 255, 255}}
	for k := range colors {
		m := image.NewPaletted(image.Rect(0, 0, 40, 30), colors)
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
		t.Errorf("the frame shown has the color %x %x %x, the middle one is green", r, g, bl)
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
