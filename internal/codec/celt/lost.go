package celt

import "math"

// Lost frames are filled in as appendix A of RFC 6716 does, which the RFC leaves
// open: with noise of the bands' levels where the sound is not known well, or else
// with what was heard a pitch period ago.

const (
	order     = 24 // of the linear prediction
	heard     = 1024
	shortest  = 100 // pitch period
	maxLag    = 720
	giveUp    = 5 // lost frames, from which on there is noise
	whiteness = 1.0001
)

// Conceal fills in for a lost frame of so many samples, whose first band is start.
func (d *Decoder) Conceal(dst []float32, samples, start int) {
	f := newFrame(Format{Samples: samples, Stereo: d.channels == 2, Start: start, End: d.end})
	if d.lost >= giveUp || start != 0 || d.unsure {
		d.concealNoise(f)
	} else {
		d.concealPitch(samples)
	}
	d.output(dst, samples)
	d.lost++
}

// concealNoise lets the levels sink to those of the background.
func (d *Decoder) concealNoise(f *frame) {
	decay := float32(0.5)
	if d.lost == 0 {
		decay = 1.5
	}
	s := &d.shapes
	s.frame = f
	for c := range d.channels {
		for b := f.start; b < f.end; b++ {
			d.levels[c][b] = max(d.background[c][b], d.levels[c][b]-decay)
		}
	}
	for c := range d.channels {
		for b := f.start; b < f.end; b++ {
			x := s.x[c][edges[b]<<f.size : edges[b+1]<<f.size]
			for i := range x {
				x[i] = float32(int32(s.random()) >> 20)
			}
			normalize(x, 1)
		}
	}
	d.synthesize(f)
}

// concealPitch repeats the excitation of the last pitch period.
func (d *Decoder) concealPitch(n int) {
	fade, first := float32(0.8), d.pitch == 0
	if first {
		d.pitch = d.findPitch()
		fade = 1
	}
	for c := range d.channels {
		x := &d.signal[c]
		var excitation [order + heard]float32
		copy(excitation[:], x[past-heard-order:past])
		if first {
			d.predictor[c] = predictorOf(excitation[order:])
		}
		lpc := &d.predictor[c]
		known := min(2*d.pitch, heard)
		for i := order + heard - known; i < order+heard; i++ {
			sum := x[past-heard-order+i]
			for j, a := range lpc {
				sum += a * x[past-heard-order+i-1-j]
			}
			excitation[i] = sum
		}
		d.extrapolate(x, lpc, excitation[order:], known, n, fade)
		d.foldEnd(x)
	}
}

// extrapolate moves the signal n samples on and fills in what is missing, with the
// overlap behind it.
func (d *Decoder) extrapolate(
	x *[past + overlap]float32, lpc *[order]float32, excitation []float32, known, n int, fade float32,
) {
	// A signal that dies away goes on doing so.
	recent, earlier := float32(1), float32(1)
	for i := range known / 2 {
		e := excitation[heard-known/2+i]
		recent += e * e
		e = excitation[heard-known/2*2+i]
		earlier += e * e
	}
	decay := float32(math.Sqrt(float64(min(recent, earlier) / earlier)))
	copy(x[:], x[n:past])
	gain := fade * decay
	period := excitation[heard-d.pitch:]
	source := x[past-n-d.pitch : past-n]
	y := x[past-n : past+overlap]
	var was, is float32
	for i := range y {
		j := i % d.pitch
		if j == 0 && i > 0 {
			gain *= decay
		}
		was += source[j] * source[j]
		sum := gain * period[j]
		for k, a := range lpc {
			sum -= a * x[past-n+i-1-k]
		}
		y[i] = sum
		is += sum * sum
	}
	switch {
	case !(was > 0.2*is): // also where it is not a number
		clear(y)
	case was < is:
		ratio := float32(math.Sqrt(float64((was + 1) / (is + 1))))
		w := window()
		for i := range y {
			if i < overlap {
				y[i] *= 1 - w[i]*(1-ratio)
			} else {
				y[i] *= ratio
			}
		}
	}
}

// foldEnd turns the overlap into what a transform would have left behind, as the
// next one expects it: not yet filtered.
func (d *Decoder) foldEnd(x *[past + overlap]float32) {
	var plain [overlap]float32
	g, period := d.filter.gains(), max(d.filter.period, minPeriod)
	for i := range plain {
		a := x[past+i-period-2:][:5]
		plain[i] = x[past+i] - g[0]*a[2] - g[1]*(a[1]+a[3]) - g[2]*(a[0]+a[4])
	}
	w := window()
	for i := range overlap / 2 {
		x[past+i] = w[i]*plain[overlap-1-i] + w[overlap-1-i]*plain[i]
	}
}

// predictorOf returns the linear prediction of the signal, negated.
func predictorOf(x []float32) (lpc [order]float32) {
	y := make([]float32, len(x))
	copy(y, x)
	w := window()
	for i := range overlap {
		y[i] *= w[i]
		y[len(y)-1-i] *= w[i]
	}
	levinson(lpc[:], correlate(y, order))
	return lpc
}

// correlate returns the autocorrelation, with a floor of white noise, and less of
// it at larger distances.
func correlate(x []float32, most int) []float32 {
	r := make([]float32, most+1)
	for lag := range r {
		for i := lag; i < len(x); i++ {
			r[lag] += x[i] * x[i-lag]
		}
	}
	r[0] *= whiteness
	for lag := range r {
		r[lag] -= r[lag] * (0.008 * 0.008) * float32(lag*lag)
	}
	return r
}

// levinson computes the predictor of an autocorrelation, up to a gain of 30 dB.
func levinson(lpc, r []float32) {
	clear(lpc)
	left := r[0]
	if left == 0 {
		return
	}
	for i := range lpc {
		sum := r[i+1]
		for j := range i {
			sum += lpc[j] * r[i-j]
		}
		k := -sum / left
		lpc[i] = k
		for j := range (i + 1) / 2 {
			a, b := lpc[j], lpc[i-1-j]
			lpc[j], lpc[i-1-j] = a+k*b, b+k*a
		}
		left -= k * k * left
		if left < 0.001*r[0] {
			return
		}
	}
}
