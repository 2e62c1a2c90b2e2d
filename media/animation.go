package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"io"

	"github.com/fusor-ml/fusor/internal/codec/imagefile"
	"github.com/fusor-ml/fusor/internal/vision"
)

// errStill is returned for a picture that does not move.
var errStill = errors.New("it is no animation")

// readAnimation composes the pictures of an animated PNG or WebP, one after the other.
func readAnimation(ctx context.Context, r io.Reader, limits gifLimits) (clip *Clip, err error) {
	ctx, cancel := withFileLimit(ctx)
	defer cancel()
	data, err := io.ReadAll(io.LimitReader(r, MaxImageBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MaxImageBytes {
		return nil, fmt.Errorf("an animation of more than the limit of %d MiB", MaxImageBytes>>20)
	}
	// The library's decoders may panic on damaged files.
	defer func() {
		if p := recover(); p != nil {
			clip, err = nil, fmt.Errorf("the file is damaged (%v)", p)
		}
	}()
	width, height, frames, err := imagefile.Animation(data)
	if err != nil {
		return nil, err
	}
	if len(frames) == 0 {
		return nil, errStill
	}
	if limits.screen == 0 {
		limits.screen = limitsOf(ctx).Pixels
	}
	o := imagefile.Options{MaxPixels: limits.screen, Context: ctx}
	if err := o.CheckSize(width, height); err != nil {
		return nil, err
	}
	canvas := newGIFCanvas(width, height)
	var t thinner
	seconds, pixels := 0.0, int64(0)
	for n, f := range frames {
		if pixels += int64(f.Bounds.Dx()) * int64(f.Bounds.Dy()); n == limits.pictures || pixels > limits.pixels {
			return nil, fmt.Errorf("an animation of more than %d pictures or %d million pixels in them", limits.pictures, limits.pixels>>20)
		}
		m, err := f.Decode(o)
		if err == nil {
			err = stopped(ctx)
		}
		if err != nil {
			return nil, fmt.Errorf("picture %d of the animation: %w", n+1, err)
		}
		disposal := byte(gif.DisposalNone)
		switch {
		case f.Clear:
			disposal = gif.DisposalBackground
		case f.Restore:
			disposal = gif.DisposalPrevious
		}
		restore := canvas.hold(f.Bounds, disposal)
		canvas.lay(m, f.Bounds.Min, !f.Replace)
		if t.wants() {
			t.add(vision.FromRGB(width, height, canvas.rgb).Shrink(frameSide))
		}
		seconds += f.Seconds
		restore()
	}
	return &Clip{Frames: t.frames, Spacing: seconds / float64(len(frames)) * float64(t.stride)}, nil
}

// newGIFCanvas is white, as everything that is transparent is put over white.
func newGIFCanvas(width, height int) gifCanvas {
	return gifCanvas{width: width, height: height, rgb: bytes.Repeat([]uint8{255}, 3*width*height)}
}

// lay draws a picture at a place, over what is there or, without over, over white: of a canvas that
// lies over white the same as to draw on it while it is transparent.
func (c *gifCanvas) lay(m image.Image, at image.Point, over bool) {
	b := m.Bounds()
	pixel := func(x, y int) (r, g, b, a uint32) { return m.At(x, y).RGBA() }
	if fast, ok := m.(image.RGBA64Image); ok {
		pixel = func(x, y int) (r, g, b, a uint32) {
			p := fast.RGBA64At(x, y)
			return uint32(p.R), uint32(p.G), uint32(p.B), uint32(p.A)
		}
	}
	for y := range b.Dy() {
		dst := c.rgb[3*((at.Y+y)*c.width+at.X):][:3*b.Dx()]
		for x := range b.Dx() {
			r, g, bl, a := pixel(b.Min.X+x, b.Min.Y+y)
			p := dst[3*x : 3*x+3 : 3*x+3]
			for k, v := range [3]uint32{r, g, bl} {
				below := uint32(255)
				if over {
					below = uint32(p[k])
				}
				// 65535 is 255 times 257.
				p[k] = uint8(min((v+below*(0xffff-a)/255+128)/257, 255))
			}
		}
	}
}
