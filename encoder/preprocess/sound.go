package preprocess

import (
	"errors"
	"fmt"
	"io/fs"
	"math"

	"github.com/fusor-ml/fusor/internal/dsp"
)

// Limits of a sound's configuration.
const (
	maxRate    = 192_000
	maxChunk   = 3600 // seconds
	maxBands   = 1024
	maxFFT     = 1 << 14
	maxSamples = 1 << 26
)

// Sound is how an encoder wants its sounds. It is safe for concurrent use.
type Sound struct {
	Rate  int // samples a second that Values expects
	Chunk int // samples that Values cuts or pads to; 0 where a sound may have any length

	kind      soundKind
	normalize bool // wav2vec 2.0: zero mean and unit variance over the sound
	fft, hop  int
	mel       *dsp.MelBank
}

type soundKind int

const (
	waveform soundKind = iota
	logMel
)

type soundConfig struct {
	Type      string   `json:"feature_extractor_type"`
	Bands     *int     `json:"feature_size"`
	Rate      *int     `json:"sampling_rate"`
	Hop       *int     `json:"hop_length"`
	Seconds   *int     `json:"chunk_length"`
	FFT       *int     `json:"n_fft"`
	Samples   *int     `json:"n_samples"`
	Padding   *float64 `json:"padding_value"`
	Dither    float64  `json:"dither"`
	Normalize *bool    `json:"do_normalize"`
}

// OpenSound reads the sound preprocessing of a model's folder. It returns [ErrNoConfig] where
// the folder describes none.
func OpenSound(fsys fs.FS) (*Sound, error) {
	var c soundConfig
	file, err := readConfig(fsys, "feature_extractor", &c)
	if err != nil {
		return nil, err
	}
	s, err := newSound(c)
	if err != nil {
		return nil, fmt.Errorf("cannot use %s: %w", file, err)
	}
	return s, nil
}

func newSound(c soundConfig) (*Sound, error) {
	kind := c.Type
	if kind == "" { // files of 2021 do not name it
		switch {
		case c.FFT != nil:
			kind = "WhisperFeatureExtractor"
		case c.Bands != nil && *c.Bands == 1:
			kind = "Wav2Vec2FeatureExtractor"
		}
	}
	s := &Sound{Rate: or(c.Rate, 16000)}
	if s.Rate < 1 || s.Rate > maxRate {
		return nil, fmt.Errorf("sampling_rate %d", s.Rate)
	}
	if p := or(c.Padding, 0); p != 0 {
		return nil, fmt.Errorf("padding_value %g: only 0 is supported", p)
	}
	switch kind {
	case "Wav2Vec2FeatureExtractor":
		if n := or(c.Bands, 1); n != 1 {
			return nil, fmt.Errorf("feature_size %d: %s has 1", n, kind)
		}
		s.normalize = or(c.Normalize, true)
		return s, nil
	case "WhisperFeatureExtractor":
		return s, s.whisper(c)
	}
	if kind == "" {
		return nil, errors.New("it names no feature_extractor_type")
	}
	return nil, fmt.Errorf("the feature extractor %s is not supported; known are WhisperFeatureExtractor and Wav2Vec2FeatureExtractor", kind)
}

func (s *Sound) whisper(c soundConfig) error {
	bands, seconds := or(c.Bands, 80), or(c.Seconds, 30)
	s.kind, s.fft, s.hop = logMel, or(c.FFT, 400), or(c.Hop, 160)
	switch {
	case bands < 1 || bands > maxBands:
		return fmt.Errorf("feature_size %d", bands)
	case seconds < 1 || seconds > maxChunk:
		return fmt.Errorf("chunk_length %d", seconds)
	case s.fft < 4 || s.fft > maxFFT:
		return fmt.Errorf("n_fft %d", s.fft)
	case s.hop < 1 || s.hop > s.Rate:
		return fmt.Errorf("hop_length %d", s.hop)
	case c.Dither != 0:
		return fmt.Errorf("dither %g: it adds random noise to the sound", c.Dither)
	case or(c.Normalize, false):
		return errors.New("do_normalize is not supported with WhisperFeatureExtractor")
	case s.Rate < 16000: // its mel scale ends at 8 kHz
		return fmt.Errorf("sampling_rate %d: WhisperFeatureExtractor needs 16000 at least", s.Rate)
	}
	s.Chunk = seconds * s.Rate
	if s.Chunk > maxSamples || s.Chunk/s.hop*bands > maxSamples {
		return fmt.Errorf("chunks of %d s with %d bands every %d samples are too large", seconds, bands, s.hop)
	}
	if s.Chunk <= s.fft/2 {
		return fmt.Errorf("n_fft %d does not fit a chunk of %d samples", s.fft, s.Chunk)
	}
	if n := or(c.Samples, s.Chunk); n != s.Chunk {
		return fmt.Errorf("n_samples %d is not chunk_length × sampling_rate = %d", n, s.Chunk)
	}
	if _, err := dsp.NewMixedFFT(s.fft); err != nil {
		return err
	}
	s.mel = dsp.NewMelBank(dsp.MelConfig{Rate: s.Rate, FFT: s.fft, Bands: bands, High: 8000})
	return nil
}

// Bands is the number of mel bands of a spectrogram, and 0 for an encoder of waveforms.
func (s *Sound) Bands() int {
	if s.mel == nil {
		return 0
	}
	return s.mel.Config.Bands
}

// Values returns the encoder's input for the samples x at s.Rate: a spectrogram
// [Bands, Chunk/hop], row-major, or as many values as samples.
func (s *Sound) Values(x []float32) (values []float32, shape []int, err error) {
	if s.kind == logMel {
		values = s.logMel(x)
		return values, []int{s.Bands(), len(values) / s.Bands()}, nil
	}
	if len(x) == 0 {
		return nil, nil, errors.New("the sound is empty")
	}
	values = make([]float32, len(x))
	copy(values, x)
	if s.normalize {
		standardize(values)
	}
	return values, []int{len(x)}, nil
}

// standardize brings x to mean 0 and variance 1, as Wav2Vec2FeatureExtractor does.
func standardize(x []float32) {
	var sum, squares float64
	for _, v := range x {
		sum += float64(v)
	}
	mean := sum / float64(len(x))
	for _, v := range x {
		d := float64(v) - mean
		squares += d * d
	}
	deviation := math.Sqrt(squares/float64(len(x)) + 1e-7)
	for i, v := range x {
		x[i] = float32((float64(v) - mean) / deviation)
	}
}

// quietest is log10 of the least power that counts.
const quietest = -10

// logMel returns the spectrogram of Whisper (Radford et al., 2022, section 2.2, and the code
// published with it): powers of a periodic Hann window on Slaney's mel scale, log10, nothing
// more than eight decades below the loudest, brought to about [-1, 1]. x is cut or padded with
// silence to a chunk first, so that its end is not reflected but the silence's.
func (s *Sound) logMel(x []float32) []float32 {
	frames, bands := s.Chunk/s.hop, s.Bands()
	x = x[:min(len(x), s.Chunk)]
	window := make([]float64, s.fft)
	for i := range window {
		// Periodic: the divisor is the length, where a symmetric window has one less.
		window[i] = 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(s.fft))
	}
	fft, err := dsp.NewMixedFFT(s.fft)
	if err != nil {
		panic(err) // newSound has made one
	}
	frame, power := make([]float64, s.fft), make([]float64, s.fft/2+1)
	narrow, energy := make([]float32, len(power)), make([]float32, bands)
	logs, loudest := make([]float64, bands*frames), math.Inf(-1)
	for t := range frames {
		// Centered frames, reflected at the beginning, as torch.stft.
		from := t*s.hop - s.fft/2
		silent := true
		for i, w := range window {
			frame[i] = 0
			if at := dsp.Reflect(from+i, s.Chunk); at < len(x) && x[at] != 0 {
				frame[i], silent = w*float64(x[at]), false
			}
		}
		// Most of a padded chunk: the transform would be of zeros.
		if silent {
			for k := range bands {
				logs[k*frames+t] = quietest
			}
			loudest = max(loudest, quietest)
			continue
		}
		fft.Power(power, frame)
		for i, p := range power {
			narrow[i] = float32(p)
		}
		s.mel.Apply(energy, narrow)
		for k, e := range energy {
			// log10 of 1e-10, Whisper's floor.
			l := max(math.Log10(float64(e)), quietest)
			logs[k*frames+t] = l
			loudest = max(loudest, l)
		}
	}
	out := make([]float32, len(logs))
	for i, l := range logs {
		out[i] = float32((max(l, loudest-8) + 4) / 4)
	}
	return out
}

// or returns *p, or otherwise where p is nil.
func or[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}
