package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fusor-ml/fusor/internal/kernel/ref"
)

// TestIntWeights holds products of bytes against the definition, the extreme ones included.
func TestIntWeights(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 4))
		for _, m := range []int{1, 2, 5, 6, 7, 13} {
			for _, n := range []int{1, 15, 16, 17, 40} {
				for _, k := range []int{1, 2, 15, 16, 17, 33, 384} {
					a, b := make([]uint8, m*k), make([]int8, k*n)
					for i := range a {
						a[i] = uint8(rng.UintN(256))
					}
					for i := range b {
						b[i] = int8(rng.IntN(256) - 128)
					}
					if k == 384 { // where bytes in pairs would overflow 16 bits
						fill(a, 255)
						fill(b, -128)
					}
					za := uint8(rng.UintN(256))
					w := NewIntWeights(n, k, b)
					got, want := make([]int32, m*w.Stride()), make([]int32, m*n)
					w.Mul(m, a, za, got, nil)
					ref.IntMul(m, n, k, a, za, b, want, n)
					for i := range m {
						if !slices.Equal(got[i*w.Stride():i*w.Stride()+n], want[i*n:(i+1)*n]) {
							t.Fatalf("[%d %d] [%d %d]: row %d differs", m, k, k, n, i)
						}
					}
				}
			}
		}
	})
}

func fill[T any](x []T, v T) {
	for i := range x {
		x[i] = v
	}
}

// TestQuantize holds rounding half to even and the ends of the range.
func TestQuantize(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 6))
		for n := range 140 {
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(rng.IntN(1400)-700) * 0.25
			}
			got, want := make([]uint8, n), make([]uint8, n)
			Quantize(got, x, 0.5, 100)
			ref.Quantize(want, x, 0.5, 100)
			if !slices.Equal(got, want) {
				t.Fatalf("%d elements: %v, want %v", n, got, want)
			}
			lo, hi := Extremes(x)
			if l, h := ref.Extremes(x); l != lo || h != hi {
				t.Fatalf("%d elements: %v to %v, want %v to %v", n, lo, hi, l, h)
			}
			f, b := make([]float32, n), make([]float32, n)
			ints := make([]int32, n)
			for i := range ints {
				f[i], b[i], ints[i] = rng.Float32(), rng.Float32(), rng.Int32()
			}
			s1, s2 := make([]float32, n), make([]float32, n)
			ScaleInts(s1, ints, f, b)
			ref.ScaleInts(s2, ints, f, b)
			if !slices.Equal(s1, s2) {
				t.Fatalf("%d sums differ", n)
			}
		}
	})
}

// TestWeightedTaps holds depthwise sums against the definition.
func TestWeightedTaps(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(7, 9))
		for n := 1; n < 140; n++ {
			for _, count := range []int{0, 1, 9} {
				const pixels = 3
				f := newFrame(rng, pixels*n, n, 25*n, 9*n)
				taps := make([]Tap, count)
				for i := range taps {
					taps[i] = Tap{X: rng.IntN(19 * n), W: i * n}
				}
				want := f.clone()
				a, b := f.args, want.args
				WeightedTaps(n, pixels, a[0], a[1], a[2], a[3], taps, 2*n, -1, 1.5)
				ref.WeightedTaps(n, pixels, b[0], b[1], b[2], b[3], taps, 2*n, -1, 1.5)
				same(t, fmt.Sprintf("%d taps of %d", count, n), f, want, 1e-5)
				inf := float32(math.Inf(1))
				WeightedTaps(n, 1, a[0], nil, a[2], a[3], taps, 0, -inf, inf)
				ref.WeightedTaps(n, 1, b[0], nil, b[2], b[3], taps, 0, -inf, inf)
				same(t, fmt.Sprintf("%d taps of %d without bias", count, n), f, want, 1e-5)
			}
			f := newFrame(rng, n, n)
			want := f.clone()
			Clip(f.args[0], f.args[1], -0.3, 0.4)
			ref.Clip(want.args[0], want.args[1], -0.3, 0.4)
			same(t, fmt.Sprint("clip of ", n), f, want, 0)
			AddRowClip(f.args[0], f.args[0], f.args[1], -0.3, 0.4)
			ref.Add(want.args[0], want.args[0], want.args[1])
			ref.Clip(want.args[0], want.args[0], -0.3, 0.4)
			same(t, fmt.Sprint("sum within bounds of ", n), f, want, 0)
		}
	})
}

// TestWeights holds products with weights that are laid out against Gemm.
func TestWeights(t *testing.T) {
	eachTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 9))
		for _, tB := range []bool{false, true} {
			for _, m := range []int{1, 5, 60} {
				for _, n := range []int{1, 16, 33, 70} {
					for _, k := range []int{1, 30, 700} {
						a, b := randoms(rng, m*k), randoms(rng, k*n)
						ldb := n
						if tB {
							ldb = k
						}
						got, want := make([]float32, m*n), make([]float32, m*n)
						NewWeights(tB, n, k, b, ldb).Mul(m, a, k, got, n, false)
						Gemm(false, tB, m, n, k, a, k, b, ldb, want, n, false)
						for i := range got {
							if d := got[i] - want[i]; d > 1e-3 || d < -1e-3 || active != Plain && d != 0 {
								t.Fatalf("tB %v, %d %d %d: element %d is %v, want %v", tB, m, n, k, i, got[i], want[i])
							}
						}
					}
				}
			}
		}
	})
}
