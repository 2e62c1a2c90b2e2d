package dataset

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

// Plain numbers are those of a regular expression, whatever stands at whichever place.
func TestPlain(t *testing.T) {
	plain := regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)$`)
	for _, s := range []string{"", "-", ".", "-.", "5.", ".5", "1.2.3", "12345678", "1234567/", "1234567:", "-0.1234567890123456", "12345678.12345678", "１２３"} {
		if isPlain(s) != plain.MatchString(s) {
			t.Errorf("%q is plain: %t", s, isPlain(s))
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		b := rapid.SliceOfN(rapid.SampledFrom([]byte("01234567890123456789.")), 1, 40).Draw(rt, "digits")
		for range rapid.IntRange(0, 2).Draw(rt, "others") {
			b[rapid.IntRange(0, len(b)-1).Draw(rt, "place")] = rapid.Byte().Draw(rt, "byte")
		}
		if s := string(b); isPlain(s) != plain.MatchString(s) {
			rt.Errorf("%q is plain: %t", s, isPlain(s))
		}
	})
}
