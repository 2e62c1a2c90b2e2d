package dsp

// Pitch tracks the fundamental frequency with YIN (de Cheveigné & Kawahara,
// JASA 2002): the cumulative-mean-normalized difference function of a frame,
// its first dip under the threshold, refined by a parabola. The difference
// function comes from one autocorrelation by FFT. It carries scratch memory: one
// goroutine at a time.
type Pitch struct {
	Rate      int
	Low, High float64 // Hz, the range that is searched
	Window    int     // samples that are compared at every lag
	minLag    int
	maxLag    int
	fft       *FFT
	spec      []float32
	spec2     []float32
	pad       []float32
	diff      []float32 // [maxLag+2]
}

// yinThreshold is the absolute threshold of the paper's step 4.
const yinThreshold = 0.15

// NewPitch returns a tracker for low … high Hz. Frames need Block samples.
func NewPitch(rate int, low, high float64) *Pitch {
	p := &Pitch{Rate: rate, Low: low, High: high}
	p.minLag = max(2, int(float64(rate)/high))
	p.maxLag = int(float64(rate)/low) + 1
	p.Window = p.maxLag + p.maxLag/2 // one and a half of the longest period
	n := max(4, NextPow2(p.Block()))
	p.fft = NewFFT(n)
	p.spec = make([]float32, n+2)
	p.spec2 = make([]float32, n+2)
	p.pad = make([]float32, n)
	p.diff = make([]float32, p.maxLag+2)
	return p
}

// Block is the number of samples that one estimate looks at.
func (p *Pitch) Block() int { return p.Window + p.maxLag + 1 }

// At estimates the pitch of x[from:from+Block]; past the ends of x is silence.
// It returns the frequency in Hz and the aperiodicity in [0, 1] (0 is a perfect
// period, above about 0.3 is unvoiced); a silent frame yields 0 and 1.
func (p *Pitch) At(x []float32, from int) (hz, aperiodicity float32) {
	// YIN (de Cheveigné and Kawahara, JASA 2002), with its difference function by the transform.
	block := p.pad[:p.Block()]
	clear(block)
	if from < len(x) && from+len(block) > 0 {
		copy(block[max(0, -from):], x[max(0, from):])
	}
	// r(τ) = Σ_{j<W} x_j x_{j+τ} is the correlation of the first W samples with all.
	p.fft.Transform(p.spec, block)
	// Only the first window on one side, so that every lag compares as many samples.
	p.fft.Transform(p.spec2, block[:p.Window])
	n := p.fft.Len()
	// The product conj(A)·B is Hermitian, so its inverse is read from the
	// real transform of (re + im)/n by symmetry; see hermitianInverse.
	for k := 0; k <= n/2; k++ {
		ar, ai := p.spec2[2*k], p.spec2[2*k+1]
		br, bi := p.spec[2*k], p.spec[2*k+1]
		p.spec[2*k], p.spec[2*k+1] = ar*br+ai*bi, ar*bi-ai*br
	}
	var first float32 // energy of the window at lag 0
	for _, v := range block[:p.Window] {
		first += v * v
	}
	// A silent frame, of which rounding alone would have a period.
	if first < 1e-9*float32(p.Window) {
		return 0, 1
	}
	r := p.hermitianInverse()
	// d(τ) = r_0(0) + r_τ(0) − 2 r(τ) (equation 7): the energy of the moved window is kept up sample
	// by sample.
	moved := first
	d := p.diff
	d[0] = 1
	var sum float32
	// One lag beyond the last for the parabola of refine.
	for lag := 1; lag <= p.maxLag+1; lag++ {
		out, in := block[lag-1], float32(0)
		if i := p.Window + lag - 1; i < len(block) {
			in = block[i]
		}
		moved += in*in - out*out
		v := max(0, first+moved-2*r[lag])
		sum += v
		if sum > 0 {
			// The cumulative mean normalized difference (equation 8).
			d[lag] = v * float32(lag) / sum
		} else {
			d[lag] = 1
		}
	}
	best := p.dip()
	return p.refine(best)
}

// dip picks the lag: the bottom of the first valley under the threshold, else the global minimum.
func (p *Pitch) dip() int {
	d := p.diff
	best := p.minLag
	for lag := p.minLag; lag <= p.maxLag; lag++ {
		if d[lag] < yinThreshold {
			for lag < p.maxLag && d[lag+1] < d[lag] {
				lag++
			}
			return lag
		}
		if d[lag] < d[best] {
			best = lag
		}
	}
	return best
}

func (p *Pitch) refine(lag int) (hz, aperiodicity float32) {
	a, b, c := p.diff[lag-1], p.diff[lag], p.diff[lag+1]
	shift := float32(0)
	if q := a - 2*b + c; q > 0 {
		shift = max(-1, min(1, 0.5*(a-c)/q))
		b -= 0.25 * (a - c) * shift
	}
	return float32(p.Rate) / (float32(lag) + shift), max(0, min(1, b))
}

// hermitianInverse returns the real inverse transform of p.spec (bins 0 … n/2,
// overwritten). With h = re + im laid out over all bins, the real FFT of h has
// re - im parts that are n times the inverse: the Hartley transform is its own inverse.
func (p *Pitch) hermitianInverse() []float32 {
	n := p.fft.Len()
	h := p.spec2[:n]
	h[0], h[n/2] = p.spec[0], p.spec[n]
	for k := 1; k < n/2; k++ {
		re, im := p.spec[2*k], p.spec[2*k+1]
		h[k], h[n-k] = re-im, re+im
	}
	s := p.fft.Transform(p.spec, h)
	out := p.spec2[:n/2+1]
	scale := 1 / float32(n)
	for k := range out {
		out[k] = (s[2*k] - s[2*k+1]) * scale
	}
	return out
}
