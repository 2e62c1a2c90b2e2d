package imagefile

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"math/rand/v2"
	"slices"
	"testing"
)

// gifFile is a GIF of random pixels with so many colors, in runs of about that length.
func gifFile(t testing.TB, w, h, colors, run int) (data []byte, pix []uint8) {
	t.Helper()
	r := rand.New(rand.NewPCG(uint64(w*h), uint64(colors*run)))
	p := make(color.Palette, colors)
	for i := range p {
		p[i] = color.NRGBA{uint8(r.IntN(256)), uint8(i), uint8(r.IntN(256)), 255}
	}
	m := image.NewPaletted(image.Rect(0, 0, w, h), p)
	for i := range m.Pix {
		if i == 0 || r.IntN(run) == 0 {
			m.Pix[i] = uint8(r.IntN(colors))
		} else {
			m.Pix[i] = m.Pix[i-1]
		}
	}
	var b bytes.Buffer
	if err := gif.Encode(&b, m, &gif.Options{NumColors: colors}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), m.Pix
}

// The decoder must agree with the standard library's over sizes, colors and how well it packs.
func TestGIFGrid(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {3, 2}, {17, 1}, {1, 300}, {64, 64}, {300, 200}} {
		for _, colors := range []int{2, 3, 4, 16, 200, 256} {
			for _, run := range []int{1, 5, 1000} {
				data, _ := gifFile(t, size[0], size[1], colors, run)
				want, err := gif.Decode(bytes.NewReader(data))
				if err != nil {
					t.Fatal(err)
				}
				got, err := DecodeGIF(data, Options{})
				if err != nil || !slices.Equal(got.Pix, want.(*image.Paletted).Pix) {
					t.Errorf("%v, %d colors, runs of %d: %v", size, colors, run, err)
					continue
				}
				a, err := Decode(data, Options{})
				if err != nil {
					t.Fatal(err)
				}
				for i, p := range want.(*image.Paletted).Pix {
					c := want.(*image.Paletted).Palette[p].(color.RGBA)
					if a.R[i] != c.R || a.G[i] != c.G || a.B[i] != c.B {
						t.Fatalf("%v, %d colors: pixel %d is %d %d %d, want %v", size, colors, i, a.R[i], a.G[i], a.B[i], c)
					}
				}
			}
		}
	}
}

// Files that other decoders read, and the standard library refuses, are read.
func TestOddGIF(t *testing.T) {
	const w, h = 40, 30
	data, pix := gifFile(t, w, h, 16, 3)
	at := gifHeader + 3*16 // the picture, behind the global colors
	if data[at] != gifImage {
		t.Fatalf("the picture does not begin at %d", at)
	}
	f := func(name string, width, height int, data []byte) {
		t.Helper()
		m, err := Decode(data, Options{})
		if err != nil || m.Width != width || m.Height != height {
			t.Errorf("%s: %v", name, err)
			return
		}
		got, err := DecodeGIF(data, Options{})
		if err != nil || !slices.Equal(got.Pix, pix) {
			t.Errorf("%s: other pixels, %v", name, err)
		}
	}
	patch := func(at int, with ...byte) []byte {
		return append(append(bytes.Clone(data[:at]), with...), data[at+len(with):]...)
	}
	insert := func(at int, with ...byte) []byte { return slices.Insert(bytes.Clone(data), at, with...) }
	f("as it is", w, h, data)
	f("without its end", w, h, data[:len(data)-1])
	f("bytes behind its end", w, h, append(bytes.Clone(data), "more"...))
	f("codes behind the last pixel", w, h, insert(len(data)-2, 5, 1, 2, 3, 4, 5))
	f("blocks of codes without their end", w, h, data[:len(data)-2])
	f("an unknown extension", w, h, insert(at, gifExtension, 0x99, 3, 1, 2, 3, 0))
	f("a comment and a plain text", w, h, insert(at, gifExtension, 0xfe, 2, 'o', 'k', 0, gifExtension, 1, 1, 0, 0))
	f("zeros before the picture", w, h, insert(at, 0, 0, 0))
	f("a screen of no size", w, h, patch(6, 0, 0, 0, 0))
	f("a smaller screen", w, h, patch(6, 20, 0, 20, 0))
	f("a larger screen", 60, 50, patch(6, 60, 0, 50, 0))
	f("a picture beside the screen", w+7, h+9, patch(at+1, 7, 0, 9, 0))
	f("no colors", w, h, slices.Delete(patch(10, data[10]&^0x80), gifHeader, at))

	// Rows in four passes.
	rows := make([]uint8, 0, len(pix))
	for _, pass := range [][2]int{{0, 8}, {4, 8}, {2, 4}, {1, 2}} {
		for y := pass[0]; y < h; y += pass[1] {
			rows = append(rows, pix[y*w:(y+1)*w]...)
		}
	}
	m := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{})
	m.Pix = rows
	for i := range 16 {
		m.Palette = append(m.Palette, color.Gray{uint8(i)})
	}
	var b bytes.Buffer
	if err := gif.Encode(&b, m, &gif.Options{NumColors: 16}); err != nil {
		t.Fatal(err)
	}
	interlaced := b.Bytes()
	interlaced[at+9] |= 0x40
	f("interlaced", w, h, interlaced)

	for name, data := range map[string][]byte{
		"cut off": data[:len(data)/2], "an end before the last pixel": patch(at+5, w, 0, h+1, 0), "no picture": append(bytes.Clone(data[:at]), gifTrailer),
		"an unknown block": insert(at, 7), "half of the colors": data[:20],
	} {
		if _, err := Decode(data, Options{}); err == nil {
			t.Errorf("%s is read", name)
		}
	}
	var large *SizeError
	huge := patch(at+5, 0xff, 0xff, 0xff, 0xff)
	if _, err := Decode(huge, Options{}); !errors.As(err, &large) {
		t.Errorf("a picture of 65535 × 65535: %v", err)
	}
}
