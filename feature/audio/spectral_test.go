package audio

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/fusor-ml/fusor/internal/dsp"
)

func TestStretchesOfEqualPace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const dim = 2
		n, parts := rapid.IntRange(1, 40).Draw(t, "frames"), rapid.IntRange(1, 12).Draw(t, "parts")
		x := rapid.SliceOfN(rapid.Float32Range(-9, 9), n*dim, n*dim).Draw(t, "x")
		pace := rapid.SliceOfN(rapid.Float64Range(0.3, 30), n, n).Draw(t, "pace")

		even := segments(nil, x, dim, parts, slices.Repeat([]float64{1}, n))
		if !slices.Equal(even, segments(nil, x, dim, parts, nil)) {
			t.Fatalf("frames of one pace are not those of equal time")
		}
		got := segments(nil, x, dim, parts, pace)
		for k := range dim {
			var want, weight, mean float64
			for i, w := range pace {
				want, weight = want+w*float64(x[i*dim+k]), weight+w
			}
			for s := range parts {
				mean += float64(got[s*dim+k]) / float64(parts)
			}
			if d := math.Abs(mean - want/weight); d > 1e-4 {
				t.Fatalf("the parts have the mean %g, the frames by their pace %g", mean, want/weight)
			}
		}
	})
}

// A word of three vowels is more like itself with another of them drawn out where its course is cut
// into parts of equal change than where it is cut into parts of equal time.
func TestCourseFollowsTheChange(t *testing.T) {
	word := func(seconds ...float64) *speech {
		var x []float32
		for i, s := range seconds {
			for range int(s * 8000) {
				at := 2 * math.Pi * float64(len(x)) / 8000
				formant := []float64{300, 900, 2100}[i]
				x = append(x, float32(0.3*math.Sin(at*formant)+0.1*math.Sin(at*120)))
			}
		}
		return NewSound(&dsp.Signal{Rate: 8000, Samples: x}).analysis()
	}
	a, b := word(0.3, 0.1, 0.1), word(0.1, 0.1, 0.3)
	course := func(s *speech, pace []float64) []float32 { return s.course(nil, spectralParts, pace) }
	inTime := distance(course(a, nil), course(b, nil))
	inChange := distance(course(a, paceOf(a.slopesHeard())), course(b, paceOf(b.slopesHeard())))
	if inChange > 0.7*inTime {
		t.Errorf("the drawn-out words are %.2f apart in parts of equal change, %.2f in parts of equal time", inChange, inTime)
	}
}

func TestNothingMovesInSilence(t *testing.T) {
	for _, p := range paceOf(make([]float32, 5*cepstra)) {
		if p != paceFloor {
			t.Errorf("a still frame has the pace %g, want %g", p, paceFloor)
		}
	}
}
