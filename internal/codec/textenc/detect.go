package textenc

import (
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mark finds a byte order mark.
func mark(s string) (Report, bool) {
	for _, m := range []struct {
		mark string
		enc  Encoding
	}{
		{"\xef\xbb\xbf", UTF8},
		{"\xff\xfe\x00\x00", UTF32LE}, // before UTF-16LE, whose mark it starts with
		{"\x00\x00\xfe\xff", UTF32BE},
		{"\xff\xfe", UTF16LE},
		{"\xfe\xff", UTF16BE},
	} {
		if strings.HasPrefix(s, m.mark) {
			return Report{Encoding: m.enc, BOM: true}, true
		}
	}
	return Report{}, false
}

// detect finds the encoding of s, which is a whole file or its first bytes.
func detect(s string, whole bool) (Report, error) {
	if r, ok := mark(s); ok {
		return r, nil
	}
	if !whole {
		s = trimCut(s)
	}
	nuls := strings.Count(s, "\x00")
	if nuls == 0 && utf8.ValidString(s) {
		if isISO2022JP(s) {
			return Report{Encoding: ISO2022JP}, nil
		}
		return Report{Encoding: UTF8}, nil
	}
	if e, ok := looksUTF32(s); ok && (!whole || len(s)%4 == 0) {
		return Report{Encoding: e}, nil
	}
	if e, ok := looksUTF16(s); ok && (!whole || len(s)%2 == 0) {
		return Report{Encoding: e}, nil
	}
	if nuls > 8 || nuls*50 > len(s) || isBinary(s) {
		return Report{}, ErrBinary
	}
	if mostlyUTF8(s) {
		return Report{Encoding: UTF8}, nil
	}
	most := 0 // bytes of a character that the end of a head cuts
	if !whole {
		most = min(len(s)-1, 3)
	}
	for cut := range most + 1 {
		if best, rival, ok := guess(s[:len(s)-cut]); ok {
			return Report{Encoding: best, Rival: rival, Guessed: true}, nil
		}
	}
	return Report{}, ErrUnknown
}

// isBinary reports whether s holds more control characters than text does.
func isBinary(s string) bool {
	n := 0
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b {
			n++
		}
	}
	return n > 8 && n*200 > len(s)
}

// trimCut takes off a UTF-8 character that the end of a head cuts.
func trimCut(s string) string {
	for cut := 1; cut < utf8.UTFMax && cut <= len(s); cut++ {
		if c := s[len(s)-cut]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRuneInString(s[len(s)-cut:]) {
				return s[:len(s)-cut]
			}
			break
		}
	}
	return s
}

// isISO2022JP reports whether s, all of it ASCII, has the escapes by which Japanese mail changes to
// JIS X 0208 and back (RFC 1468).
func isISO2022JP(s string) bool {
	_, rest, found := strings.Cut(s, "\x1b$")
	if !found || rest == "" || rest[0] != 'B' && rest[0] != '@' || !ascii(s) {
		return false
	}
	return strings.Contains(rest, "\x1b(")
}

// looksUTF32 knows UTF-32 without a mark: every unit is a printable character.
func looksUTF32(s string) (Encoding, bool) {
	s = s[:len(s)&^3]
	if s == "" {
		return "", false
	}
	little, big := true, true
	for i := 0; i < len(s) && (little || big); i += 4 {
		le := uint32(s[i]) | uint32(s[i+1])<<8 | uint32(s[i+2])<<16 | uint32(s[i+3])<<24
		little = little && le <= unicode.MaxRune && printable(rune(le))
		be := bits.ReverseBytes32(le)
		big = big && be <= unicode.MaxRune && printable(rune(be))
	}
	if little {
		return UTF32LE, true
	}
	return UTF32BE, big
}

// looksUTF16 knows UTF-16 without a mark by its commas, quotes and line ends: in the right byte
// order these are single units, and every unit is a printable character.
func looksUTF16(s string) (Encoding, bool) {
	s = s[:len(s)&^1]
	if len(s) < 4 {
		return "", false
	}
	best, bestASCII := Encoding(""), 0
	for _, e := range []Encoding{UTF16LE, UTF16BE} {
		low, high := 0, 1
		if e == UTF16BE {
			low, high = 1, 0
		}
		ascii, bad, surrogate := 0, 0, 0
		for i := 0; i < len(s); i += 2 {
			u := rune(s[i+low]) | rune(s[i+high])<<8
			switch {
			case u>>10 == 0x36: // high surrogate
				surrogate++
			case u>>10 == 0x37:
				surrogate--
			case !printable(u):
				bad++
			case u < 0x80:
				ascii++
			}
			if surrogate < 0 || surrogate > 1 {
				bad++
				surrogate = 0
			}
		}
		if units := len(s) / 2; bad == 0 && ascii > bestASCII && ascii*50 >= units {
			best, bestASCII = e, ascii
		}
	}
	return best, bestASCII > 0
}

// mostlyUTF8 reports whether the characters beyond ASCII are UTF-8 with few exceptions: a damaged
// UTF-8 file, not one in another encoding.
func mostlyUTF8(s string) bool {
	good, bad := 0, 0
	for i := 0; i < len(s); {
		r, w := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && w == 1:
			bad++
		case w > 2: // which hardly any other encoding makes
			good += 5
		case w > 1:
			good++
		}
		i += w
	}
	return good >= 3*bad
}
