package dsp

// STFT cuts a signal into windowed frames centerd at 0, Hop, 2·Hop … and yields
// their power spectra. It carries scratch memory: one goroutine at a time.
//
// As in torchaudio and librosa (center=True): the signal is reflected at both
// ends by FFT/2 samples, the periodic Hann window is in the middle of the
// transform, and a signal of n samples has 1 + n/Hop frames. A signal too short
// to reflect is reflected as often as it takes.
type STFT struct {
	Window, Hop int
	fft         *FFT
	hann        []float32
	frame       []float32
}

// NewSTFT returns an analyzer; window <= fft.
func NewSTFT(fft, window, hop int) *STFT {
	return &STFT{Window: window, Hop: hop, fft: NewFFT(fft), hann: Hann(window), frame: make([]float32, fft)}
}

// Frames is the number of frames of n samples; none for an empty signal.
func (s *STFT) Frames(n int) int {
	if n == 0 {
		return 0
	}
	return 1 + n/s.Hop
}

// Bins is the number of power bins, FFT/2+1.
func (s *STFT) Bins() int { return s.fft.Len()/2 + 1 }

// Power writes the power spectrum of frame t of x into dst [Bins].
func (s *STFT) Power(dst, x []float32, t int) {
	n := s.fft.Len()
	pad := (n - s.Window) / 2
	from := t*s.Hop - n/2 + pad
	frame := s.frame[pad : pad+s.Window]
	w := s.hann[:len(frame)]
	if from >= 0 && from+s.Window <= len(x) {
		in := x[from:][:len(frame)]
		for i, v := range w {
			frame[i] = v * in[i]
		}
	} else {
		for i, v := range w {
			frame[i] = v * x[Reflect(from+i, len(x))]
		}
	}
	s.fft.Power(dst, s.frame)
}

// Reflect maps any index onto [0, n) by mirroring at the first and last sample
// without repeating them; n > 0.
func Reflect(i, n int) int {
	if n == 1 {
		return 0
	}
	period := 2 * (n - 1)
	i %= period
	if i < 0 {
		i += period
	}
	if i >= n {
		i = period - i
	}
	return i
}
