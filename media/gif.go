package media

import (
	"bytes"
	"fmt"
	"image/gif"
	"io"

	"github.com/fusor-ml/fusor/internal/vision"
)

// maxGIFPixels bounds width × height × pictures of an animation, which is decoded whole.
const maxGIFPixels = 256 << 20

func readGIF(r io.Reader, size int64) (*Clip, error) {
	data, err := io.ReadAll(io.LimitReader(r, size))
	if err != nil {
		return nil, err
	}
	cfg, err := gif.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	frames := countGIF(data)
	if int64(cfg.Width)*int64(cfg.Height)*int64(frames) > maxGIFPixels {
		return nil, fmt.Errorf("GIF of %d pictures of %d × %d is larger than the limit of %d pixels", frames, cfg.Width, cfg.Height, int64(maxGIFPixels))
	}
	g, err := gif.DecodeAll(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	w, h := g.Config.Width, g.Config.Height
	canvas := make([]uint8, 3*w*h)
	for i := range canvas {
		canvas[i] = 255
	}
	var t thinner
	var before []uint8
	hundredths := 0
	for i, p := range g.Image {
		if g.Disposal[i] == gif.DisposalPrevious {
			before = append(before[:0], canvas...)
		}
		b := p.Bounds()
		for y := max(b.Min.Y, 0); y < min(b.Max.Y, h); y++ {
			for x := max(b.Min.X, 0); x < min(b.Max.X, w); x++ {
				if r, g, b, a := p.At(x, y).RGBA(); a != 0 {
					o := 3 * (y*w + x)
					canvas[o], canvas[o+1], canvas[o+2] = uint8(r>>8), uint8(g>>8), uint8(b>>8)
				}
			}
		}
		if t.wants() {
			t.add(vision.FromRGB(w, h, canvas).Shrink(frameSide))
		}
		hundredths += g.Delay[i]
		switch g.Disposal[i] {
		case gif.DisposalPrevious:
			copy(canvas, before)
		case gif.DisposalBackground:
			for y := max(b.Min.Y, 0); y < min(b.Max.Y, h); y++ {
				for x := 3 * (y*w + max(b.Min.X, 0)); x < 3*(y*w+min(b.Max.X, w)); x++ {
					canvas[x] = 255
				}
			}
		}
	}
	return &Clip{Frames: t.frames, Spacing: float64(hundredths) / 100 / float64(len(g.Image)) * float64(t.stride)}, nil
}

// countGIF counts the image descriptors of a GIF without decoding (GIF89a, section 18 ff.).
func countGIF(data []byte) int {
	table := func(flags byte) int {
		if flags&0x80 == 0 {
			return 0
		}
		return 3 << (flags&7 + 1)
	}
	if len(data) < 13 {
		return 0
	}
	p, n := 13+table(data[10]), 0
	for p < len(data) {
		switch data[p] {
		case 0x2c: // image descriptor, its table, the code size, then blocks
			if p+10 >= len(data) {
				return n
			}
			n++
			p += 11 + table(data[p+9])
		case 0x21: // extension: label, then blocks
			p += 2
		default:
			return n
		}
		for p < len(data) && data[p] != 0 {
			p += 1 + int(data[p])
		}
		p++
	}
	return n
}
