package media

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/internal/codec/imagefile"
)

func TestGIFIsComposed(t *testing.T) {
	palette := color.Palette{color.White, color.Black, color.Transparent}
	g := &gif.GIF{Config: image.Config{Width: 8, Height: 8, ColorModel: palette}}
	for i := range 4 { // each picture blackens one more column and leaves the rest
		p := image.NewPaletted(image.Rect(i, 0, i+1, 8), palette)
		for k := range p.Pix {
			p.Pix[k] = 1
		}
		g.Image, g.Delay, g.Disposal = append(g.Image, p), append(g.Delay, 5), append(g.Disposal, gif.DisposalNone)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	c, err := OpenVideo(context.Background(), File(write(t, "a.gif", b.Bytes())))
	if err != nil {
		t.Fatal(err)
	}
	last := c.Frames[3]
	if last.Y[0] != 0 || last.Y[3] != 0 || last.Y[4] != 255 {
		t.Errorf("the last picture's first row is %v", last.Y[:8])
	}
}

// gifOf is an animation of a screen of 8 × 8 and of pictures with disposals.
func gifOf(t testing.TB, disposals ...byte) []byte {
	t.Helper()
	palette := color.Palette{color.White, color.Black, color.Transparent}
	g := &gif.GIF{Config: image.Config{Width: 8, Height: 8, ColorModel: palette}}
	for i, d := range disposals {
		p := image.NewPaletted(image.Rect(i, i, i+2, i+2), palette)
		p.Pix = []uint8{1, 1, 2, 1}
		g.Image, g.Delay, g.Disposal = append(g.Image, p), append(g.Delay, 10*(i+1)), append(g.Disposal, d)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGIFDisposal(t *testing.T) {
	c, err := readGIF(t.Context(), bytes.NewReader(gifOf(t, gif.DisposalNone, gif.DisposalPrevious, gif.DisposalBackground, gif.DisposalNone)), defaultGIFLimits)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Frames) != 4 || c.Spacing != 0.25 {
		t.Fatalf("%d pictures, %g s apart", len(c.Frames), c.Spacing)
	}
	for i, want := range []string{ // what of the diagonal is black
		"##......", // drawn
		"###.....", // drawn over it
		"####....", // the second one is gone, the third is drawn
		"##.##...", // the place of the third is white, where the fourth is not drawn
	} {
		got := make([]byte, 8)
		for k := range got {
			got[k] = "#."[min(1, int(c.Frames[i].Y[9*k]))]
		}
		if string(got) != want {
			t.Errorf("picture %d: %s, want %s", i, got, want)
		}
	}
}

// A graphic control counts for the picture after it, and for no further one.
func TestGIFControlIsForOnePicture(t *testing.T) {
	data := gifOf(t, gif.DisposalBackground, gif.DisposalNone)
	second := bytes.LastIndex(data, []byte{gifExtension, gifControl, 4})
	data = slices.Delete(data, second, second+8)
	s, err := openGIF(data)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []gifBlock{{delay: 10, disposal: gif.DisposalBackground}, {}} {
		b, err := s.next()
		if err != nil || b.delay != want.delay || b.disposal != want.disposal {
			t.Errorf("picture %d: delay %d, disposal %d, error %v", i, b.delay, b.disposal, err)
		}
	}
}

// gifBomb is a small file with a screen of side × side. Its one picture is
// hidden from who goes by the lengths in a plain text extension, which the
// library's decoder does not.
func gifBomb(side int) []byte {
	lo, hi := byte(side), byte(side>>8)
	b := []byte{'G', 'I', 'F', '8', '9', 'a', lo, hi, lo, hi, 0x80, 0, 0, 0, 0, 0, 255, 255, 255}
	b = append(append(b, gifExtension, gifPlainText), make([]byte, 14)...)
	b = append(b, gifImage, 0, 0, 0, 0, lo, hi, lo, hi, 0)
	return append(b, 2, 2, 0x44, 1, 0, gifTrailer)
}

func TestGIFIsBounded(t *testing.T) {
	const mib = 1 << 20
	f := func(name string, data []byte, limits gifLimits, allowed uint64, want string) {
		t.Helper()
		var err error
		took := allocated(func() { _, err = readGIF(t.Context(), bytes.NewReader(data), limits) })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v", name, err)
		}
		if took > allowed {
			t.Errorf("%s: %d MiB were taken", name, took/mib)
		}
	}
	f("a hidden picture of a huge screen", gifBomb(60000), defaultGIFLimits, mib, "60000 × 60000")
	f("a hidden picture of a large screen", gifBomb(2000), defaultGIFLimits, 64*mib, "cut off")
	f("too many pictures", gifOf(t, 1, 1, 1, 1), gifLimits{pictures: 3, pixels: 1 << 20}, mib, "more than 3 pictures")
	f("too many pixels", gifOf(t, 1, 1, 1, 1), gifLimits{pictures: 9, pixels: 15}, mib, "pixels")
	f("a large screen", gifOf(t, 1), gifLimits{screen: 63, pictures: 9, pixels: 99}, mib, "8 × 8")
	var size *imagefile.SizeError
	if _, err := readGIF(t.Context(), bytes.NewReader(gifBomb(60000)), defaultGIFLimits); !errors.As(err, &size) {
		t.Errorf("error %v", err)
	}
}

func TestDamagedGIF(t *testing.T) {
	data := gifOf(t, 1, 1)
	for n := range data {
		if _, err := readGIF(t.Context(), bytes.NewReader(data[:n]), defaultGIFLimits); err == nil {
			t.Errorf("the first %d of %d bytes were read as a whole clip", n, len(data))
		}
	}
	f := func(want string, data ...byte) {
		t.Helper()
		if _, err := readGIF(t.Context(), bytes.NewReader(append([]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00"), data...)), defaultGIFLimits); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	f("no picture", gifTrailer)
	f("0x07", 7)
	f("graphic control", gifExtension, gifControl, 3, 0, 0, 0, 0, 0)
}

// allocated is how many bytes f takes, whether or not they are freed.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// FuzzGIFVideo looks for files that take more memory than their size allows,
// and for files that are read otherwise than the library reads them.
func FuzzGIFVideo(f *testing.F) {
	f.Add(gifOf(f, gif.DisposalNone, gif.DisposalPrevious, gif.DisposalBackground, gif.DisposalNone))
	f.Add(gifBomb(9))
	f.Add(gifBomb(60000))
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00\x2c"))
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"))
	limits := gifLimits{screen: 1 << 12, pictures: 1 << 8, pixels: 1 << 18}
	f.Fuzz(func(t *testing.T, data []byte) {
		var clip *Clip
		var err error
		took := allocated(func() { clip, err = readGIF(t.Context(), bytes.NewReader(data), limits) })
		// A picture takes a decoder's tables and, once or twice, its pixels; the screen's planes come for
		// those kept.
		if most := uint64(64<<20 + 8*len(data)); took > most {
			t.Fatalf("%d bytes took %d", len(data), took)
		}
		if err == nil && (len(clip.Frames) == 0 || len(clip.Frames) > MaxFrames) {
			t.Fatalf("%d pictures", len(clip.Frames))
		}
		pictures, inside := countPictures(data, limits)
		if !inside {
			return
		}
		if g, libErr := gif.DecodeAll(bytes.NewReader(data)); libErr == nil && (err != nil || len(g.Image) != pictures) {
			t.Fatalf("%d pictures by the library, %d here; error %v", len(g.Image), pictures, err)
		}
	})
}

// countPictures counts the pictures of a file; inside is false where it is more than the limits
// allow.
func countPictures(data []byte, limits gifLimits) (n int, inside bool) {
	s, err := openGIF(data)
	if err != nil || s.width*s.height < 1 || int64(s.width*s.height) > limits.screen {
		return 0, false
	}
	for pixels := int64(0); ; n++ {
		b, err := s.next()
		if err != nil {
			return n, true
		}
		if pixels += int64(b.width * b.height); n == limits.pictures || pixels > limits.pixels {
			return n, false
		}
	}
}

// An animation stops with its context.
func TestGIFStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := readGIF(ctx, bytes.NewReader(gifOf(t, gif.DisposalNone)), defaultGIFLimits); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
