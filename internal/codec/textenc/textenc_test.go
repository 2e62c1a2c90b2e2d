package textenc

import (
	"errors"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	utf16enc "golang.org/x/text/encoding/unicode"
)

const sample = "id,label,text\n1,好,很快，好吃，味道足，量大\n2,差,\"送餐太慢了，\n等了两个小时\"\n"

// encode encodes text with a named encoding.
func encode(t testing.TB, e Encoding, text string) string {
	t.Helper()
	var out string
	var err error
	switch e {
	case UTF8:
		out = text
	case UTF16LE:
		out, err = utf16enc.UTF16(utf16enc.LittleEndian, utf16enc.IgnoreBOM).NewEncoder().String(text)
	case UTF16BE:
		out, err = utf16enc.UTF16(utf16enc.BigEndian, utf16enc.IgnoreBOM).NewEncoder().String(text)
	default:
		out, err = simplifiedchinese.GB18030.NewEncoder().String(text)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestDecode(t *testing.T) {
	f := func(e Encoding, mark, text string) {
		t.Helper()
		data := mark + encode(t, e, text)
		got, r, err := Decode(data)
		if err != nil {
			t.Errorf("%s: %v", e, err)
			return
		}
		if got != text || r.Encoding != e || r.BOM != (mark != "") {
			t.Errorf("%s: found %v, text %q", e, r, got)
		}
		stream, r, err := NewReader(strings.NewReader(data))
		if err != nil {
			t.Errorf("%s: %v", e, err)
			return
		}
		all, err := io.ReadAll(stream)
		if err != nil || string(all) != text || r.Encoding != e {
			t.Errorf("%s as a stream: found %v, text %q, %v", e, r, all, err)
		}
	}
	english := "id,label,text\n1,a,It's fine\n"
	for _, text := range []string{sample, english, "a,b\n1,2\n"} {
		f(UTF8, "", text)
		f(UTF8, "\xef\xbb\xbf", text)
		f(UTF16LE, "\xff\xfe", text)
		f(UTF16BE, "\xfe\xff", text)
		f(UTF16LE, "", text)
		f(UTF16BE, "", text)
	}
	f(GB18030, "", sample)
	f(GB18030, "", "标签,文本\n正,好\n")
	f(GB18030, "", "id,text\n1,\U00020000 生僻字\n") // four bytes
	f(UTF8, "", "")
	f(UTF8, "", "smile 😀 and é\n")
	f(UTF16LE, "\xff\xfe", "smile 😀\n")
}

// A stream is judged by what its first read yields, wherever that ends.
func TestNewReaderOfCutHeads(t *testing.T) {
	for _, text := range []string{strings.Repeat("中文字符，很多。", 20), strings.Repeat("\U00020000生僻字", 20)} {
		for _, e := range []Encoding{UTF8, GB18030} {
			data := encode(t, e, text)
			for n := 40; n < 60; n++ {
				r, report, err := NewReader(io.MultiReader(strings.NewReader(data[:n]), strings.NewReader(data[n:])))
				if err != nil || report.Encoding != e {
					t.Errorf("%s cut at %d: found %v, %v", e, n, report, err)
					continue
				}
				if got, err := io.ReadAll(r); err != nil || string(got) != text {
					t.Errorf("%s cut at %d: %v, text %.40q", e, n, err, got)
				}
			}
		}
	}
}

func TestDecodeDamagedUTF8(t *testing.T) {
	data := strings.Repeat(sample, 3) + "3,好,caf\xe9\n"
	text, r, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	want := Report{Encoding: UTF8, BadLines: []int{13}, Bad: 1}
	if !reflect.DeepEqual(r, want) || !strings.HasSuffix(text, "caf\uFFFD\n") {
		t.Errorf("found %+v, text ends %q", r, text[len(text)-10:])
	}
}

func TestDecodeRefuses(t *testing.T) {
	f := func(data string, want error) {
		t.Helper()
		if text, r, err := Decode(data); !errors.Is(err, want) {
			t.Errorf("found %v, text %.40q, error %v; want %v", r, text, err, want)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 5000)
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	f(string(noise), ErrBinary)
	f("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", ErrBinary)
	f("id,label\n1,a\x00b\n", ErrBinary)
}

func TestReportString(t *testing.T) {
	if got := (Report{Encoding: UTF8, BOM: true}).String(); got != "UTF-8 with byte order mark" {
		t.Error(got)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(sample)
	f.Add(encode(f, GB18030, sample))
	f.Add(encode(f, UTF16LE, sample))
	f.Add("\xff\xfea\x00")
	f.Fuzz(func(t *testing.T, data string) {
		text, r, err := Decode(data)
		if err != nil {
			return
		}
		if !utf8.ValidString(text) {
			t.Fatalf("%v: %q", r, text)
		}
		if r.Encoding == UTF8 && !r.BOM && r.Bad == 0 && text != data {
			t.Fatal("UTF-8 was changed")
		}
	})
}
