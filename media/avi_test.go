package media

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/fusor-ml/fusor/internal/codec/avi"
)

// TestDroppedFramesRepeat has pictures without data, which take their time.
func TestDroppedFramesRepeat(t *testing.T) {
	dark, light := jpegOf(t, 16, 16, 20), jpegOf(t, 16, 16, 220)
	f := func(pictures [][]byte, want string) {
		t.Helper()
		var b bytes.Buffer
		if err := avi.Write(&b, avi.Info{Width: 16, Height: 16, FrameSeconds: 0.1, Rate: 8000}, pictures, make([]int16, 800*len(pictures))); err != nil {
			t.Fatal(err)
		}
		c, err := readAVI(&b, aviLimits{})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, m := range c.Frames {
			if m.Y[0] < 128 {
				got += "d"
			} else {
				got += "l"
			}
		}
		if got != want || len(c.Left) > 0 || c.Spacing != 0.1 {
			t.Errorf("pictures %s, %g s apart, notes %q; want %s", got, c.Spacing, c.Left, want)
		}
	}
	f([][]byte{dark, {}, {}, light, {}}, "dddll")
	f([][]byte{{}, light, dark, {}}, "ldd") // nothing comes before the first
	// A long clip is thinned out, also where the pictures that are kept are dropped frames.
	long := make([][]byte, 100)
	long[0], long[51] = dark, light
	var b bytes.Buffer
	if err := avi.Write(&b, avi.Info{Width: 16, Height: 16, FrameSeconds: 0.1}, long, nil); err != nil {
		t.Fatal(err)
	}
	c, err := readAVI(&b, aviLimits{})
	if err != nil || len(c.Frames) != 50 || c.Frames[25].Y[0] > 128 || c.Frames[26].Y[0] < 128 {
		t.Errorf("%d of 100 pictures, %v", len(c.Frames), err)
	}
}

func TestDroppedFramesOfCases(t *testing.T) {
	f, err := os.Open(filepath.Join("..", "..", "shared", "cases", "avi-dropped-frames", "gap.avi"))
	if err != nil {
		t.Skip("../shared/cases is not there")
	}
	defer f.Close()
	c, err := readAVI(f, aviLimits{})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Frames) != 30 || c.Spacing != 0.1 || len(c.Sound.Samples) != 48000 {
		t.Errorf("%d pictures %g s apart, %d samples; want 30 at 0.1 and 48000", len(c.Frames), c.Spacing, len(c.Sound.Samples))
	}
}
