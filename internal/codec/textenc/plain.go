package textenc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf8"
)

// Plain reads r to its end and reports whether it is UTF-8 that [Decode] returns as it is, without
// a byte order mark, control characters or a carriage return that ends a line alone: most files
// are, and need not be held to find that out.
func Plain(r io.Reader) (bool, error) {
	buf := make([]byte, 0, 1<<20)
	last := byte(0)
	for first := true; ; first = false {
		n, err := io.ReadFull(r, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		end := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !end {
			return false, err
		}
		whole := len(buf)
		if !end {
			whole = len(trimCut(string(buf[max(0, len(buf)-utf8.UTFMax):]))) + max(0, len(buf)-utf8.UTFMax)
		}
		if first && bytes.HasPrefix(buf, []byte("\xef\xbb\xbf")) || !plain(last, buf[:whole]) || !utf8.Valid(buf[:whole]) {
			return false, nil
		}
		if whole > 0 {
			last = buf[whole-1]
		}
		if end {
			return last != '\r', nil
		}
		buf = buf[:copy(buf, buf[whole:])]
	}
}

// plain reports whether b, which comes behind last, has no control characters but those that lay
// out text.
func plain(last byte, b []byte) bool {
	for i := 0; i < len(b); i++ {
		// Most eight bytes have none of them.
		for last != '\r' && len(b)-i >= 8 && !hasControl(binary.LittleEndian.Uint64(b[i:])) {
			i += 8
			last = b[i-1]
		}
		if i == len(b) {
			break
		}
		c := b[i]
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f || last == '\r' && c != '\n' {
			return false
		}
		last = c
	}
	return true
}

// hasControl reports whether one of eight bytes is a control character of ASCII: a byte below 0x20
// borrows from its highest bit when that is taken off it, and so does 0x7f once it is made 0.
func hasControl(x uint64) bool {
	const each, high = 0x0101010101010101, 0x8080808080808080
	del := x ^ each*0x7f
	return ((x-each*' ')&^x|(del-each)&^del)&high != 0
}
