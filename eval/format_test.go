package eval

import (
	"math"
	"testing"
)

func TestFormatNumber(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0.000", 1: "1.000", -0.4126: "−0.413", 0.00012345: "0.0001234", 2e-7: "2e−7", 1e-12: "0.000", 99.9996: "100.0", 123.456: "123.5", -12345.6: "−12346",
		91847090.081: "9.185e7", 722654947.152: "7.227e8", -5486882851.27: "−5.487e9", 1.5e120: "1.500e120", math.Inf(1): "–",
	} {
		if got := FormatNumber(v); got != want {
			t.Errorf("%g: %s, want %s", v, got, want)
		}
	}
}

// Large errors are written with as many digits as can be read.
func TestVerdictOfLargeNumbers(t *testing.T) {
	v := Verdict{Metric: "mae", BestFusion: "mean", BestSingle: "x", FusionScore: 91847090.081, SingleScore: 722654947.152, Difference: 630807857.07, Low: -12.3456, High: 7e8, Finding: NotShown, PValue: 0.2}
	const want = "Not shown that fusion helps: mean reaches 9.185e7 MAE against 7.227e8 for x, the best single view (difference +6.308e8, interval −12.346 to +7.000e8, p\u00a0=\u00a00.20; above zero fusion is better)."
	if got := v.Sentence("en"); got != want {
		t.Errorf("%s", got)
	}
}
