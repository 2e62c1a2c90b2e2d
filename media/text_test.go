package media

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

func TestDecodeText(t *testing.T) {
	const want = "a,很快,😀\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(want))
	if err != nil {
		t.Fatal(err)
	}
	utf16 := func(e unicode.Endianness, bom unicode.BOMPolicy) []byte {
		b, err := unicode.UTF16(e, bom).NewEncoder().Bytes([]byte(want))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	f := func(data []byte, enc TextEncoding) {
		t.Helper()
		got, e, err := DecodeText(data)
		if err != nil || got != want || e != enc {
			t.Errorf("got %q, %s, %v; want %s", got, e, err, enc)
		}
	}
	f([]byte(want), UTF8)
	f([]byte("\xef\xbb\xbf"+want), UTF8)
	f(gb, GB18030)
	f(utf16(unicode.LittleEndian, unicode.UseBOM), UTF16LE)
	f(utf16(unicode.BigEndian, unicode.UseBOM), UTF16BE)
	f(utf16(unicode.LittleEndian, unicode.IgnoreBOM), UTF16LE)
	f(utf16(unicode.BigEndian, unicode.IgnoreBOM), UTF16BE)
}

// Files of texts are read in the encodings that tables are read in.
func TestDecodeOlderText(t *testing.T) {
	f := func(data, want string, enc TextEncoding) {
		t.Helper()
		got, e, err := DecodeText([]byte(data))
		if err != nil || got != want || e != enc {
			t.Errorf("got %q, %s, %v; want %q in %s", got, e, err, want, enc)
		}
	}
	f("Gr\xf6\xdfe tr\xe8s \xe9l\xe9gant", "Größe très élégant", "windows-1252")
	f("\x93Good\x94 \x96 for \xa35", "“Good” – for £5", "windows-1252")
	f("\x1b$B$H$F$bNI$$\x1b(B", "とても良い", "ISO-2022-JP")
	f("\xcf\xeb\xee\xf5\xee\xe5 \xea\xe0\xf7\xe5\xf1\xf2\xe2\xee", "Плохое качество", "windows-1251")
	f("\xba\xdc\xbf\xec", "很快", GB18030)
}

func TestDecodeTextRefuses(t *testing.T) {
	for _, in := range []string{"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "\xff\xd8\xff\xe0\x00\x10JFIF\x00", "a\x00\x01\x02\xffbc", "很快很快很快\xff\xff很快"} {
		if got, enc, err := DecodeText([]byte(in)); err == nil {
			t.Errorf("%q: got %q as %s", in, got, enc)
		}
	}
}

func TestLongTextIsCutAtARune(t *testing.T) {
	for _, one := range []string{"a", "é", "很", "😀"} {
		d := NewDocument(strings.Repeat(one, 10_000_000/len(one)))
		if !d.Cut || !utf8.ValidString(d.Text) || len(d.Text) > MaxTextBytes || len(d.Text) < MaxTextBytes-3 {
			t.Errorf("%s: %d bytes, cut %v", one, len(d.Text), d.Cut)
		}
	}
	if d := NewDocument(strings.Repeat("a", MaxTextBytes)); d.Cut {
		t.Error("a text of just the limit was cut")
	}
	_ = NewDocument(strings.Repeat("\x80", MaxTextBytes+9)) // no rune starts anywhere
}

func TestReadText(t *testing.T) {
	dir := t.TempDir()
	f := func(name string, data []byte, enc TextEncoding, cut bool) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := ReadText(t.Context(), File(path))
		if err != nil || d.Encoding != enc || d.Cut != cut || !utf8.ValidString(d.Text) {
			t.Errorf("%s: %d bytes, %s, cut %v, %v", name, len(d.Text), d.Encoding, d.Cut, err)
		}
	}
	f("short", []byte("很快"), UTF8, false)
	f("long", bytes.Repeat([]byte("很"), MaxTextBytes), UTF8, true)
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes(bytes.Repeat([]byte("a, 很快"), MaxTextBytes))
	if err != nil {
		t.Fatal(err)
	}
	f("long gb", gb, GB18030, true)
	if _, err := ReadText(t.Context(), File(filepath.Join(dir, "none"))); err == nil {
		t.Error("no error for a missing file")
	}
}

func FuzzDecodeText(f *testing.F) {
	f.Add([]byte("a,很快,😀\n"))
	f.Add([]byte("\xff\xfea\x00"))
	f.Add([]byte("\xba\xdc\xbf\xec"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, enc, err := DecodeText(data)
		if err != nil {
			return
		}
		if !utf8.ValidString(s) || enc == "" {
			t.Fatalf("%q as %q", s, enc)
		}
		_ = NewDocument(s)
	})
}
