package imagefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"io"
	"math"

	"github.com/fusor-ml/fusor/internal/vision"
)

// Decode reads the picture in data, of whatever format its magic number shows:
// upright by its EXIF orientation, over white where it is transparent, the
// first frame of an animation, 16-bit samples rounded to 8. A file that ends
// early is an error.
func Decode(data []byte, o Options) (m *vision.Image, err error) {
	format := Sniff(data)
	if format == "" {
		return nil, fmt.Errorf("not a picture: it is %s", describe(data))
	}
	// The library decoders may still panic on damaged files.
	defer func() {
		if p := recover(); p != nil {
			m, err = nil, fmt.Errorf("cannot decode %s: the file is damaged (%v)", format, p)
		}
	}()
	if format == JPEG {
		m, err = decodeJPEG(data, o)
	} else {
		m, err = decodeOther(format, data, o)
	}
	if stop := o.stopped(); err != nil && stop != nil {
		return nil, stop // however a library's decoder wrapped it
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = errTruncated
	}
	if err != nil {
		return nil, fmt.Errorf("cannot decode %s: %w", format, err)
	}
	return m, nil
}

// claimed reads the size in the header of a format other than JPEG.
func claimed(format Format, data []byte) (width, height int, err error) {
	switch format {
	case WebP:
		return webpConfig(data)
	case TIFF:
		d, err := openTIFF(data)
		if err != nil {
			return 0, 0, err
		}
		return d.size(math.MaxInt64)
	case PNG:
		f, err := openPNG(data, true)
		if err != nil {
			return 0, 0, err
		}
		return int(f.width), int(f.height), nil
	case BMP:
		h, err := openBMP(data)
		if err != nil {
			return 0, 0, err
		}
		return h.width, h.height, nil
	}
	f, err := openGIF(data)
	if err != nil {
		return 0, 0, err
	}
	return f.screen.Dx(), f.screen.Dy(), nil
}

// decodeWhole decodes a format other than JPEG in its full size, checked before.
func decodeWhole(format Format, data []byte, width, height int, o *Options) (image.Image, error) {
	if format == WebP {
		return decodeWebP(data, width, height, o)
	}
	if format == PNG {
		return decodePNG(data, o)
	}
	m, err := DecodeGIF(data, *o)
	if err != nil {
		return nil, err
	}
	if size := image.Rect(0, 0, width, height); m.Bounds() != size {
		// The first frame may cover a part of the screen only.
		screen := image.NewRGBA(size)
		draw.Draw(screen, m.Bounds(), m, m.Bounds().Min, draw.Src)
		return screen, nil
	}
	return m, nil
}

func decodeOther(format Format, data []byte, o Options) (*vision.Image, error) {
	if format == BMP {
		return decodeBMP(data, o)
	}
	if format == PNM {
		return decodePNM(data, o)
	}
	if format == TIFF {
		m, orientation, err := decodeTIFF(data, o)
		if err != nil {
			return nil, err
		}
		return m.Orient(orientation), nil
	}
	width, height, err := claimed(format, data)
	if err != nil {
		return nil, err
	}
	if err := checkSize(width, height, o.maxPixels()); err != nil {
		return nil, err
	}
	src, err := decodeWhole(format, data, width, height, &o)
	if err != nil {
		return nil, err
	}
	if o.DropAlpha {
		src = opaque(src)
	}
	m := fromImage(src, o.MaxSide)
	return m.Orient(storedOrientation(format, data)), nil
}

// storedOrientation finds the EXIF orientation of formats other than JPEG.
func storedOrientation(format Format, data []byte) int {
	switch format {
	case PNG: // chunk eXIf, PNG third edition
		for at := 8; at+12 <= len(data); {
			n := int(binary.BigEndian.Uint32(data[at:]))
			if n < 0 || n > len(data)-at-12 {
				return 0
			}
			if string(data[at+4:at+8]) == "eXIf" {
				return Orientation(data[at+8 : at+8+n])
			}
			at += 12 + n
		}
	case WebP:
		if p := webpChunk(data, "EXIF"); p != nil {
			return Orientation(bytes.TrimPrefix(p, []byte("Exif\x00\x00")))
		}
	}
	return 0
}
