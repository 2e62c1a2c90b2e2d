package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestLSTMLeavesNothing holds that prediction, with and without weights laid out before, yields the
// outputs of training, bit for bit, for lengths around those at which the input product is cut.
func TestLSTMLeavesNothing(t *testing.T) {
	lengths := []int{60, 57, 56, 50, 49, 48, 33, 32, 31, 25, 24, 23, 9, 1, 0}
	for len(lengths) < 70 {
		lengths = append(lengths, 1+len(lengths)%40)
	}
	eachTier(t, func(t *testing.T) {
		for _, reverse := range []bool{false, true} {
			want := newLSTM[float32](rand.New(rand.NewPCG(1, 2)), 7, 5, 60, lengths, reverse)
			wide := newLSTM[float64](rand.New(rand.NewPCG(1, 2)), 7, 5, 60, lengths, reverse)
			want.Forward()
			exact, _, _, _ := plainLSTM(wide)
			for i, w := range exact {
				if d := float64(want.Out[i]) - w; !(d < 1e-5 && d > -1e-5) {
					t.Fatalf("reverse %v: output %d is %v, want %v", reverse, i, want.Out[i], w)
				}
			}
			for _, packed := range []bool{false, true} {
				l := newLSTM[float32](rand.New(rand.NewPCG(1, 2)), 7, 5, 60, lengths, reverse)
				l.Gates, l.C = nil, nil
				l.Workers = 2
				if packed {
					l.Input, l.Recurrent = new(Packed[float32]), new(Packed[float32])
					l.Input.Pack(true, 20, 7, l.WIH, 7)
					l.Recurrent.Pack(true, 20, 5, l.WHH, 5)
				}
				l.Forward()
				if !slices.Equal(l.Out, want.Out) || !slices.Equal(l.HN, want.HN) || !slices.Equal(l.CN, want.CN) {
					t.Errorf("reverse %v, laid out %v: the result differs", reverse, packed)
				}
			}
		}
	})
}
