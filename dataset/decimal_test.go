package dataset

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

// A short number is the very one that the standard library reads, whatever its digits.
func TestShortDecimal(t *testing.T) {
	same := func(s string, must bool) {
		t.Helper()
		got, ok := shortDecimal(s)
		want, err := strconv.ParseFloat(s, 64)
		if ok && (err != nil || math.Float64bits(got) != math.Float64bits(want)) {
			t.Errorf("%q is %v, want %v, %v", s, got, want, err)
		}
		if must && !ok {
			t.Errorf("%q is not read", s)
		}
	}
	for _, s := range []string{"0", "-0", "1", "-1.5", ".5", "5.", "0.1", "00012.50", "9007199254740991", "0.0000000000000000", "-0.0", "123456.789"} {
		same(s, true)
	}
	for _, s := range []string{"", "-", ".", "-.", "+1", "1e5", "1..2", "1.2.3", "--1", "1-2", " 1", "1 ", "1_0", "0x10", "inf", "nan", "٣", "9007199254740992", "9007199254740993", "99999999999999999999", "18446744073709551616", "18446744073709551617", "0.12345678901234567890", "1.0000000000000000000"} {
		same(s, false)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for range 200_000 {
		x := rng.NormFloat64() * math.Pow(10, float64(rng.IntN(12)-6))
		same(strconv.FormatFloat(x, 'f', rng.IntN(18), 64), false)
		same(strconv.FormatFloat(x, 'f', -1, 64), false)
		b := make([]byte, 1+rng.IntN(22))
		for i := range b {
			b[i] = "0123456789.-"[rng.IntN(12)]
		}
		same(string(b), false)
	}
}
