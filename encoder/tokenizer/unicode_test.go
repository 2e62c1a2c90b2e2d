package tokenizer

import (
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fnv is FNV-1a of 64 bits.
func fnv(h uint64, b ...byte) uint64 {
	for _, c := range b {
		h = (h ^ uint64(c)) * 0x100000001b3
	}
	return h
}

const fnvStart = 0xcbf29ce484222325

// scalars calls f for every character.
func scalars(f func(r rune)) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if r < 0xd800 || r >= 0xe000 {
			f(r)
		}
	}
}

// The numbers and hashes were computed with version 0.23.3 of the tokenizers library, from what
// its parts make of each character.
func TestClassesAgree(t *testing.T) {
	for _, c := range []struct {
		name  string
		class class
		count int
		hash  uint64
	}{
		{"space", space, 25, 0x7db14e6e1f1a2f5},
		{"control", control, 137681, 0x1f16de9e1ee9720a},
		{"nonspacing", nonspacing, 1567, 0xbb1b649f88147b1f},
		{"mark", mark, 2097, 0xe90447decf2e1c5},
		{"punctuation", punctuation, 726, 0x44cc3f6f89dbdb6f},
		{"numeric", numeric, 1924, 0xa1b06be6929373bb},
		{"letter", letter, 141028, 0xf41bf72239455b4f},
		{"number", number, 1911, 0xd15586ee8a145a41},
		{"word", word, 144667, 0x156e6c7c1c2c0c26},
		{"chinese", chinese, 81264, 0xfad0dd5e60c3e685},
		{"cased", cased, 1488, 0x2d0cc78edcc0b211},
		{"composed", composed, 13232, 0xbf8e181f297d073a},
	} {
		count, hash := 0, uint64(fnvStart)
		scalars(func(r rune) {
			if classOf(r)&c.class != 0 {
				count++
				hash = fnv(hash, byte(r), byte(r>>8), byte(r>>16), 0)
			}
		})
		if count != c.count || hash != c.hash {
			t.Errorf("%s: %d characters with the hash %#x, want %d with %#x", c.name, count, hash, c.count, c.hash)
		}
	}
}

func TestMapsAgree(t *testing.T) {
	for _, c := range []struct {
		name  string
		n     normalizer
		count int
		hash  uint64
	}{
		{"lower case", lowercase{}, 1488, 0x7d95ea57f017a7fc},
		{"NFD", unicodeForm(norm.NFD), 13232, 0xe2da79875347387b},
		{"NFC", unicodeForm(norm.NFC), 1120, 0xecc7351d320e0629},
		{"NFKC", unicodeForm(norm.NFKC), 4794, 0x5dc8c74a44401dbf},
		{"NFKD", unicodeForm(norm.NFKD), 16894, 0xc91a84ad8af1975c},
		{"BERT's accents", bertNormalizer{strip: true}, 14781, 0x6e8d7b8b6b6ca163},
	} {
		count, hash := 0, uint64(fnvStart)
		scalars(func(r rune) {
			s := string(r)
			if to := c.n.normalize(s); to != s {
				count++
				hash = fnv(hash, []byte(s+to)...)
			}
		})
		if count != c.count || hash != c.hash {
			t.Errorf("%s: %d characters change, with the hash %#x, want %d with %#x", c.name, count, hash, c.count, c.hash)
		}
	}
}

// Runs of marks that x/text would break up are composed by the algorithm as it is written.
func TestLongRunsOfMarks(t *testing.T) {
	marks := []rune("\u0301\u0323\u0307\u0300\u031b")
	for _, f := range []norm.Form{norm.NFC, norm.NFD, norm.NFKC, norm.NFKD} {
		for _, start := range []string{"a", "e", "가", "ᄀ", "ﬁ", "\u0344", ""} {
			s := start
			for i := range 20 {
				s += string(marks[i*i%len(marks)])
			}
			s += "x" + start
			if got, want := slowForm(f, s), f.String(s); got != want {
				t.Errorf("form %d of %+q: %+q, want %+q", f, s, got, want)
			}
		}
	}
}
