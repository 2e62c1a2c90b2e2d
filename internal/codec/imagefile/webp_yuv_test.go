package imagefile

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Lossy WebP has the very values that Pillow 12 (libwebp) decodes, of every size, odd ones as well,
// with alpha and without; testdata/webp/make.py wrote both.
func TestLossyWebPAsPillow(t *testing.T) {
	files, err := filepath.Glob("testdata/webp/*.webp")
	if err != nil || len(files) < 12 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		golden, err := os.ReadFile(strings.TrimSuffix(name, ".webp") + ".png")
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range []Options{{}, {DropAlpha: true}} {
			got, err := Decode(data, o)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			want, err := Decode(golden, o)
			if err != nil {
				t.Fatal(err)
			}
			if got.Width != want.Width || got.Height != want.Height || !bytes.Equal(got.R, want.R) || !bytes.Equal(got.G, want.G) || !bytes.Equal(got.B, want.B) {
				worst := 0
				for i := range want.R {
					for _, p := range [][2]uint8{{got.R[i], want.R[i]}, {got.G[i], want.G[i]}, {got.B[i], want.B[i]}} {
						worst = max(worst, int(p[0])-int(p[1]), int(p[1])-int(p[0]))
					}
				}
				t.Errorf("%s, alpha dropped %v: differs from Pillow by up to %d", name, o.DropAlpha, worst)
			}
		}
	}
}

// A decoding whose context is done ends with its error.
func TestWebPCanBeStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, name := range []string{"lossy.webp"} {
		if m, err := Decode(testdata(t, name), Options{Context: ctx}); m != nil || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, %v", name, m, err)
		}
	}
}
