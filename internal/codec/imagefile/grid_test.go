package imagefile

import (
	"bytes"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/internal/codec/npy"
	"github.com/fusor-ml/fusor/internal/vision"
)

// expected reads what a second implementation made of a picture: an 8-bit PNG.
func expected(t testing.TB, name string) *vision.Image {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return fromImage(m, 0)
}

// difference is the largest of any sample of two pictures, 256 if they differ in size.
func difference(a, b *vision.Image) int {
	if a.Width != b.Width || a.Height != b.Height {
		return 256
	}
	worst := 0
	for _, p := range [][2][]uint8{{a.R, b.R}, {a.G, b.G}, {a.B, b.B}} {
		for i, v := range p[0] {
			worst = max(worst, int(v)-int(p[1][i]), int(p[1][i])-int(v))
		}
	}
	return worst
}

// compareWithExpected decodes every picture of a folder that has a NAME.png beside it. It returns
// how many there are.
func compareWithExpected(t *testing.T, dir string) int {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.*.png"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range names {
		name := strings.TrimSuffix(want, ".png")
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := Decode(data, Options{})
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(name), err)
			continue
		}
		if d := difference(m, expected(t, want)); d > 0 {
			t.Errorf("%s: differs by %d", filepath.Base(name), d)
		}
	}
	return len(names)
}

// The pictures of tifffile, Pillow and libtiff's tools, in small: see testdata/tiff/make.py.
func TestTIFFGolden(t *testing.T) {
	if n := compareWithExpected(t, filepath.Join("testdata", "tiff")); n < 140 {
		t.Errorf("%d pictures", n)
	}
}

// Every sample as libjpeg-turbo has it, chroma's interpolation with it.
func TestJPEGGolden(t *testing.T) {
	if n := compareWithExpected(t, filepath.Join("testdata", "jpeg")); n < 11 {
		t.Errorf("%d pictures", n)
	}
}

// The bitmaps of testdata/bmp/make.py, in small.
func TestBMPGolden(t *testing.T) {
	if n := compareWithExpected(t, filepath.Join("testdata", "bmp")); n < 60 {
		t.Errorf("%d pictures", n)
	}
}

// fromCases reads a picture of a small case from outside.
func fromCases(t *testing.T, name string) *vision.Image {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", "cases", name))
	if err != nil {
		t.Skip("no ../shared/cases/", name)
	}
	m, err := Decode(data, Options{})
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return nil
	}
	return m
}

// The means are those of Pillow or ImageMagick.
func TestCases(t *testing.T) {
	f := func(name string, width, height int, r, g, b float64) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			m := fromCases(t, name)
			if m == nil {
				return
			}
			if m.Width != width || m.Height != height {
				t.Errorf("%d × %d", m.Width, m.Height)
			}
			for i, p := range [][]uint8{m.R, m.G, m.B} {
				sum := 0
				for _, v := range p {
					sum += int(v)
				}
				want := [...]float64{r, g, b}[i]
				if got := float64(sum) / float64(len(p)); math.Abs(got-want) > 0.06 {
					t.Errorf("mean of channel %d is %.2f, want %.1f", i, got, want)
				}
			}
		})
	}
	f("jpeg-cmyk-no-adobe/print.jpg", 56, 40, 110.0, 97.5, 60.0)
	f("jpeg-jfif-adobe0/photo.jpg", 56, 40, 110.0, 97.5, 60.0)
	f("bmp-16bit/old.bmp", 56, 40, 110.6, 96.7, 57.0)
	f("png-ancillary-crc/gimp.png", 56, 40, 110.0, 97.5, 60.0)
	f("png-extra-pixel-data/bitmap.png", 56, 40, 110.0, 97.5, 60.0)
	f("tiff-fax-inverted/page.tif", 64, 48, 231.1, 231.1, 231.1)
	f("tiff-planar-separate/planes.tif", 56, 40, 110.0, 97.5, 60.0)
	f("tiff-unsupported/sat.tif", 56, 40, 110.0, 110.0, 110.0)
}

// TestPretrainedPictures compares with the pixels that encoders' reference vectors were made of.
func TestPretrainedPictures(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "..", "shared", "conformance", "encoders", "image")
	names, _ := filepath.Glob(filepath.Join(dir, "*.rgb.npy"))
	if len(names) == 0 {
		t.Skip("no ../shared/conformance/encoders/image")
	}
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		want, err := npy.Read[float32](f, -1)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(strings.TrimSuffix(name, ".rgb.npy"))
		if err != nil {
			t.Fatal(err)
		}
		m, err := new(jpegDecoder).decode(data, Options{}) // as stored, not turned
		if err != nil {
			t.Fatal(err)
		}
		if len(want.Data) != 3*len(m.R) || want.Shape[1] != m.Width {
			t.Fatalf("%s: %d × %d, want %v", name, m.Width, m.Height, want.Shape)
		}
		for i := range m.R {
			if [3]float32{float32(m.R[i]), float32(m.G[i]), float32(m.B[i])} != [3]float32(want.Data[3*i:]) {
				t.Errorf("%s: pixel %d differs", name, i)
				break
			}
		}
	}
}

// Without opacity the colors are those that the file has.
func TestDropAlpha(t *testing.T) {
	for _, name := range []string{"tiff/associated.tif", "tiff/u1-4p-none-be-tile.tif"} {
		data := testdata(t, filepath.FromSlash(name))
		over, err := Decode(data, Options{})
		if err != nil {
			t.Fatal(err)
		}
		stored, err := Decode(data, Options{DropAlpha: true})
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range stored.R { // white shows through
			if v > over.R[i] {
				t.Fatalf("%s: pixel %d is %d, over white %d", name, i, v, over.R[i])
			}
		}
		if difference(over, stored) == 0 {
			t.Errorf("%s: no difference", name)
		}
	}
}
