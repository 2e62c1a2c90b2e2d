package report

import (
	"bytes"
	"image"
	"image/jpeg"
	"strings"

	"github.com/fusor-ml/fusor/media"
)

// Bounds of media inside a report.
const (
	thumbSide   = 220      // pixels of a thumbnail's longer side
	maxPixels   = 50 << 20 // larger pictures are not decoded
	maxAsIs     = 200 << 10
	jpegQuality = 82
)

// inlined returns what may stand in the page for a cell: a small JPEG for any
// picture that can be decoded, the file itself for small WebP pictures and for
// sounds that browsers play. kind is "image", "audio" or empty.
func inlined(c Cell) (kind, mime string, data []byte) {
	switch {
	case len(c.Data) == 0:
		return "", "", nil
	case strings.HasPrefix(c.MIME, "image/"), media.IsImage(c.Data): // net/http knows no TIFF
		if t := thumbnail(c.Data); t != nil {
			return "image", "image/jpeg", t
		}
		if c.MIME == "image/webp" && len(c.Data) <= maxAsIs {
			return "image", c.MIME, c.Data
		}
	case playable[c.MIME] != "":
		return "audio", playable[c.MIME], c.Data
	}
	return "", "", nil
}

// playable maps the names of sound formats in use to the registered ones.
var playable = map[string]string{
	"audio/wav": "audio/wav", "audio/x-wav": "audio/wav", "audio/wave": "audio/wav", "audio/vnd.wave": "audio/wav",
	"audio/mpeg": "audio/mpeg", "audio/mp3": "audio/mpeg", "audio/ogg": "audio/ogg", "audio/opus": "audio/ogg",
	"audio/flac": "audio/flac", "audio/x-flac": "audio/flac", "audio/mp4": "audio/mp4", "audio/aac": "audio/aac",
}

// thumbnail decodes a picture as the views do (upright, of any format that they
// read, the first frame of an animation) and scales it down to thumbSide; nil
// where that cannot be done.
func thumbnail(data []byte) []byte {
	m, err := media.DecodeImage(data, media.ImageOptions{MaxSide: thumbSide, MaxPixels: maxPixels})
	if err != nil {
		return nil
	}
	dst := image.NewRGBA(image.Rect(0, 0, m.Width, m.Height))
	for i := range m.R {
		copy(dst.Pix[4*i:], []uint8{m.R[i], m.G[i], m.B[i], 255})
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, dst, &jpeg.Options{Quality: jpegQuality}); err != nil {
		return nil
	}
	return out.Bytes()
}
