package termtext

import (
	"math"
	"testing"
)

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0.000", 1: "1.000", -0.4126: "−0.413", 0.00012345: "0.00012", 2e-7: "2e−7", 1e-12: "0.000", 99.9996: "100.0", 123.456: "123.5", -12345.6: "−12346",
		91847090.081: "9.185e7", 722654947.152: "7.227e8", -5486882851.27: "−5.487e9", 1.5e120: "1.500e120", math.Inf(1): "–",
	} {
		if got := Number(v); got != want {
			t.Errorf("%g: %s, want %s", v, got, want)
		}
	}
}
