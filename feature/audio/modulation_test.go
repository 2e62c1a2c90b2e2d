package audio

import (
	"math"
	"testing"

	"github.com/fusor-ml/fusor/internal/dsp"
)

// TestModulationHearsTheBeat looks for a known modulation in its octave, a known beat in its range.
func TestModulationHearsTheBeat(t *testing.T) {
	tremolo := func(hz float64) []float32 {
		x, hiss := make([]float32, 48000), lcg(48000)
		for i := range x {
			x[i] = float32(0.2 * hiss[i] * math.Exp(math.Sin(2*math.Pi*hz*float64(i)/16000)))
		}
		return extract(t, Modulation{}, &dsp.Signal{Rate: 16000, Samples: x}).Values
	}
	for hz, octave := range map[float64]int{0.8: 0, 2: 1, 4: 2, 8: 3, 16: 4, 35: 5} {
		v := tremolo(hz)
		for band := range coarseBands {
			x := v[band*modulationOctaves:][:modulationOctaves]
			for o := range x {
				if o != octave && x[o] > x[octave]-0.5 {
					t.Errorf("%g Hz: octave %d of band %d has %.2f, octave %d %.2f", hz, o, band, x[o], octave, x[octave])
				}
			}
		}
		if octave < 4 { // the bands move as one
			for i, c := range v[coarseBands*modulationOctaves:][:bandPairs] {
				if c < 0.8 {
					t.Errorf("%g Hz: correlation %d is %.2f", hz, i, c)
				}
			}
		}
	}
	at := coarseBands*modulationOctaves + bandPairs + fineBands
	ticks := extract(t, Modulation{}, &dsp.Signal{Rate: 16000, Samples: made("ticks", 16000, 64000)}).Values[at:][:3]
	hiss := extract(t, Modulation{}, &dsp.Signal{Rate: 16000, Samples: made("hiss", 16000, 64000)}).Values[at:][:3]
	if ticks[1] < 0.7 || ticks[0] > 0.3 || hiss[1] > 0.3 { // 310 ms apart
		t.Errorf("ticks repeat by %.2f, hiss by %.2f", ticks, hiss)
	}
}
