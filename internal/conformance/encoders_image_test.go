package conformance_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/encoder/preprocess"
	"github.com/fusor-ml/fusor/internal/codec/imagefile"
	"github.com/fusor-ml/fusor/internal/codec/npy"
	"github.com/fusor-ml/fusor/internal/vision"
	"github.com/fusor-ml/fusor/media"
)

// runImage compares the values of a processor for a picture, name being processor/picture. The
// colors of a JPEG are those that libjpeg has decoded, where they lie beside it; with the suffix
// .turned the picture is upright by its EXIF orientation.
func runImage(t *testing.T, dir, name string) {
	processor, picture, _ := strings.Cut(name, "/")
	picture, turned := strings.CutSuffix(picture, ".turned")
	p, err := preprocess.OpenImage(os.DirFS(filepath.Join(dir, processor)), "")
	if err != nil {
		t.Fatal(err)
	}
	want, err := npy.ReadFile[float32](filepath.Join(dir, filepath.FromSlash(name)+".npy"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, picture))
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := media.DecodeImage(data, media.ImageOptions{DropAlpha: true})
	if err != nil {
		t.Fatal(err)
	}
	m := decoded
	if rgb, err := npy.ReadFile[float32](filepath.Join(dir, picture+".rgb.npy")); err == nil {
		m = fromColors(t, rgb)
		if turned {
			m = m.Orient(orientationOf(data))
		}
	}
	worst := furthest(t, p, m, want)
	if worst > 1e-5 {
		t.Errorf("%g off", worst)
	}
	if turned || orientationOf(data) <= 1 { // our own decoder's colors, which are upright
		if worst := furthest(t, p, decoded, want); worst > 1e-5 {
			t.Errorf("%g off from our own decoder's colors", worst)
		}
	}
}

// furthest returns how far the values of m are from those wanted, at most.
func furthest(t *testing.T, p *preprocess.Image, m *vision.Image, want *npy.Array[float32]) float64 {
	t.Helper()
	got, h, w, err := p.Values(m)
	if err != nil {
		t.Fatal(err)
	}
	if len(want.Shape) != 3 || want.Shape[0] != 3 || want.Shape[1] != h || want.Shape[2] != w {
		t.Fatalf("a picture of %d × %d, want the shape %v", h, w, want.Shape)
	}
	worst := 0.0
	for i, v := range want.Data {
		worst = max(worst, math.Abs(float64(v-got[i])))
	}
	return worst
}

// fromColors makes a picture of an array [height, width, 3].
func fromColors(t *testing.T, a *npy.Array[float32]) *vision.Image {
	t.Helper()
	if len(a.Shape) != 3 || a.Shape[2] != 3 {
		t.Fatalf("colors of the shape %v", a.Shape)
	}
	rgb := make([]uint8, len(a.Data))
	for i, v := range a.Data {
		rgb[i] = uint8(v)
	}
	return vision.FromRGB(a.Shape[1], a.Shape[0], rgb)
}

// orientationOf returns the EXIF orientation of a JPEG, which is in a segment APP1.
func orientationOf(data []byte) int {
	if i := strings.Index(string(data[:min(len(data), 4096)]), "Exif\x00\x00"); i >= 0 {
		return imagefile.Orientation(data[i+6:])
	}
	return 1
}
