// Package textenc finds out in which encoding a text file is, and decodes it.
//
// UTF-8 and UTF-16 (little- and big-endian, with and without a byte order mark) and GB18030
// (which holds GBK and GB2312) are told apart by their bytes. Anything else is refused rather
// than guessed at: a wrong guess would be a silent wrong row.
package textenc

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode/utf32"

	utf16enc "golang.org/x/text/encoding/unicode"
)

// Encoding names an encoding, as it is reported.
type Encoding string

// The encodings that are found.
const (
	UTF8    Encoding = "UTF-8"
	UTF16LE Encoding = "UTF-16LE"
	UTF16BE Encoding = "UTF-16BE"
	UTF32LE Encoding = "UTF-32LE"
	UTF32BE Encoding = "UTF-32BE"
	GB18030 Encoding = "GB18030"
)

// Report says what was found.
type Report struct {
	Encoding Encoding
	BOM      bool  // a byte order mark stood first; it is not part of the text
	BadLines []int // 1-based lines that hold bytes that are no characters (now U+FFFD), at most maxBadLines
	Bad      int   // how many such places there are
}

const maxBadLines = 20

// String gives the encoding for a person: "UTF-8 with byte order mark".
func (r Report) String() string {
	if r.BOM {
		return string(r.Encoding) + " with byte order mark"
	}
	return string(r.Encoding)
}

// ErrBinary is returned for bytes that are no text.
var ErrBinary = errors.New("not a text file (binary data)")

// ErrUnknown is returned for text in another encoding.
var ErrUnknown = errors.New("neither UTF-8, UTF-16 nor GB18030")

// Decode turns the bytes of a whole file, given as a string, into UTF-8 and says what they were.
// Text that is UTF-8 already is returned without a copy.
func Decode(s string) (string, Report, error) {
	r, err := detect(s, true)
	if err != nil {
		return "", r, err
	}
	text, err := decodeAs(s, r)
	if err != nil {
		return "", r, err
	}
	if r.Encoding == UTF8 && !utf8.ValidString(text) {
		r.BadLines, r.Bad = badLines(text)
		text = strings.ToValidUTF8(text, "\uFFFD")
	} else if r.Encoding != UTF8 && strings.ContainsRune(text, utf8.RuneError) {
		return "", r, fmt.Errorf("%s with bytes that are no characters: %w", r.Encoding, ErrUnknown)
	}
	if control(text) {
		return "", r, ErrBinary
	}
	return text, r, nil
}

// decodeAs decodes s, without its mark, as r says.
func decodeAs(s string, r Report) (string, error) {
	if r.Encoding == UTF8 {
		return strings.TrimPrefix(s, "\xef\xbb\xbf"), nil
	}
	text, err := decoder(r.Encoding).String(s)
	if err != nil {
		return "", fmt.Errorf("cannot decode %s: %w", r.Encoding, err)
	}
	return strings.TrimPrefix(text, "\ufeff"), nil
}

// decoder gives the decoder of an encoding other than UTF-8.
func decoder(e Encoding) *encoding.Decoder {
	switch e {
	case UTF16LE:
		return utf16enc.UTF16(utf16enc.LittleEndian, utf16enc.IgnoreBOM).NewDecoder()
	case UTF16BE:
		return utf16enc.UTF16(utf16enc.BigEndian, utf16enc.IgnoreBOM).NewDecoder()
	case UTF32LE:
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM).NewDecoder()
	case UTF32BE:
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM).NewDecoder()
	default:
		return simplifiedchinese.GB18030.NewDecoder()
	}
}

// control reports whether text holds control characters that no text file has: a NUL, or many others.
func control(text string) bool {
	n := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == 0:
			return true
		case c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\v' && c != 0x1b, c == 0x7f:
			n++
		}
	}
	return n > 8 && n > len(text)/50
}

// badLines lists the lines of s that are no UTF-8.
func badLines(s string) (lines []int, count int) {
	for at, number := 0, 1; at < len(s); number++ {
		end := strings.IndexByte(s[at:], '\n')
		if end < 0 {
			end = len(s) - at - 1
		}
		line := s[at : at+end+1]
		if !utf8.ValidString(line) {
			if len(lines) < maxBadLines {
				lines = append(lines, number)
			}
			for i := 0; i < len(line); {
				r, w := utf8.DecodeRuneInString(line[i:])
				if r == utf8.RuneError && w == 1 {
					count++
				}
				i += w
			}
		}
		at += end + 1
	}
	return lines, count
}

// printable reports whether r is a character that text is made of.
func printable(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r == '\f' || r == 0xfeff || r == 0x3000 ||
		(unicode.IsPrint(r) && r != utf8.RuneError) || unicode.In(r, unicode.Cf, unicode.Zs)
}
