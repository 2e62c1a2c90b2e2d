package media

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"io"

	"github.com/fusor-ml/fusor/internal/codec/imagefile"
	"github.com/fusor-ml/fusor/internal/vision"
)

// gifLimits bound an animation. Memory follows from the screen alone, as one
// picture is decoded at a time; the other two bound the time.
type gifLimits struct {
	screen   int64 // pixels of the screen; 0: as many as a still picture may have
	pictures int
	pixels   int64 // of all pictures together
}

var defaultGIFLimits = gifLimits{pictures: 1 << 16, pixels: 1 << 30}

// readGIF composes the pictures of an animation. The library's decoder holds
// all of them at once, and how many those are cannot be told without decoding
// as it does; so each goes to it as a file of its own.
func readGIF(ctx context.Context, r io.Reader, limits gifLimits) (*Clip, error) {
	ctx, cancel := withFileLimit(ctx)
	defer cancel()
	data, err := io.ReadAll(io.LimitReader(r, MaxImageBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MaxImageBytes {
		return nil, fmt.Errorf("GIF of more than the limit of %d MiB", MaxImageBytes>>20)
	}
	s, err := openGIF(data)
	if err != nil {
		return nil, err
	}
	if limits.screen == 0 {
		limits.screen = limitsOf(ctx).Pixels
	}
	if err := (imagefile.Options{MaxPixels: limits.screen}).CheckSize(s.width, s.height); err != nil {
		return nil, err
	}
	canvas := newGIFCanvas(s.width, s.height)
	var t thinner
	hundredths := 0
	for n, pixels := 0, int64(0); ; n++ {
		b, err := s.next()
		if errors.Is(err, io.EOF) && n > 0 {
			return &Clip{Frames: t.frames, Spacing: float64(hundredths) / 100 / float64(n) * float64(t.stride)}, nil
		}
		if err != nil {
			return nil, gifError(n, err)
		}
		// Pixels of all pictures together: many large ones in a small file would take minutes.
		if pixels += int64(b.width) * int64(b.height); n == limits.pictures || pixels > limits.pixels {
			return nil, fmt.Errorf("GIF of more than %d pictures or %d million pixels in them", limits.pictures, limits.pixels>>20)
		}
		if err := stopped(ctx); err != nil {
			return nil, fmt.Errorf("picture %d of the GIF file: %w", n+1, err)
		}
		m, err := b.decode(ctx, image.Rect(0, 0, s.width, s.height))
		if err != nil {
			return nil, gifError(n, err)
		}
		// The disposal of a picture takes effect before the next one is drawn (GIF89a, section 23).
		restore := canvas.draw(m, b.disposal)
		if t.wants() {
			t.add(vision.FromRGB(s.width, s.height, canvas.rgb).Shrink(frameSide))
		}
		hundredths += b.delay
		restore()
	}
}

func gifError(pictures int, err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("the GIF file holds no picture")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the GIF file is cut off after %d pictures", pictures)
	}
	return fmt.Errorf("picture %d of the GIF file: %w", pictures+1, err)
}

// gifCanvas is the screen that the pictures of an animation are drawn on, white before the first.
type gifCanvas struct {
	width, height int
	rgb           []uint8
	saved         []uint8
}

// draw puts a picture on the canvas; what it returns does as the picture's
// disposal states (GIF89a, section 23), and is called before the next one.
func (c *gifCanvas) draw(m *image.Paletted, disposal byte) (restore func()) {
	b := m.Bounds()
	restore = c.hold(b, disposal)
	var colors [256][3]uint8
	var opaque [256]bool
	for i, p := range m.Palette {
		r, g, b, a := p.RGBA()
		colors[i], opaque[i] = [3]uint8{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8)}, a != 0
	}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		dst := c.row(b, y)
		for x, i := range m.Pix[(y-b.Min.Y)*m.Stride:][:b.Dx()] {
			if opaque[i] {
				c, p := &colors[i], dst[3*x:3*x+3:3*x+3]
				p[0], p[1], p[2] = c[0], c[1], c[2]
			}
		}
	}
	return restore
}

// row is the part of a row of the canvas that is in b.
func (c *gifCanvas) row(b image.Rectangle, y int) []uint8 {
	return c.rgb[3*(y*c.width+b.Min.X) : 3*(y*c.width+b.Max.X)]
}

// hold returns what does as the disposal of a picture that is drawn next at b states.
func (c *gifCanvas) hold(b image.Rectangle, disposal byte) (restore func()) {
	if disposal == gif.DisposalPrevious {
		c.saved = c.saved[:0]
		for y := b.Min.Y; y < b.Max.Y; y++ {
			c.saved = append(c.saved, c.row(b, y)...)
		}
	}
	return func() {
		for y := b.Min.Y; y < b.Max.Y; y++ {
			switch dst := c.row(b, y); disposal {
			case gif.DisposalPrevious:
				copy(dst, c.saved[len(dst)*(y-b.Min.Y):])
			case gif.DisposalBackground:
				for i := range dst {
					dst[i] = 255
				}
			}
		}
	}
}
