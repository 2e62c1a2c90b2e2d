package silk

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/fusor-ml/fusor/internal/codec/rangecoder"
)

var (
	rates     = [3]int{8, 12, 16}
	durations = [4]int{10, 20, 40, 60}
)

// format is a format for each of 24 values.
func format(v int) Format {
	return Format{KHz: rates[v%3], Milliseconds: durations[v/3%4], Stereo: v/12%2 == 1}
}

// FuzzDecode decodes the bytes as frames: of a byte for the format, one for the
// length, and so many of data. Any bytes are a frame, whose samples are in range.
func FuzzDecode(f *testing.F) {
	rng := rand.New(rand.NewPCG(1, 2))
	for v := range 24 {
		frame := []byte{byte(v), 200}
		for range 200 {
			frame = append(frame, byte(rng.Uint32()))
		}
		f.Add(append(frame, frame...))
	}
	f.Add([]byte{23, 0, 1, 1, 255, 2, 9, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		d := NewDecoder()
		for n := 0; len(data) >= 2 && n < 32; n++ {
			how, size := format(int(data[0]%24)), min(int(data[1]), len(data)-2)
			channels := 1 + int(data[0])>>7
			out := make([]float32, how.Samples()*channels)
			for i := range out {
				out[i] = 2 // to see that each is written
			}
			d.Decode(out, channels, rangecoder.New(data[2:2+size]), how)
			data = data[2+size:]
			for i, v := range out {
				if v < -1 || v >= 1 {
					t.Fatalf("sample %d of %+v is %g", i, how, v)
				}
			}
		}
	})
}

// TestWidths wants the widths of every distribution to fill the range.
func TestWidths(t *testing.T) {
	for _, p := range allPDFs() {
		sum := 0
		for _, w := range p {
			sum += int(w)
		}
		if sum != 256 {
			t.Errorf("the widths of %v add up to %d", p, sum)
		}
	}
}

func allPDFs() []pdf {
	all := []pdf{
		pdfStereo1, pdfStereo2, pdfStereo3, pdfMidOnly, pdfTypeInactive, pdfTypeActive, pdfGainLow,
		pdfGainDelta, pdfInterpolation, pdfSeed, pdfLSFMore, pdfLagHigh, pdfLagDelta,
		pdfPeriodicity, pdfLTPScale, pdfLSB,
	}
	for _, more := range [][]pdf{
		pdfRedundant[:], pdfGainHigh[:], pdfLSF1[0][:], pdfLSF1[1][:], pdfLSF2[:], pdfLagLow[:],
		pdfContour[0][:], pdfContour[1][:], pdfFilter[:], pdfRate[:], pdfPulses[:], pdfSplit16[:],
		pdfSplit8[:], pdfSplit4[:], pdfSplit2[:],
	} {
		all = append(all, more...)
	}
	return all
}

// TestInverse compares the divisions with those of floating point.
func TestInverse(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 10000 {
		b := 81920 + rng.Int32N(1686110208-81920) // the gains
		want := math.Exp2(47) / float64(b)
		if got := float64(inverse(b, 47)); math.Abs(got-want) > 2+want*1e-4 {
			t.Fatalf("2^47 / %d = %g, want %g", b, got, want)
		}
		a := 81920 + rng.Int32N(1686110208-81920)
		want = min(float64(a)/float64(b)*65536, math.MaxInt32)
		if got := float64(quotient(a, b, 16)); math.Abs(got-want) > 2+want*1e-4 {
			t.Fatalf("%d / %d = %g, want %g", a, b, got, want)
		}
	}
}

// TestPredictor wants filters that fit 16 bits and do not ring without end,
// whatever the frequencies.
func TestPredictor(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range 4000 {
		book := &lsfBooks[i%2]
		f := make([]int32, book.order)
		for k := range f {
			f[k] = rng.Int32N(32768)
			if i%3 == 0 {
				f[k] = 16000 + rng.Int32N(300)
			}
		}
		stabilize(f, book.spacing)
		below := int32(0)
		for k, v := range append(f, 32768) {
			if v-below < book.spacing[k] {
				t.Fatalf("frequency %d of %v is closer than %d", k, f, book.spacing[k])
			}
			below = v
		}
		var a [maxOrder]int32
		predictor(&a, f[:book.order], book.ordering)
		if !stable(a[:book.order]) {
			t.Fatalf("the filter %v of %v is not stable", a, f)
		}
		for _, c := range a {
			if int32(clip16(c)) != c {
				t.Fatalf("the filter %v of %v does not fit", a, f)
			}
		}
	}
}
