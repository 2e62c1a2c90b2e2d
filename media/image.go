package media

import (
	"context"
	"fmt"
	"time"

	"github.com/fusor-ml/fusor/internal/codec/imagefile"
	"github.com/fusor-ml/fusor/internal/vision"
)

// MaxImageBytes bounds a picture file: 256 MiB.
const MaxImageBytes = 256 << 20

// ImageOptions say how a picture is decoded.
type ImageOptions struct {
	MaxSide   int   // the longer side is scaled down to it, while decoding where the format allows; 0: no bound
	MaxPixels int64 // what a header may claim before any memory is taken; 0: 64 Mi

	// Context ends the decoding once it is done. nil: nothing but the limit of time does.
	Context   context.Context
	DropAlpha bool // colors as they are stored where the picture is transparent, not over white
}

// DecodeImage decodes a picture of any supported format, told by its magic
// number: JPEG (CMYK too), PNG, GIF, BMP, WebP, TIFF and PNM; upright by its EXIF
// orientation, over white where it is transparent (unless o.DropAlpha), the first frame of an
// animation. A file that ends early is an error, and so is one that takes longer than [FileLimit].
func DecodeImage(data []byte, o ImageOptions) (*vision.Image, error) {
	if o.Context == nil {
		o.Context = context.Background()
	}
	ctx, cancel := withFileLimit(o.Context)
	defer cancel()
	m, err := imagefile.Decode(data, imagefile.Options{MaxSide: o.MaxSide, MaxPixels: o.MaxPixels, DropAlpha: o.DropAlpha, Context: ctx})
	if stop := stopped(ctx); err != nil && stop != nil {
		return nil, stop
	}
	return m, err
}

// FileLimit bounds the time that one picture or animation may take to decode.
const FileLimit = time.Minute

var errSlow = fmt.Errorf("it takes more than %v to decode", FileLimit)

func withFileLimit(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, FileLimit, errSlow)
}

// stopped returns why ctx has ended, nil while it has not.
func stopped(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return context.Cause(ctx)
}

// ReadImage reads and decodes a picture: see [DecodeImage].
func ReadImage(ctx context.Context, src Source, o ImageOptions) (*vision.Image, error) {
	r, err := Open(ctx, src)
	if err != nil {
		return nil, fmt.Errorf("cannot read the picture: %w", err)
	}
	defer r.Close() //nolint:errcheck // it was only read
	data, err := r.All(MaxImageBytes)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", src.Name(), err)
	}
	o.Context = ctx
	if o.MaxPixels == 0 {
		o.MaxPixels = limitsOf(ctx).Pixels
	}
	m, err := DecodeImage(data, o)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", src.Name(), err)
	}
	return m, nil
}

// IsImage reports whether data starts as a picture that [DecodeImage] reads.
func IsImage(data []byte) bool { return imagefile.Sniff(data) != "" }
