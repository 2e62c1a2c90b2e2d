// Package imagefile decodes picture files: JPEG by a decoder of its own that
// scales while it decodes, TIFF, BMP, GIF and PNM by decoders of its own, PNG by the
// standard library and WebP by golang.org/x/image. Sizes are checked in the
// header before memory is taken.
package imagefile

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Format names a kind of picture file.
type Format string

// The formats that Decode reads.
const (
	JPEG Format = "JPEG"
	PNG  Format = "PNG"
	GIF  Format = "GIF"
	BMP  Format = "BMP"
	WebP Format = "WebP"
	TIFF Format = "TIFF"
	PNM  Format = "PNM" // PBM, PGM and PPM
)

// SniffLen is how many bytes at the start of a file Sniff looks at.
const SniffLen = 32

// Sniff shows the format by its magic number; "" if it is none of the above.
func Sniff(head []byte) Format {
	starts := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	switch {
	case starts("\xff\xd8\xff"):
		return JPEG
	case starts("\x89PNG\r\n\x1a\n"):
		return PNG
	case starts("GIF87a"), starts("GIF89a"):
		return GIF
	case starts("BM") && len(head) >= 18 && isBMP(head):
		return BMP
	case starts("RIFF") && len(head) >= 12 && string(head[8:12]) == "WEBP":
		return WebP
	case starts("II*\x00"), starts("MM\x00*"), starts("II+\x00\x08\x00"), starts("MM\x00+\x00\x08"):
		return TIFF
	case pnmStart.Match(head[:min(len(head), SniffLen)]):
		return PNM
	}
	return ""
}

// isBMP shows a bitmap from a text that starts with BM: the length of the
// second header is one of those in use, and the reserved fields are mostly zero.
func isBMP(head []byte) bool {
	if head[15] != 0 || head[16] != 0 || head[17] != 0 {
		return false
	}
	switch head[14] {
	case 12, 16, 40, 52, 56, 64, 108, 124:
		return true
	}
	return false
}

// describe describes what a file that is no picture seems to be.
func describe(data []byte) string {
	head := data[:min(len(data), 512)]
	starts := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	brand := ""
	// ISO/IEC 14496-12: the brand of the first box shows which of the family it is.
	if len(head) >= 12 && string(head[4:8]) == "ftyp" {
		brand = string(head[8:12])
	}
	lower := strings.ToLower(string(head))
	switch {
	case len(head) == 0:
		return "an empty file"
	case brand == "heic" || brand == "heix" || brand == "mif1" || brand == "msf1":
		return "HEIF, which is not supported: convert it to JPEG or PNG"
	case brand == "avif" || brand == "avis":
		return "AVIF, which is not supported: convert it to JPEG or PNG"
	case brand != "":
		return "an MP4 or QuickTime file"
	case starts("\xff\x0a"), starts("\x00\x00\x00\x0cJXL "):
		return "JPEG XL, which is not supported: convert it to JPEG or PNG"
	case starts("\x00\x00\x00\x0cjP  "):
		return "JPEG 2000, which is not supported: convert it to JPEG or PNG"
	case starts("8BPS"):
		return "a Photoshop document, which is not supported: convert it to PNG"
	case starts("qoif"):
		return "QOI, which is not supported: convert it to PNG"
	case starts("\x00\x00\x01\x00"):
		return "an icon (ICO), which is not supported: convert it to PNG"
	case starts("P7\n"), starts("PF\n"), starts("Pf\n"):
		return "PAM or PFM, which is not supported: convert it to PNG"
	case starts("%PDF"):
		return "a PDF document"
	case starts("PK\x03\x04"):
		return "a ZIP archive"
	case starts("\x1f\x8b"):
		return "a gzip file"
	case starts("RIFF"), starts("OggS"), starts("fLaC"), starts("ID3"):
		return "a sound or video file"
	// Anywhere in the head, since comments and a DOCTYPE may come first.
	case strings.Contains(lower, "<svg"):
		return "SVG, which is not supported: convert it to PNG"
	case strings.HasPrefix(lower, "<!doctype html"), strings.HasPrefix(lower, "<html"):
		return "an HTML page"
	case isText(head):
		return "a text file"
	}
	return "of an unknown format: if it is a picture, convert it to JPEG or PNG"
}

// isText reports whether the bytes are UTF-8 without control characters.
func isText(head []byte) bool {
	for i := 0; i < len(head); {
		r, n := utf8.DecodeRune(head[i:])
		if r == utf8.RuneError && n <= 1 && len(head)-i >= utf8.UTFMax {
			return false
		}
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f' {
			return false
		}
		i += n
	}
	return true
}
