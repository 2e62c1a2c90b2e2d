package nlp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
	"github.com/twmb/murmur3"
	"pgregory.net/rapid"
)

func TestNormalize(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := string(Normalize(nil, in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	f("plain\ttext\r\n", "plain text \n")
	f("ＡＢＣ１２３，！", "ABC123,!")
	f("ﬁne cafe\u0301", "fine café")
	f("…①℃", "...1°C")
	f("a\u200bb\ufeffc\u00add", "abcd")
	f("bad\xff\xfebytes", "bad  bytes")
	f("很快。", "很快。")
	f("👨‍👩‍👧", "👨‍👩‍👧")
	if got := string(Normalize([]byte("Ａ"), "Ｂ")); got != "ＡB" {
		t.Errorf("what was there changed: %q", got)
	}
}

func TestLower(t *testing.T) {
	if got := string(Lower(nil, []byte("ABC Straße ÄΩЖ 很 ı"))); got != "abc straße äωж 很 ı" {
		t.Errorf("%q", got)
	}
}

// tokens writes the tokens of a text as kind:token.
func tokens(s string) string {
	names := [...]string{"w", "n", "c", "p", "e", "u", "m", "h"}
	text := Normalize(nil, s)
	var out []string
	for _, t := range Tokenize(nil, text) {
		out = append(out, names[t.Kind]+":"+string(text[t.Start:t.End]))
	}
	return strings.Join(out, " ")
}

func TestTokenize(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := tokens(in); got != want {
			t.Errorf("%q:\n got %s\nwant %s", in, got, want)
		}
	}
	f("I don't care, e.g. 3.14 or 1,000!!", "w:I w:don't w:care p:, w:e.g p:. n:3.14 w:or n:1,000 p:!!")
	f("naïve café_1 x-ray", "w:naïve w:café_1 w:x p:- w:ray")
	f("很快，好吃。OK吗？", "c:很 c:快 p:, c:好 c:吃 p:。 w:OK c:吗 p:?")
	f("ラーメンを食べた", "c:ラーメン c:を c:食 c:べ c:た")
	f("한국어 문장", "w:한국어 w:문장")
	f("Привет, мир", "w:Привет p:, w:мир")
	f("see http://t.co/abc?x=1, www.a.cn。", "w:see u:http://t.co/abc?x=1 p:, u:www.a.cn p:。")
	f("看http://t.cn/x吧", "c:看 u:http://t.cn/x c:吧")
	f("@bob: hi #Sale #很好 a@b.com c#", "m:@bob p:: w:hi h:#Sale p:# c:很 c:好 w:a p:@ w:b.com w:c p:#")
	f("😀👍🏽 🇨🇳 👨‍👩‍👧 ❤️", "e:😀 e:👍🏽 e:🇨🇳 e:👨‍👩‍👧 e:❤")
	f("nice :) ;-( :D <3 ratio:5 (a)", "w:nice e::) e:;-( e::D e:<3 w:ratio p:: n:5 p:( w:a p:)")
	f("http:// http", "w:http p:: p:// w:http")
	f("2nd 5'8\"", "n:2nd n:5'8 p:\"")
	f("", "")
	f(" \n\t", "")
}

// On letters, digits and the marks that may stand inside words, words end where
// the full rules of UAX #29 say.
func TestWordsFollowUAX29(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOf(rapid.SampledFrom([]byte("abAB01_'.,:; -"))).Draw(t, "text")
		var want []string
		for it := words.FromBytes(text); it.Next(); {
			if isAlnum(it.Value()[0]) {
				want = append(want, string(it.Value()))
			}
		}
		var got []string
		for _, tok := range Tokenize(nil, text) {
			if tok.Kind == Word || tok.Kind == Number {
				got = append(got, string(text[tok.Start:tok.End]))
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%q: %q, want %q", text, got, want)
		}
	})
}

func TestPlainWords(t *testing.T) {
	text := []byte("a bb don't 3 42 x_y 很快，éé")
	var got []string
	for _, w := range PlainWords(nil, text) {
		got = append(got, string(text[w.Start:w.End]))
	}
	if want := []string{"bb", "don", "42", "x_y", "很快", "éé"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestLanguage(t *testing.T) {
	for in, want := range map[string]string{
		"hello": "en", "味道好": "zh", "iPhone 很好用": "zh", "ラーメンを食べた": "ja", "私は学生です": "ja", "한국어": "ko",
		"привет": "ru", "γεια": "el", "שלום": "he", "مرحبا": "ar", "สวัสดี": "th", "नमस्ते": "hi", "123 !!": "und", "": "und",
	} {
		if p := ProfileOf([]byte(in)); p.Language() != want {
			t.Errorf("%q: %s, want %s", in, p.Language(), want)
		}
	}
	for s := range Scripts {
		if s.String() == "" {
			t.Errorf("script %d has no name", s)
		}
	}
}

func TestHashes(t *testing.T) {
	// From the reference implementation (smhasher): seed and text.
	for _, c := range []struct {
		seed uint32
		text string
		want uint32
	}{{0, "", 0}, {1, "", 0x514e28b7}, {0, "hello", 0x248bfa47}, {0, "hello, world", 0x149bbb7f}, {0x9747b28c, "aaaa", 0x5a97808a}} {
		if got := Hash(c.seed, []byte(c.text)); got != c.want {
			t.Errorf("%q with seed %#x: %#x, want %#x", c.text, c.seed, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		runes, seed := rapid.SliceOf(rapid.Rune()).Draw(t, "runes"), rapid.Uint32().Draw(t, "seed")
		h := NewGramHash(seed)
		var utf32 []byte
		for _, r := range runes {
			h = h.Add(r)
			utf32 = binary.LittleEndian.AppendUint32(utf32, uint32(r))
		}
		if want := murmur3.SeedSum32(seed, utf32); h.Sum() != want {
			t.Fatalf("%q: %#x, want %#x", runes, h.Sum(), want)
		}
	})
	f := func(h uint32, n, bucket int, sign float32) {
		t.Helper()
		if b, s := Bucket(h, n); b != bucket || s != sign {
			t.Errorf("%#x: bucket %d, sign %g; want %d, %g", h, b, s, bucket, sign)
		}
	}
	f(17, 10, 7, 1)
	f(math.MaxUint32-16, 10, 7, -1) // -17
	f(1<<31, 10, 8, -1)             // the one number without a magnitude
}

func TestCounter(t *testing.T) {
	var c Counter
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SliceOfN(rapid.OneOf(rapid.Uint32(), rapid.Uint32Range(0, 20)), 0, 2000).Draw(t, "features")
		want := map[uint32]float32{}
		c.Reset()
		for _, h := range in {
			c.Add(h)
			want[h]++
		}
		index, counts := c.Counts()
		if len(index) != len(want) || !slices.IsSorted(index) {
			t.Fatalf("%d features of %d", len(index), len(want))
		}
		for i, h := range index {
			if counts[i] != want[h] {
				t.Fatalf("%d counted %g times, want %g", h, counts[i], want[h])
			}
		}
		if d := c.Distinct(); !slices.Equal(d, index) {
			t.Fatal("Distinct differs")
		}
	})
}

func TestDocFreqAndVocabulary(t *testing.T) {
	var d DocFreq
	for doc := range 100 {
		var index []uint32
		for h := range uint32(1000) {
			if h == 0 || doc%int(h) == 0 {
				index = append(index, h*0x01000193)
			}
		}
		d.Add(index)
	}
	if d.Of(2*0x01000193) != 50 || d.Of(12345) != 0 || d.Docs != 100 {
		t.Errorf("%d and %d of %d texts", d.Of(2*0x01000193), d.Of(12345), d.Docs)
	}
	top := d.Select(0, math.MaxUint32, 2, 3)
	want := []uint32{0, 0x01000193, 2 * 0x01000193}
	if !slices.Equal(top, want) {
		t.Errorf("top three %x, want %x", top, want)
	}
	all := d.Select(0, math.MaxUint32, 2, 0)
	v, err := NewVocabulary(all)
	if err != nil {
		t.Fatal(err)
	}
	for i, h := range all {
		if v.Find(h) != i {
			t.Fatalf("%x is at %d, want %d", h, v.Find(h), i)
		}
	}
	if v.Find(1) != -1 || v.Len() != len(all) {
		t.Error("found what is not there")
	}
	if _, err := NewVocabulary([]uint32{2, 1}); err == nil {
		t.Error("an unsorted vocabulary was taken")
	}
}

// Past its bound, DocFreq forgets what occurred once and keeps the rest.
func TestDocFreqIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("counts eight million features")
	}
	var d DocFreq
	index := make([]uint32, 1000)
	for doc := range uint32(8000) {
		for i := range index {
			index[i] = (doc*1000+uint32(i))*2 + 1
		}
		index[0] = 0
		d.Add(index)
	}
	if d.used > maxDistinct+2000 || len(d.keys) > 1<<23 {
		t.Errorf("%d features in %d slots", d.used, len(d.keys))
	}
	if d.Of(0) != 8000 {
		t.Errorf("the frequent feature counts %d", d.Of(0))
	}
}

func TestFunctionWordsAreDistinct(t *testing.T) {
	for name, list := range map[string][]string{"English": EnglishFunctionWords, "Chinese": ChineseFunctionCharacters} {
		seen := map[string]bool{}
		for _, w := range list {
			if seen[w] || name == "Chinese" && utf8.RuneCountInString(w) != 1 {
				t.Errorf("%s: %q", name, w)
			}
			seen[w] = true
		}
	}
	seen := map[rune]bool{}
	for _, r := range PunctuationMarks {
		if seen[r] || string(Normalize(nil, string(r))) != string(r) {
			t.Errorf("mark %q", r)
		}
		seen[r] = true
	}
}

func FuzzTokenize(f *testing.F) {
	for _, s := range []string{"I don't care 3.14", "很快，好吃", "http://a.b/c @x #y :)", "👨‍👩‍👧\u200d\u0301", "\xff\xfe", "ﷺ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := Normalize(nil, s)
		if !utf8.Valid(text) {
			t.Fatalf("%q became %q", s, text)
		}
		lower := Lower(nil, text)
		for _, b := range [][]byte{text, lower} {
			last := uint32(0)
			for _, tok := range Tokenize(nil, b) {
				if tok.Start < last || tok.End <= tok.Start || int(tok.End) > len(b) || !utf8.Valid(b[tok.Start:tok.End]) {
					t.Fatalf("%q: token %v after %d", b, tok, last)
				}
				if len(bytes.TrimSpace(b[last:tok.Start])) > 0 && isASCII(string(b[last:tok.Start])) {
					t.Fatalf("%q: %q was skipped", b, b[last:tok.Start])
				}
				last = tok.End
			}
			for _, tok := range PlainWords(nil, b) {
				if utf8.RuneCount(b[tok.Start:tok.End]) < 2 {
					t.Fatalf("%q: word %q", b, b[tok.Start:tok.End])
				}
			}
		}
		_ = fmt.Sprint(ProfileOf(text))
	})
}
