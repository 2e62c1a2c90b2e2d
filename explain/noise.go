package explain

import (
	"fmt"
	"math/rand/v2"

	"github.com/fusor-ml/fusor/internal/dsp"
	"github.com/fusor-ml/fusor/internal/vision"
	"github.com/fusor-ml/fusor/media"
)

// Kinds of noise.
const (
	Typos        = "typos"
	DroppedWords = "dropped_words"
	Gaussian     = "gaussian"
	Blur         = "blur"
	Occlusion    = "occlusion"
	JPEG         = "jpeg"
	WhiteNoise   = "white_noise"
	Clipping     = "clipping"
	DroppedSpans = "dropped_spans"
	Missing      = "missing" // the modality is absent, from a share of the rows
	Joint        = "all"     // every modality has its own first kind of noise
)

// Kinds lists every kind of noise.
func Kinds() []string {
	return []string{Typos, DroppedWords, Gaussian, Blur, Occlusion, JPEG, WhiteNoise, Clipping, DroppedSpans, Missing, Joint}
}

// NoiseKind is one way to add noise to an opened item.
type NoiseKind struct {
	Kind   string
	Unit   string    // of Levels; empty: a share, 0 to 1
	Levels []float64 // growing harm; the first is none, or as good as none
	// apply makes the noisy item. deviation holds, for vectors and tables,
	// each value's standard deviation in the data.
	apply func(item any, level float64, rng *rand.Rand, deviation []float64) (any, error)
}

// levelCount is the number of levels of every kind of noise, so that they can be
// joined level by level.
const levelCount = 6

// What an opened item can do to be made noisy.
type (
	texts    interface{ MapText(func(string) string) any }
	pictures interface {
		MapPictures(func(*vision.Image) *vision.Image) any
	}
	sounds interface {
		MapSound(func(dsp.Signal) dsp.Signal) any
	}
	numbers interface {
		MapNumbers(func(field int, v float64) float64) any
	}
)

// NoiseKinds lists the kinds of noise of a kind of column; the first is its own
// in joint noise. Every column can also be missing.
func NoiseKinds(kind media.Kind) []NoiseKind {
	switch kind {
	case media.Text:
		return []NoiseKind{
			{Typos, "", []float64{0, .05, .1, .2, .3, .5}, onText(typos)},
			{DroppedWords, "", []float64{0, .1, .25, .5, .75, .9}, onText(dropWords)},
		}
	case media.Image:
		return pictureNoise()
	case media.Audio:
		return soundNoise()
	case media.Video:
		return append(pictureNoise()[:1:1], soundNoise()[0])
	case media.Vector:
		return []NoiseKind{{Gaussian, "σ", []float64{0, .25, .5, 1, 2, 4}, onVector}}
	case media.Table, media.Sequence:
		return []NoiseKind{{Gaussian, "σ", []float64{0, .25, .5, 1, 2, 4}, onTable}}
	}
	return nil
}

func pictureNoise() []NoiseKind {
	return []NoiseKind{
		{Gaussian, "σ (0–1)", []float64{0, .02, .05, .1, .2, .4}, onPictures(gaussian)},
		{Blur, "σ (px)", []float64{0, .5, 1, 2, 4, 8}, onPictures(blur)},
		{Occlusion, "", []float64{0, .1, .2, .4, .6, .8}, onPictures(occlude)},
		{JPEG, "100 − quality", []float64{0, 50, 75, 90, 95, 99}, onPictures(jpegAt)},
	}
}

func soundNoise() []NoiseKind {
	return []NoiseKind{
		{WhiteNoise, "−SNR (dB)", []float64{-60, -30, -20, -10, 0, 10}, onSound(whiteNoise)},
		{Clipping, "", []float64{0, .05, .1, .2, .4, .8}, onSound(clip)},
		{DroppedSpans, "", []float64{0, .1, .25, .5, .75, .9}, onSound(dropSpans)},
	}
}

type applier = func(item any, level float64, rng *rand.Rand, deviation []float64) (any, error)

func onText(f func(string, float64, *rand.Rand) string) applier {
	return func(item any, level float64, rng *rand.Rand, _ []float64) (any, error) {
		t, ok := item.(texts)
		if !ok {
			return nil, fmt.Errorf("cannot add noise to the text of a %T", item)
		}
		return t.MapText(func(s string) string { return f(s, level, rng) }), nil
	}
}

func onPictures(f func(*vision.Image, float64, *rand.Rand) *vision.Image) applier {
	return func(item any, level float64, rng *rand.Rand, _ []float64) (any, error) {
		p, ok := item.(pictures)
		if !ok {
			return nil, fmt.Errorf("cannot add noise to the pictures of a %T", item)
		}
		return p.MapPictures(func(m *vision.Image) *vision.Image { return f(m, level, rng) }), nil
	}
}

func onSound(f func([]float32, int, float64, *rand.Rand) []float32) applier {
	return func(item any, level float64, rng *rand.Rand, _ []float64) (any, error) {
		s, ok := item.(sounds)
		if !ok {
			return nil, fmt.Errorf("cannot add noise to the sound of a %T", item)
		}
		return s.MapSound(func(x dsp.Signal) dsp.Signal {
			return dsp.Signal{Rate: x.Rate, Samples: f(x.Samples, x.Rate, level, rng)}
		}), nil
	}
}

// onVector adds Gaussian noise of level deviations to each value.
func onVector(item any, level float64, rng *rand.Rand, deviation []float64) (any, error) {
	v, ok := item.([]float32)
	if !ok || len(deviation) != len(v) {
		return nil, fmt.Errorf("cannot add noise to a %T with %d deviations", item, len(deviation))
	}
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = x + float32(level*deviation[i]*rng.NormFloat64())
	}
	return out, nil
}

// onTable adds Gaussian noise of level deviations to each number; categories,
// dates and booleans stay.
func onTable(item any, level float64, rng *rand.Rand, deviation []float64) (any, error) {
	r, ok := item.(numbers)
	if !ok {
		return nil, fmt.Errorf("cannot add noise to the numbers of a %T", item)
	}
	return r.MapNumbers(func(field int, v float64) float64 {
		z := rng.NormFloat64()
		if field >= len(deviation) {
			return v
		}
		return v + level*deviation[field]*z
	}), nil
}
