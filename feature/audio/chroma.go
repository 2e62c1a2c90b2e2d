package audio

import (
	"math"
	"sync"

	"github.com/fusor-ml/fusor/internal/dsp"
)

// Chroma are taken from windows of 128 ms without overlap, bins of 7.8 Hz
// between 110 Hz, below which a bin is wider than a semitone, and 2 kHz.
const (
	pitchClasses  = 12
	chromaSeconds = 0.128
	chromaLow     = 110.0
	chromaHigh    = 2000.0
)

// chromaPlan folds the bins of a transform onto the pitch classes.
type chromaPlan struct {
	fft   *dsp.FFT
	hann  []float32
	frame []float32
	power []float32
	first int
	class []uint8 // of bins first, first+1, …; 0 = C
}

var narrowChroma, wideChroma = newChroma(narrowRate), newChroma(wideRate)

func newChroma(rate int) *sync.Pool {
	return &sync.Pool{New: func() any {
		n := int(float64(rate) * chromaSeconds)
		p := &chromaPlan{fft: dsp.NewFFT(n), hann: dsp.Hann(n), frame: make([]float32, n), power: make([]float32, n/2+1)}
		hz := float64(rate) / float64(n)
		p.first = int(math.Ceil(chromaLow / hz))
		for k := p.first; float64(k)*hz <= chromaHigh; k++ {
			midi := 69 + 12*math.Log2(float64(k)*hz/440)
			p.class = append(p.class, uint8(int(math.Round(midi))%pitchClasses))
		}
		return p
	}}
}

// chroma returns the share of each pitch class in the power of x, the mean and the deviation of
// the windows' shares, each weighted by the root of its power (Fujishima, 1999).
func chroma(x []float32, rate int) (mean, dev [pitchClasses]float32) {
	pool := narrowChroma
	if rate == wideRate {
		pool = wideChroma
	}
	p := pool.Get().(*chromaPlan)
	defer pool.Put(p)
	var squares [pitchClasses]float64
	var weight float32
	for len(x) > 0 {
		part := x[:min(len(x), len(p.frame))]
		x = x[len(part):]
		frame := p.frame[:len(part)]
		for i, v := range part {
			// The last window is short: Power takes what is missing as zeros.
			frame[i] = v * p.hann[i]
		}
		p.fft.Power(p.power, frame)
		var c [pitchClasses]float32
		var all float32
		// Every bin counts whole for the nearest semitone; octaves fold onto one another.
		for i, k := range p.class {
			v := p.power[p.first+i]
			c[k] += v
			all += v
		}
		// Silence has no shares, and would divide by zero.
		if all < 1e-12 {
			continue
		}
		// The root of the power is an amplitude: loud windows count more, but do not drown the rest.
		w := float32(math.Sqrt(float64(all)))
		weight += w
		for k, v := range c {
			mean[k] += w * v / all
			share := float64(v / all)
			squares[k] += float64(w) * share * share
		}
	}
	for k := range mean {
		if weight == 0 {
			// Nothing but silence is like noise: no pitch class stands out.
			mean[k] = 1. / pitchClasses
			continue
		}
		mean[k] /= weight
		m := float64(mean[k])
		// E[x²] − E[x]² may round to less than 0.
		dev[k] = float32(math.Sqrt(max(0, squares[k]/float64(weight)-m*m)))
	}
	return mean, dev
}
