package media

import (
	"bytes"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/internal/vision"
)

// Animated PNG and WebP show what ffmpeg and libwebp make of them (testdata/animations.py).
func TestAnimations(t *testing.T) {
	names, err := filepath.Glob("testdata/*.frames.png")
	if err != nil || len(names) != 8 {
		t.Fatalf("%d fixtures, %v", len(names), err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		want, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		file := strings.TrimSuffix(name, ".frames.png") + ".png"
		if _, err := os.Stat(file); err != nil {
			file = strings.TrimSuffix(name, ".frames.png") + ".webp"
		}
		clip, err := OpenVideo(t.Context(), File(file))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		n := want.Bounds().Dy() / 29
		if len(clip.Frames) != n || clip.Sound != nil {
			t.Errorf("%s: %d frames, want %d", file, len(clip.Frames), n)
			continue
		}
		// Of five pictures, or of the last four where the first is for those who show stills alone.
		if seconds := clip.Spacing * float64(n); math.Abs(seconds-0.5) > 1e-9 && math.Abs(seconds-0.4) > 0.03 {
			t.Errorf("%s lasts %g s", file, seconds)
		}
		for i, m := range clip.Frames {
			if d := worst(m, func(x, y int) (r, g, b uint32) { r, g, b, _ = want.At(x, 29*i+y).RGBA(); return r, g, b }); d > 1 {
				t.Errorf("%s: frame %d is off by %d", file, i, d)
			}
		}
	}
}

// worst is the largest difference of a picture from pixels of 16 bits.
func worst(m *vision.Image, at func(x, y int) (r, g, b uint32)) int {
	d := 0
	for y := range m.Height {
		for x := range m.Width {
			r, g, b := at(x, y)
			i := y*m.Width + x
			for k, v := range [3]uint8{m.R[i], m.G[i], m.B[i]} {
				w := int([3]uint32{r, g, b}[k] >> 8)
				d = max(d, int(v)-w, w-int(v))
			}
		}
	}
	return d
}

// Stills are no films, animations are bounded, and a cut one is an error.
func TestAnimationsAreBounded(t *testing.T) {
	if _, err := OpenVideo(t.Context(), File("testdata/lossy.frames.png")); err == nil || !strings.Contains(err.Error(), "not a video: it is png") {
		t.Errorf("a still: %v", err)
	}
	for _, name := range []string{"testdata/animated11.png", "testdata/lossless.webp"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, limits := range []gifLimits{{pictures: 2, pixels: 1 << 20}, {pictures: 9, pixels: 900}, {screen: 1000, pictures: 9, pixels: 1 << 20}} {
			if _, err := readAnimation(t.Context(), bytes.NewReader(data), limits); err == nil {
				t.Errorf("%s: within %+v", name, limits)
			}
		}
		for n := range len(data) - 12 { // the last chunk of PNG is empty
			if clip, err := readAnimation(t.Context(), bytes.NewReader(data[:n]), defaultGIFLimits); err == nil && len(clip.Frames) > 4 {
				t.Errorf("%s: all of it in the first %d of %d bytes", name, n, len(data))
			}
		}
	}
}

func FuzzAnimation(f *testing.F) {
	for _, name := range []string{"animated00.png", "animated11.png", "animated20.png", "lossless.webp", "lossy.webp"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		clip, err := readAnimation(t.Context(), bytes.NewReader(data), gifLimits{screen: 1 << 16, pictures: 16, pixels: 1 << 20})
		if err == nil && len(clip.Frames) == 0 {
			t.Error("a clip without frames")
		}
	})
}
