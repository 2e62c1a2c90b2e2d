package imagefile

import (
	"bytes"
	"context"
	"fmt"
)

// Options say how to decode.
type Options struct {
	// MaxSide bounds the longer side of what is returned: a larger picture is
	// averaged down to it, while it is decoded where the format allows. 0: no bound.
	MaxSide int
	// MaxPixels bounds what a file may claim to hold, checked in its header
	// before any memory is taken. 0: DefaultMaxPixels. Sequential JPEG, which is
	// never held whole, may have four times as many when MaxSide is set.
	MaxPixels int64
	// Context ends the decoding once it is done. nil: it goes on to its end.
	Context context.Context
	// DropAlpha takes the colors as they are stored where a picture is transparent, as Pillow's
	// convert("RGB") does, in place of laying it over white.
	DropAlpha bool
}

// stopped returns the context's error once it is done. Decoders ask between rows or blocks.
func (o *Options) stopped() error {
	if o.Context == nil {
		return nil
	}
	return o.Context.Err()
}

// DefaultMaxPixels is 64 Mi: 8192 × 8192.
const DefaultMaxPixels = 64 << 20

// streamedFactor is how many times more pixels a format may have that is
// decoded row by row into a smaller picture.
const streamedFactor = 4

func (o Options) maxPixels() int64 {
	if o.MaxPixels > 0 {
		return o.MaxPixels
	}
	return DefaultMaxPixels
}

// CheckSize reports whether a picture of that size may be decoded: a *[SizeError] where it is too
// large.
func (o Options) CheckSize(width, height int) error { return checkSize(width, height, o.maxPixels()) }

// SizeError is a picture that claims more pixels than are allowed.
type SizeError struct {
	Width, Height int
	Limit         int64
}

// Error implements error.
func (e *SizeError) Error() string {
	return fmt.Sprintf("the picture claims %d × %d pixels, more than the limit of %d million", e.Width, e.Height, e.Limit>>20)
}

func checkSize(width, height int, limit int64) error {
	if width < 1 || height < 1 {
		return fmt.Errorf("the picture claims a size of %d × %d", width, height)
	}
	if int64(width) > limit/int64(height) {
		return &SizeError{Width: width, Height: height, Limit: limit}
	}
	return nil
}

// stoppable is a file's bytes, which end in the context's error once it is done: so a library's
// decoder is stopped, which asks for more as it goes on.
type stoppable struct {
	*bytes.Reader
	options *Options
	taken   int
}

// Read implements io.Reader. It hands out little at a time.
func (s *stoppable) Read(p []byte) (int, error) {
	if err := s.options.stopped(); err != nil {
		return 0, err
	}
	return s.Reader.Read(p[:min(len(p), 4096)])
}

// ReadByte implements io.ByteReader.
func (s *stoppable) ReadByte() (byte, error) {
	if s.taken++; s.taken%1024 == 0 {
		if err := s.options.stopped(); err != nil {
			return 0, err
		}
	}
	return s.Reader.ReadByte()
}
