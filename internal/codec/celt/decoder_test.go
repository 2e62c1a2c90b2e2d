package celt

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/fusor-ml/fusor/internal/codec/rangecoder"
)

// formatOf is a format for each of 64 values.
func formatOf(v int) Format {
	f := Format{Samples: shortBlock << (v & 3), Stereo: v&4 != 0, End: [4]int{13, 17, 19, 21}[v>>3&3]}
	if v&32 != 0 {
		f.Start, f.End = 17, max(f.End, 19)
	}
	return f
}

// FuzzDecode decodes the bytes as frames: of a byte for the format, one for the
// length, and so many of data; one of less than two is lost. Any bytes are a
// frame, whose samples are numbers and bounded.
func FuzzDecode(f *testing.F) {
	rng := rand.New(rand.NewPCG(1, 2))
	for v := range 64 {
		for _, size := range []int{3, 30, 200} {
			frame := []byte{byte(v), byte(size)}
			for range size {
				frame = append(frame, byte(rng.Uint32()))
			}
			lost := []byte{byte(v), 0}
			f.Add(append(append(append(frame, frame...), lost...), frame...), size == 30)
		}
	}
	f.Add([]byte{35, 0, 0, 1, 255, 2, 9, 0, 0}, true)
	f.Fuzz(func(t *testing.T, data []byte, stereo bool) {
		channels := 1
		if stereo {
			channels = 2
		}
		d := NewDecoder(channels)
		for n := 0; len(data) >= 2 && n < 32; n++ {
			how, size := formatOf(int(data[0])), min(int(data[1]), len(data)-2)
			out := make([]float32, how.Samples*channels)
			if size < 2 {
				d.Conceal(out, how.Samples, how.Start)
			} else {
				d.Decode(out, rangecoder.New(data[2:2+size]), how)
			}
			data = data[2+size:]
			for i, v := range out {
				if !(v > -1e9 && v < 1e9) {
					t.Fatalf("sample %d of frame %d, %+v, is %g", i, n, how, v)
				}
			}
		}
	})
}

// TestWidths wants the widths of every distribution to fill the range.
func TestWidths(t *testing.T) {
	for _, c := range []struct {
		pdf  rangecoder.PDF
		want int
	}{{pdfCoarseShort, 4}, {pdfTaps, 4}, {pdfSpread, 32}, {pdfTrim, 128}} {
		sum := 0
		for _, w := range c.pdf {
			sum += int(w)
		}
		if sum != c.want {
			t.Errorf("the widths of %v add up to %d, want %d", c.pdf, sum, c.want)
		}
	}
	for b, want := range logWidths {
		if got := logUp(uint32(width(b))); got != want {
			t.Errorf("the logarithm of band %d's width is %d, want %d", b, got, want)
		}
	}
}

// TestAllocation wants no more bits to be given than there are, none below zero,
// and no band above what it can use.
func TestAllocation(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 20000 {
		f := newFrame(formatOf(rng.IntN(64)))
		f.trim = rng.IntN(11)
		for b := f.start; b < f.end; b++ {
			if rng.IntN(6) == 0 {
				f.boosts[b] = rng.IntN(200)
			}
		}
		data := make([]byte, 8)
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		total := rng.IntN(1 << (4 + rng.IntN(12)))
		f.allocate(rangecoder.New(data), total)
		given := 0
		for b := f.start; b < f.end; b++ {
			if f.shape[b] < 0 || f.fine[b] < 0 || f.fine[b] > maxFine || f.shape[b] > f.limit(b) {
				t.Fatalf("band %d of %d 8ths has %d and %d bits", b, total, f.shape[b], f.fine[b])
			}
			given += f.shape[b] + 8*f.channels*f.fine[b]
		}
		if given+f.spare > total || f.spare < 0 {
			t.Fatalf("%d and %d 8ths of %d are given", given, f.spare, total)
		}
	}
}

// TestVectors wants the indices of a codebook to be all of its vectors.
func TestVectors(t *testing.T) {
	for _, c := range []struct{ n, pulses, want int }{
		{1, 5, 2}, {2, 1, 4}, {2, 3, 12}, {3, 2, 18}, {4, 4, 192}, {5, 3, 170}, {3, 9, 326}, {9, 3, 978},
	} {
		total, ok := vectors(c.n, c.pulses)
		if int(total) != c.want || !ok {
			t.Errorf("%d vectors of %d numbers and %d pulses, want %d", total, c.n, c.pulses, c.want)
			continue
		}
		seen := map[string]bool{}
		y := make([]int32, c.n)
		for i := range total {
			energy := vector(y, c.pulses, i)
			sum, squares, key := int32(0), int32(0), ""
			for _, v := range y {
				sum += max(v, -v)
				squares += v * v
				key += string('m' + v)
			}
			if int(sum) != c.pulses || squares != energy {
				t.Fatalf("vector %d is %v, of energy %d, want %d pulses", i, y, energy, c.pulses)
			}
			seen[key] = true
		}
		if len(seen) != c.want {
			t.Errorf("%d of %d vectors differ", len(seen), c.want)
		}
	}
	if _, ok := vectors(176, 5); ok {
		t.Error("a codebook of 176 numbers and 5 pulses fits 32 bits")
	}
}

// TestPrices wants those of RFC 6716 (cache_bits50), which are one less.
func TestPrices(t *testing.T) {
	for n, want := range map[int][]int{
		4: {
			24, 40, 52, 61, 68, 74, 80, 84, 88, 92, 95, 98, 101, 103, 106, 108, 112, 116, 119, 122, 125,
			127, 130, 132, 136, 140, 143, 146, 149, 151, 154, 156, 160, 164, 167, 170, 173, 175, 178, 180,
		},
		11:  {36, 64, 87, 107, 124, 140, 153, 166, 178, 188, 198, 207, 215, 223, 231, 238, 251},
		176: {68, 128, 183, 235},
	} {
		got := priceLists()[n]
		if len(got) != len(want)+1 {
			t.Errorf("%d prices of %d coefficients, want %d", len(got)-1, n, len(want))
			continue
		}
		for k, v := range want {
			if got[k+1] != v {
				t.Errorf("step %d of %d coefficients costs %d, want %d", k+1, n, got[k+1], v)
			}
		}
	}
}

// The window's squares add up to 1 where two blocks overlap.
func TestWindow(t *testing.T) {
	for i := range overlap {
		a, b := float64(Window(i)), float64(Window(overlap-1-i))
		if math.Abs(a*a+b*b-1) > 1e-6 {
			t.Errorf("the window's squares at %d add up to %g", i, a*a+b*b)
		}
	}
}

// TestOrthogonal wants the changes of resolution, of order and of direction to
// keep the energy, and those with an inverse to be undone by it.
func TestOrthogonal(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	var s shapes
	for _, n := range []int{16, 48, 144, 176} {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(rng.NormFloat64())
		}
		normalize(x, 0.5)
		was := append([]float32(nil), x...)
		haar(x, 4)
		haar(x, 4)
		for _, blocks := range []int{2, 4, 8} {
			for _, split := range []bool{false, true} {
				s.deinterleave(x, blocks, split)
				s.interleave(x, blocks, split)
			}
		}
		for i, v := range x {
			if math.Abs(float64(v-was[i])) > 1e-6 {
				t.Fatalf("coefficient %d of %d is %g, was %g", i, n, v, was[i])
			}
		}
		spread(x, 4, 3, spreadNormal)
		if e := dot(x, x); math.Abs(float64(e)-0.25) > 1e-5 {
			t.Errorf("the energy of %d coefficients is %g, want 0.25", n, e)
		}
	}
	for mask := range uint(16) {
		if got := mergeMask(splitMask(mask)); got != mask {
			t.Errorf("mask %b comes back as %b", mask, got)
		}
	}
}

// TestAngles wants the cosine to be one, and its logarithm that of the tangent.
func TestAngles(t *testing.T) {
	for theta := 64; theta < 16384; theta += 64 {
		a := float64(theta) * math.Pi / 2 / 16384
		if got := float64(cosine(theta)) / 32768; math.Abs(got-math.Cos(a)) > 1e-3 {
			t.Errorf("the cosine of %g is %g", a, got)
		}
		got := float64(logTan(cosine(16384-theta), cosine(theta))) / 2048
		if want := math.Log2(math.Tan(a)); math.Abs(got-want) > 0.03 {
			t.Errorf("the logarithm of the tangent of %g is %g, want %g", a, got, want)
		}
	}
}
