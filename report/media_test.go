package report

import (
	"bytes"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"
)

// pictures show red, green, blue and yellow quarters of 48 × 40 pixels, see make.py there.
var pictures = filepath.Join("..", "internal", "codec", "imagefile", "testdata")

// A thumbnail shows what the views see: upright, and of every format that they read.
func TestThumbnails(t *testing.T) {
	quarters := [4][3]int{{220, 30, 30}, {30, 200, 40}, {30, 40, 210}, {230, 220, 40}}
	for _, name := range []string{
		"baseline420.jpg", "cmyk.jpg", "orientation3.jpg", "orientation6.jpg", "orientation8.jpg", "orientation6.png", "orientation3.webp",
		"orientation8.tiff", "rgb.bmp", "animated.gif", "animated.webp", "lossless.webp", "rgb16.png",
	} {
		data, err := os.ReadFile(filepath.Join(pictures, name))
		if err != nil {
			t.Fatal(err)
		}
		kind, mime, thumb := inlined(Cell{Data: data, MIME: "application/octet-stream"})
		if kind != "image" || mime != "image/jpeg" {
			t.Errorf("%s: %q of %q", name, kind, mime)
			continue
		}
		m, err := jpeg.Decode(bytes.NewReader(thumb))
		if err != nil || m.Bounds().Dx() != 48 || m.Bounds().Dy() != 40 {
			t.Errorf("%s: %v, error %v", name, m.Bounds(), err)
			continue
		}
		for i, want := range quarters {
			r, g, b, _ := m.At(12+24*(i%2), 10+20*(i/2)).RGBA()
			for c, v := range []uint32{r, g, b} {
				if d := int(v>>8) - want[c]; d > 25 || d < -25 {
					t.Errorf("%s: quarter %d is %d, %d, %d, want %v", name, i, r>>8, g>>8, b>>8, want)
					break
				}
			}
		}
	}
}

func TestThumbnailsAreBounded(t *testing.T) {
	large, err := os.ReadFile(filepath.Join("..", "internal", "codec", "imagefile", "testdata", "animated.gif"))
	if err != nil {
		t.Fatal(err)
	}
	copy(large[6:], "\xff\xff\xff\xff") // a screen of 65535 × 65535
	for name, data := range map[string][]byte{"a picture that claims too much": large, "no picture": []byte("GIF89a")} {
		if kind, _, _ := inlined(Cell{Data: data, MIME: "image/gif"}); kind != "" {
			t.Errorf("%s became %q", name, kind)
		}
	}
}
