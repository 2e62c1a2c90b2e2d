package dsp

import (
	"math"
	"sync"
)

// The resampler's low-pass: a Kaiser-windowed sinc of lobes zero crossings a
// side, its edge at rolloff of the lower Nyquist frequency. The transition
// band ends at the Nyquist frequency, past which at least 80 dB are gone.
const (
	lobes   = 32
	kaiserB = 9.0
	rolloff = 0.91

	maxTable    = 1 << 17 // values of a bank that holds every phase
	interpolate = 1024    // phases a lobe, of a bank that is interpolated between
)

// ResampledLen is the number of samples that n samples at rate from become at
// rate to: n·to/from, rounded up.
func ResampledLen(n, from, to int) int {
	g := gcd(from, to)
	up, down := int64(to/g), int64(from/g)
	return int((int64(n)*up + down - 1) / down)
}

// Resample converts x from one sampling rate to another by polyphase filtering
// (Crochiere & Rabiner, 1983) and returns ResampledLen samples; the sound
// outside x counts as silence. Equal rates return x itself.
func Resample(x []float32, from, to int) []float32 {
	if from == to || len(x) == 0 {
		return x
	}
	f := polyphaseFor(from, to)
	out := make([]float32, ResampledLen(len(x), from, to))
	// Output i lies at i·down/up of the input: whole samples and a phase.
	whole, frac := 0, 0
	stepWhole, stepFrac := f.down/f.up, f.down%f.up
	for i := range out {
		out[i] = f.at(x, whole, frac)
		whole += stepWhole
		frac += stepFrac
		if frac >= f.up {
			frac -= f.up
			whole++
		}
	}
	return out
}

// polyphase holds the taps of the low-pass, one row per phase.
type polyphase struct {
	up, down int
	phases   int // up, or fewer where rows are interpolated
	taps     int // per row; row r serves input samples whole-taps/2+1 … whole+taps/2
	rows     []float32
}

type polyphaseKey struct{ up, down int }

var (
	polyphaseMu sync.Mutex
	polyphases  = map[polyphaseKey]*polyphase{}
)

func polyphaseFor(from, to int) *polyphase {
	g := gcd(from, to)
	key := polyphaseKey{to / g, from / g}
	polyphaseMu.Lock()
	defer polyphaseMu.Unlock()
	f, ok := polyphases[key]
	if !ok {
		if len(polyphases) >= 32 { // odd rates must not pile up
			clear(polyphases)
		}
		f = newPolyphase(key.up, key.down)
		polyphases[key] = f
	}
	return f
}

func newPolyphase(up, down int) *polyphase {
	f := &polyphase{up: up, down: down, phases: up}
	// In units of input samples: the sinc's zero crossings are 1/cut apart.
	cut := rolloff * min(1, float64(up)/float64(down))
	half := lobes / cut
	f.taps = 2 * int(math.Ceil(half))
	if up*f.taps > maxTable { // odd ratios; what is interpolated is smooth on the scale of a lobe, 1/cut
		f.phases = min(up, int(math.Ceil(interpolate*cut)))
	}
	f.rows = make([]float32, (f.phases+1)*f.taps) // the last row closes the interpolation
	for r := range f.phases + 1 {
		at := float64(r) / float64(f.phases)
		row := f.rows[r*f.taps:][:f.taps]
		var sum float64
		for k := range row {
			d := float64(k-f.taps/2+1) - at
			v := cut * sinc(cut*d) * kaiser(d/half, kaiserB)
			row[k] = float32(v)
			sum += v
		}
		for k := range row { // exact gain 1 at zero frequency in every phase
			row[k] = float32(float64(row[k]) / sum)
		}
	}
	return f
}

func (f *polyphase) at(x []float32, whole, frac int) float32 {
	first := whole - f.taps/2 + 1
	lo, hi := max(0, -first), min(f.taps, len(x)-first)
	if lo >= hi {
		return 0
	}
	in := x[first+lo : first+hi]
	if f.phases == f.up {
		return dot(f.rows[frac*f.taps+lo:], in)
	}
	at := float64(frac) / float64(f.up) * float64(f.phases)
	r := int(at)
	w := float32(at - float64(r))
	return (1-w)*dot(f.rows[r*f.taps+lo:], in) + w*dot(f.rows[(r+1)*f.taps+lo:], in)
}

func dot(a, x []float32) float32 {
	a = a[:len(x)]
	var s0, s1, s2, s3 float32
	i := 0
	for ; i+3 < len(x); i += 4 {
		s0 += a[i] * x[i]
		s1 += a[i+1] * x[i+1]
		s2 += a[i+2] * x[i+2]
		s3 += a[i+3] * x[i+3]
	}
	for ; i < len(x); i++ {
		s0 += a[i] * x[i]
	}
	return (s0 + s1) + (s2 + s3)
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
