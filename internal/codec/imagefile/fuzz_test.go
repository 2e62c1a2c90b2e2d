package imagefile

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/fusor-ml/fusor/internal/conformance"
)

func FuzzDecode(f *testing.F) { fuzzPictures(f, "", "*.*") }

// The formats, each on its own.

func FuzzPNG(f *testing.F)  { fuzzPictures(f, PNG, "*.png") }
func FuzzGIF(f *testing.F)  { fuzzPictures(f, GIF, "*.gif") }
func FuzzBMP(f *testing.F)  { fuzzPictures(f, BMP, "*.bmp") }
func FuzzWebP(f *testing.F) { fuzzPictures(f, WebP, "*.webp") }
func FuzzTIFF(f *testing.F) { fuzzPictures(f, TIFF, "*.tif*") }

// fuzzPictures starts from the files of a pattern and keeps to one format, or to any if it is "".
func fuzzPictures(f *testing.F, format Format, pattern string) {
	for _, name := range files(f, pattern) {
		f.Add(testdata(f, name), uint8(0))
		f.Add(testdata(f, name), uint8(9))
	}
	for _, dir := range []string{"tiff", "bmp", "jpeg"} {
		names, _ := filepath.Glob(filepath.Join("testdata", dir, pattern))
		for i, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			if Sniff(data) == format && i%4 == 0 {
				f.Add(data, uint8(0))
			}
		}
	}
	conformance.Seeds(f, func(_ string, data []byte) {
		if format == "" || Sniff(data) == format {
			f.Add(data, uint8(0))
		}
	}, ".png", ".jpg", ".bmp", ".tif")
	f.Fuzz(func(t *testing.T, data []byte, side uint8) {
		if format != "" && Sniff(data) != format {
			return
		}
		if format == PNG {
			sealChunks(data)
		}
		m, err := Decode(data, Options{MaxSide: int(side), MaxPixels: 1 << 18})
		if err != nil {
			return
		}
		n := m.Width * m.Height
		if n < 1 || len(m.Y) != n || len(m.R) != n || len(m.G) != n || len(m.B) != n {
			t.Fatalf("%d × %d with planes of %d %d %d %d", m.Width, m.Height, len(m.Y), len(m.R), len(m.G), len(m.B))
		}
		if side > 0 && max(m.Width, m.Height) > int(side) {
			t.Fatalf("%d × %d within %d", m.Width, m.Height, side)
		}
	})
}

// sealChunks corrects the checksums of a PNG's chunks, so that fuzzing gets past them.
func sealChunks(data []byte) {
	for at := 8; at+12 <= len(data); {
		n := int(binary.BigEndian.Uint32(data[at:]))
		if n > len(data)-at-12 {
			return
		}
		end := at + 8 + n
		binary.BigEndian.PutUint32(data[end:], pngCRC(data[at+4:end]))
		at = end + 4
	}
}

func FuzzJPEG(f *testing.F) {
	for _, name := range files(f, "*.jpg") {
		f.Add(testdata(f, name), uint8(0))
		f.Add(testdata(f, name), uint8(5))
	}
	f.Fuzz(func(t *testing.T, data []byte, side uint8) {
		if len(data) < 3 {
			return
		}
		_, _ = decodeJPEG(data, Options{MaxSide: int(side), MaxPixels: 1 << 16})
	})
}

func FuzzOrientation(f *testing.F) {
	f.Add([]byte("II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00"))
	f.Add([]byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if o := Orientation(data); o < 0 || o > 8 {
			t.Fatal(o)
		}
	})
}
