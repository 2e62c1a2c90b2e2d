// Package textenc finds out in which encoding a text file is, and decodes it.
//
// UTF-8, UTF-16 and UTF-32 are known by their bytes. Text in an older encoding (GB18030,
// Windows-1252, Shift JIS, ...) is decoded in each of them, and the one that makes the most
// probable text is taken: letters by their frequency in the languages that the encoding is used
// for. Bytes that are no text are refused.
package textenc

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/japanese"
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
	GB18030 Encoding = "GB18030" // which holds GBK and GB 2312

	Big5        Encoding = "Big5"
	ISO2022JP   Encoding = "ISO-2022-JP"
	ShiftJIS    Encoding = "Shift_JIS"
	EUCJP       Encoding = "EUC-JP"
	EUCKR       Encoding = "EUC-KR"
	Windows1250 Encoding = "windows-1250"
	Windows1251 Encoding = "windows-1251"
	Windows1252 Encoding = "windows-1252" // which holds ISO 8859-1
	Windows1253 Encoding = "windows-1253"
	Windows1254 Encoding = "windows-1254"
	Windows1255 Encoding = "windows-1255"
	Windows1256 Encoding = "windows-1256"
	Windows1257 Encoding = "windows-1257"
	Windows874  Encoding = "windows-874"
	ISO88592    Encoding = "ISO-8859-2"
	ISO88595    Encoding = "ISO-8859-5"
	ISO88594    Encoding = "ISO-8859-4"
	ISO88596    Encoding = "ISO-8859-6"
	ISO88597    Encoding = "ISO-8859-7"
	ISO885913   Encoding = "ISO-8859-13"
	ISO885915   Encoding = "ISO-8859-15"
	KOI8R       Encoding = "KOI8-R"
	KOI8U       Encoding = "KOI8-U"
	MacRoman    Encoding = "macintosh"
	IBM850      Encoding = "IBM850"
	MacCyrillic Encoding = "x-mac-cyrillic"
	IBM437      Encoding = "IBM437"
	IBM852      Encoding = "IBM852"
	IBM866      Encoding = "IBM866"
)

// Report describes what was found.
type Report struct {
	Encoding Encoding
	Guessed  bool     // by the statistics of the text
	Rival    Encoding // another that is nearly as probable, if there is one
	BOM      bool     // a byte order mark stood first; it is not part of the text
	BadLines []int    // 1-based lines that hold bytes that are no characters (now U+FFFD), at most maxBadLines
	Bad      int      // how many such places there are
}

const maxBadLines = 20

// String returns the encoding for a person: "UTF-8 with byte order mark".
func (r Report) String() string {
	if r.BOM {
		return fmt.Sprintf("%s with byte order mark", r.Encoding)
	}
	return string(r.Encoding)
}

// ErrBinary is returned for bytes that are no text.
var ErrBinary = errors.New("not a text file (binary data)")

// ErrUnknown is returned for text in an encoding that cannot be found out.
var ErrUnknown = errors.New("text in an encoding that is not known")

// ErrName is returned for the name of an encoding that is not there.
var ErrName = errors.New("no such encoding")

// Decode turns the bytes of a whole file, held in a string, into UTF-8 and reports what they were.
// Text that is UTF-8 already is returned without a copy.
func Decode(s string) (string, Report, error) {
	return DecodeTo(s, "", nil)
}

// DecodeTo is Decode for text whose encoding is known by a name, as WHATWG and IANA have them
// (utf-8, latin1, windows-1251, gbk, ...; "" is none), and that need not fit into memory: what
// differs from s is read from a reader by hold, and is what that returns. If hold is nil it is held
// in memory.
func DecodeTo(s, name string, hold func(text io.Reader) (string, error)) (string, Report, error) {
	if name == "" {
		s = withoutPadding(s)
		r, err := detect(s, true)
		if err != nil {
			return "", r, err
		}
		return decodeAs(s, r, decoder(r.Encoding), hold)
	}
	enc, canonical, err := lookup(name)
	if err != nil {
		return "", Report{}, err
	}
	r := Report{Encoding: Encoding(canonical)}
	if found, ok := mark(s); ok && (found.Encoding == r.Encoding || found.Encoding == UTF8) {
		r = found
	}
	if r.Encoding == UTF8 {
		return decodeAs(s, r, nil, hold)
	}
	return decodeAs(s, r, enc.NewDecoder(), hold)
}

// lookup finds an encoding by its name, case and punctuation aside.
func lookup(name string) (encoding.Encoding, string, error) {
	for _, e := range []Encoding{UTF8, UTF16LE, UTF16BE, UTF32LE, UTF32BE, GB18030} {
		if plainName(name) == plainName(string(e)) {
			if e == UTF8 {
				return encoding.Nop, string(e), nil
			}
			return wide(e), string(e), nil
		}
	}
	for i := range legacies {
		if plainName(name) == plainName(string(legacies[i].name)) {
			return legacies[i].enc, string(legacies[i].name), nil
		}
	}
	clean := strings.ToLower(strings.TrimSpace(name))
	if digits, ok := strings.CutPrefix(plainName(name), "cp"); ok {
		if strings.HasPrefix(digits, "125") {
			clean = "windows-" + digits
		} else if digits == "936" {
			clean = "gbk"
		} else if digits == "932" {
			clean = "shift_jis"
		} else if digits == "949" {
			clean = "euc-kr"
		} else if digits == "950" {
			clean = "big5"
		}
	}
	if enc, err := htmlindex.Get(clean); err == nil {
		canonical, err := htmlindex.Name(enc)
		if err != nil {
			canonical = clean
		}
		return enc, canonical, nil
	}
	if enc, err := ianaindex.IANA.Encoding(clean); err == nil && enc != nil {
		return enc, clean, nil
	}
	return nil, "", fmt.Errorf("%q: %w", name, ErrName)
}

// plainName is a name's letters and digits.
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == ' ' || r == ':' {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// withoutPadding is s without what a block device, an interrupted copy or CP/M's text files leave
// behind the last line: NULs, or one end-of-file mark. In UTF-16 and UTF-32 NULs are half of a
// letter, so there it is s.
func withoutPadding(s string) string {
	end := strings.TrimRight(s, "\x00")
	if n := len(s) - len(end); n > 8 && strings.IndexByte(end, 0) < 0 {
		s = end
	}
	if end, ok := strings.CutSuffix(s, "\n\x1a"); ok {
		s = end + "\n"
	}
	return s
}

// decodeAs decodes s, without its mark, as r states.
func decodeAs(s string, r Report, d *encoding.Decoder, hold func(io.Reader) (string, error)) (string, Report, error) {
	var text string
	if r.Encoding == UTF8 {
		text = s
		for strings.HasPrefix(text, "\xef\xbb\xbf") { // some programs add one to another's
			text = text[3:]
		}
		if !utf8.ValidString(text) {
			r.BadLines, r.Bad = badLines(text)
			text = strings.ToValidUTF8(text, "\uFFFD")
		}
	} else {
		var err error
		if hold == nil {
			text, err = d.String(s)
		} else {
			text, err = hold(d.Reader(strings.NewReader(s)))
		}
		if err != nil {
			return "", r, fmt.Errorf("cannot decode %s: %w", r.Encoding, err)
		}
		text = strings.TrimLeft(text, "\ufeff")
		r.BadLines, r.Bad = replaced(text)
	}
	if control(text) {
		return "", r, ErrBinary
	}
	return text, r, nil
}

// decoder returns the decoder of an encoding; nil for UTF-8.
func decoder(e Encoding) *encoding.Decoder {
	if e == UTF8 {
		return nil
	}
	for i := range legacies {
		if legacies[i].name == e {
			return legacies[i].enc.NewDecoder()
		}
	}
	switch e {
	case ISO2022JP:
		return japanese.ISO2022JP.NewDecoder()
	case ISO885915:
		return charmap.ISO8859_15.NewDecoder()
	}
	return wide(e).NewDecoder()
}

// wide is a Unicode encoding other than UTF-8.
func wide(e Encoding) encoding.Encoding {
	switch e {
	case UTF16LE:
		return utf16enc.UTF16(utf16enc.LittleEndian, utf16enc.IgnoreBOM)
	case UTF16BE:
		return utf16enc.UTF16(utf16enc.BigEndian, utf16enc.IgnoreBOM)
	case UTF32LE:
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)
	case UTF32BE:
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)
	default:
		return simplifiedchinese.GB18030
	}
}

// replaced lists the lines with U+FFFD, which a decoder puts for what it cannot read.
func replaced(text string) (lines []int, count int) {
	if count = strings.Count(text, "\uFFFD"); count == 0 {
		return nil, 0
	}
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		if strings.Contains(line, "\uFFFD") {
			if lines = append(lines, number); len(lines) == maxBadLines {
				break
			}
		}
	}
	return lines, count
}

// control reports whether text holds so many control characters as no text file has.
func control(text string) bool {
	n := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
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
