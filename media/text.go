package media

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// MaxTextBytes bounds the text of one cell, in bytes of UTF-8: about 40,000
// English words or 87,000 Chinese characters. What follows is cut off and flagged.
const MaxTextBytes = 1 << 18

// TextEncoding names how the bytes of a text were encoded.
type TextEncoding string

// The encodings that are recognized.
const (
	UTF8    TextEncoding = "UTF-8"
	UTF16LE TextEncoding = "UTF-16LE"
	UTF16BE TextEncoding = "UTF-16BE"
	GB18030 TextEncoding = "GB18030"
)

// ErrNotText is wrapped where bytes are no text in any recognized encoding.
var ErrNotText = errors.New("not a text file in UTF-8, UTF-16 or GB18030")

// Document is the text of one cell.
type Document struct {
	Text     string // valid UTF-8, at most MaxTextBytes
	Encoding TextEncoding
	Cut      bool // the cell was longer than MaxTextBytes
}

// NewDocument makes a document of a string that is UTF-8 already, bytes that are not UTF-8 aside.
func NewDocument(s string) Document {
	d := Document{Text: s, Encoding: UTF8}
	if len(s) > MaxTextBytes {
		d.Text, d.Cut = s[:runeStart(s, MaxTextBytes)], true
	}
	return d
}

// runeStart returns the last start of a rune at or before n.
func runeStart(s string, n int) int {
	for i := n; i > n-utf8.UTFMax && i > 0; i-- {
		if utf8.RuneStart(s[i]) {
			return i
		}
	}
	return n
}

// ReadText reads a text as a document, at most as much of it as a document can hold.
func ReadText(ctx context.Context, src Source) (Document, error) {
	r, err := Open(ctx, src)
	if err != nil {
		return Document{}, fmt.Errorf("cannot read the text: %w", err)
	}
	defer r.Close() //nolint:errcheck // it was only read
	// UTF-16 takes up to twice the bytes of UTF-8. One byte more shows that there is more.
	data, err := io.ReadAll(io.LimitReader(r, 2*MaxTextBytes+2))
	if err != nil {
		return Document{}, fmt.Errorf("cannot read the text: %w", err)
	}
	cut := len(data) > 2*MaxTextBytes
	text, enc, err := decodeText(data, cut)
	if err != nil {
		return Document{}, fmt.Errorf("cannot read %s: %w", src.Name(), err)
	}
	d := NewDocument(text)
	d.Encoding, d.Cut = enc, d.Cut || cut
	return d, nil
}

// DecodeText turns bytes into a string. A byte-order mark decides; without one,
// UTF-16 is told by its zero bytes, then whatever is valid UTF-8 is UTF-8, and
// what is not must be valid GB18030 (which holds GBK and GB2312).
func DecodeText(data []byte) (string, TextEncoding, error) { return decodeText(data, false) }

func decodeText(data []byte, cut bool) (string, TextEncoding, error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		data = data[3:]
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return decodeUTF16(data[2:], binary.LittleEndian, UTF16LE)
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return decodeUTF16(data[2:], binary.BigEndian, UTF16BE)
	}
	if order, enc := guessUTF16(data); order != nil {
		if text, _, err := decodeUTF16(data, order, enc); err == nil && !strings.ContainsAny(text, "\x00\ufffd") {
			return text, enc, nil
		}
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return "", "", fmt.Errorf("%w (it holds zero bytes)", ErrNotText)
	}
	whole := data
	if cut {
		whole = wholeRunes(data)
	}
	if utf8.Valid(whole) {
		return string(whole), UTF8, nil
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
	if cut { // the last character may be half there
		text = bytes.TrimSuffix(text, []byte("\ufffd"))
	}
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		return "", "", ErrNotText
	}
	return string(text), GB18030, nil
}

// wholeRunes drops an incomplete rune at the end.
func wholeRunes(data []byte) []byte {
	for i := len(data) - 1; i >= 0 && i >= len(data)-utf8.UTFMax; i-- {
		if utf8.RuneStart(data[i]) {
			if !utf8.FullRune(data[i:]) {
				return data[:i]
			}
			break
		}
	}
	return data
}

// guessUTF16 looks for the zero bytes that ASCII characters and line ends leave
// at every other place of UTF-16; order is nil if it is none.
func guessUTF16(data []byte) (binary.ByteOrder, TextEncoding) {
	if len(data) < 4 || len(data)%2 != 0 {
		return nil, ""
	}
	var zeros [2]int
	head := data[:min(len(data), 4096)]
	for i, b := range head {
		if b == 0 {
			zeros[i%2]++
		}
	}
	switch {
	case zeros[0]*3 < zeros[1] && zeros[1]*10 > len(head):
		return binary.LittleEndian, UTF16LE
	case zeros[1]*3 < zeros[0] && zeros[0]*10 > len(head):
		return binary.BigEndian, UTF16BE
	}
	return nil, ""
}

func decodeUTF16(data []byte, order binary.ByteOrder, enc TextEncoding) (string, TextEncoding, error) {
	if len(data)%2 != 0 {
		return "", "", fmt.Errorf("%w (UTF-16 with an odd number of bytes)", ErrNotText)
	}
	out := make([]byte, 0, len(data))
	for i := 0; i < len(data); i += 2 {
		r := rune(order.Uint16(data[i:]))
		if utf16.IsSurrogate(r) && i+4 <= len(data) {
			if pair := utf16.DecodeRune(r, rune(order.Uint16(data[i+2:]))); pair != utf8.RuneError {
				r, i = pair, i+2
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return string(out), enc, nil
}
