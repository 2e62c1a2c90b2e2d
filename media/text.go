package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/fusor-ml/fusor/internal/codec/textenc"
)

// MaxTextBytes bounds the text of one cell, in bytes of UTF-8: about 40,000
// English words or 87,000 Chinese characters. What follows is cut off and flagged.
const MaxTextBytes = 1 << 18

// TextEncoding names how the bytes of a text were encoded.
type TextEncoding string

// Usual encodings; there are others.
const (
	UTF8    TextEncoding = "UTF-8"
	UTF16LE TextEncoding = "UTF-16LE"
	UTF16BE TextEncoding = "UTF-16BE"
	GB18030 TextEncoding = "GB18030"
)

// ErrNotText is wrapped where bytes are no text in any recognized encoding.
var ErrNotText = errors.New("not a text file in any encoding that is known")

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
	// UTF-16 takes up to twice the bytes of UTF-8. A character more shows that there is more.
	data, err := io.ReadAll(io.LimitReader(r, 2*MaxTextBytes+4))
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

// DecodeText turns bytes into a string, in whatever encoding they look to be: UTF-8, UTF-16, UTF-32
// or an older one such as GB18030, Shift_JIS and Windows-1252.
func DecodeText(data []byte) (string, TextEncoding, error) { return decodeText(data, false) }

// decodeText decodes a text, of which the end may be cut off within a character.
func decodeText(data []byte, cut bool) (string, TextEncoding, error) {
	text, r, err := textenc.Decode(string(data))
	if err != nil {
		return "", "", fmt.Errorf("%w: %w", ErrNotText, err)
	}
	if whole, ok := strings.CutSuffix(text, "\uFFFD"); ok && cut {
		text = whole
		r.Bad--
	}
	if r.Bad > 0 {
		return "", "", fmt.Errorf("%w: as %s it is damaged", ErrNotText, r.Encoding)
	}
	return text, TextEncoding(r.Encoding), nil
}
