package fusor_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/train"
)

// A comparison that was stopped goes on from its fits, but not where a picture
// has changed under its name.
func TestCompareSeesChangedMedia(t *testing.T) {
	dir := t.TempDir()
	paint := func(i int, c color.Color) {
		img := image.NewRGBA(image.Rect(0, 0, 16, 16))
		for k := range 256 {
			if img.Set(k%16, k/16, c); (k/16+i)%4 == 0 {
				img.Set(k%16, k/16, color.White)
			}
		}
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%d.png", i)))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := png.Encode(f, img); err != nil {
			t.Fatal(err)
		}
	}
	var csv strings.Builder
	csv.WriteString("label,photo,size\n")
	for i := range 40 {
		paint(i, color.RGBA{R: uint8(200 * (i % 2)), G: 90, A: 255})
		fmt.Fprintf(&csv, "%s,%d.png,%d\n", []string{"moss", "rust"}[i%2], i, i%3)
	}
	path := filepath.Join(dir, "stones.csv")
	if err := os.WriteFile(path, []byte(csv.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	// run stops after so many fits, or never.
	run := func(stop int) *fusor.Comparison {
		t.Helper()
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		o := fusor.Setup{
			NoCache: true, Folds: 2, Threads: 1, Dir: filepath.Join(dir, "out"),
			Recipe: train.Recipe{Width: 8, Train: train.Config{Epochs: 2}},
		}
		o.Progress = func(p fusor.Progress) {
			if p.Stage == "compare" && p.Done == stop {
				cancel()
			}
		}
		c, err := fusor.CompareFile(ctx, path, []string{"mean"}, o)
		if stop > 0 != errors.Is(err, context.Canceled) {
			t.Fatalf("stopped after %d: %v", stop, err)
		}
		return c
	}
	stores := func(want int) {
		t.Helper()
		if found, _ := filepath.Glob(filepath.Join(dir, "out", "unfinished-*")); len(found) != want {
			t.Errorf("%d stores, want %d: %v", len(found), want, found)
		}
	}
	run(2)
	stores(1)
	run(4) // the same data: the same store
	stores(1)
	paint(7, color.RGBA{B: 255, A: 255})
	c := run(0)
	stores(2)
	if err := c.Finish(); err != nil {
		t.Fatal(err)
	}
	stores(1)
}
