package audio

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/dsp"
)

// lcg is the noise of testdata/make.py.
func lcg(n int) []float64 {
	x := make([]float64, n)
	state := uint32(1)
	for i := range x {
		state = state*1664525 + 1013904223
		x[i] = float64(state>>16)/(1<<15) - 1
	}
	return x
}

// made is a sound of testdata/make.py.
func made(kind string, rate, samples int) []float32 {
	x, hiss := make([]float32, samples), lcg(samples)
	for i := range x {
		t := float64(i) / float64(rate)
		v := 0.0
		switch kind {
		case "glide":
			v = 0.4*math.Sin(2*math.Pi*(300+200*t)*t)*(1+0.8*math.Sin(2*math.Pi*5*t))/2 + 0.002*hiss[i]
		case "hiss":
			v = 0.3 * hiss[i]
		case "ticks":
			v = 0.5 * hiss[i] * math.Exp(-60*math.Mod(t, 0.31))
		case "island":
			if t >= 0.2 && t < 1.6 {
				v = 0.2*math.Sin(2*math.Pi*440*t) + 0.01*hiss[i]
			}
		}
		x[i] = float32(v)
	}
	return x
}

// TestValues compares views with another implementation's values, in float64.
func TestValues(t *testing.T) {
	for _, v := range []feature.View{Spectral{}, Modulation{}} {
		t.Run(v.Info().Name, func(t *testing.T) { compareValues(t, v) })
	}
}

func compareValues(t *testing.T, view feature.View) {
	data, err := os.ReadFile(filepath.Join("testdata", view.Info().Name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Rate    int       `json:"rate"`
		Kind    string    `json:"kind"`
		Samples int       `json:"samples"`
		Values  []float64 `json:"values"`
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	const within = 2e-3
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s of %d at %d Hz", c.Kind, c.Samples, c.Rate), func(t *testing.T) {
			got := extract(t, view, &dsp.Signal{Rate: c.Rate, Samples: made(c.Kind, c.Rate, c.Samples)}).Values
			if len(got) != len(c.Values) {
				t.Fatalf("%d values, want %d", len(got), len(c.Values))
			}
			for i, v := range got {
				if d := math.Abs(float64(v) - c.Values[i]); !(d <= within*(1+math.Abs(c.Values[i]))) {
					t.Errorf("value %d is %g, want %g", i, v, c.Values[i])
				}
			}
		})
	}
}
