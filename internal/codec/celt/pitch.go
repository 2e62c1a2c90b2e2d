package celt

// findPitch returns the pitch period of the signal, in samples: first of a quarter
// of the rate, then of half of it.
func (d *Decoder) findPitch() int {
	y := d.halved()
	const most = maxLag - shortest
	x := y[maxLag/2:]
	n := past - maxLag

	var quarter [past / 4]float32
	for i := range quarter {
		quarter[i] = y[2*i]
	}
	coarse := make([]float32, most/4)
	for lag := range coarse {
		coarse[lag] = dot(quarter[maxLag/4:][:n/4], quarter[lag:])
	}
	first, second := bestTwo(coarse, quarter[:], n/4)

	fine := make([]float32, most/2)
	for lag := range fine {
		if near(lag, 2*first) || near(lag, 2*second) {
			fine[lag] = max(-1, dot(x[:n/2], y[lag:]))
		}
	}
	best, _ := bestTwo(fine, y[:], n/2)
	shift := 0
	if best > 0 && best < len(fine)-1 {
		a, b, c := fine[best-1], fine[best], fine[best+1]
		switch {
		case c-a > 0.7*(b-a):
			shift = 1
		case a-c > 0.7*(b-c):
			shift = -1
		}
	}
	return maxLag - (2*best - shift)
}

func near(a, b int) bool { return a-b <= 2 && b-a <= 2 }

func dot(x, y []float32) (sum float32) {
	y = y[:len(x)]
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}

// halved returns the mean of the channels at half the rate, flattened by a
// predictor of its own.
func (d *Decoder) halved() *[past / 2]float32 {
	y := new([past / 2]float32)
	for c := range d.channels {
		x := &d.signal[c]
		y[0] += (x[1]/2 + x[0]) / 2
		for i := 1; i < len(y); i++ {
			y[i] += ((x[2*i-1]+x[2*i+1])/2 + x[2*i]) / 2
		}
	}
	var lpc [4]float32
	levinson(lpc[:], correlate(y[:], len(lpc)))
	scale := float32(1)
	for i := range lpc {
		scale *= 0.9
		lpc[i] *= scale
	}
	// The predictor, and a zero that dampens high frequencies.
	fir := [5]float32{0.8 + lpc[0], lpc[1] + 0.8*lpc[0], lpc[2] + 0.8*lpc[1], lpc[3] + 0.8*lpc[2], 0.8 * lpc[3]}
	for i := len(y) - 1; i >= 0; i-- {
		for k, a := range fir {
			if i > k {
				y[i] += a * y[i-1-k]
			}
		}
	}
	return y
}

// bestTwo returns the two lags at which n samples of y correlate best for their
// energy.
func bestTwo(correlation, y []float32, n int) (first, second int) {
	second = 1
	scores, energies := [2]float32{-1, -1}, [2]float32{}
	energy := float32(1)
	for _, v := range y[:n] {
		energy += v * v
	}
	for lag, v := range correlation {
		if v > 0 {
			v *= 1e-12 // its square must fit
			score := v * v
			switch {
			case score*energies[1] <= scores[1]*energy:
			case score*energies[0] > scores[0]*energy:
				second, scores[1], energies[1] = first, scores[0], energies[0]
				first, scores[0], energies[0] = lag, score, energy
			default:
				second, scores[1], energies[1] = lag, score, energy
			}
		}
		energy = max(1, energy+y[lag+n]*y[lag+n]-y[lag]*y[lag])
	}
	return first, second
}
