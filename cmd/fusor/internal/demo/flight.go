package demo

import (
	"bytes"
	"image/color"
	"image/jpeg"
	"math"

	"github.com/fusor-ml/fusor/internal/codec/audiofile"
	"github.com/fusor-ml/fusor/internal/codec/avi"
	"github.com/fusor-ml/fusor/internal/dsp"
)

// song is the recording: song and size can be heard.
func song(b bird) ([]byte, error) {
	var out bytes.Buffer
	err := audiofile.WriteWAV(&out, &dsp.Signal{Rate: sampleRate, Samples: chirps(b.rng, b.large, b.song, 0.7+0.3*b.rng.Float64())})
	return out.Bytes(), err
}

// flight films the bird from afar, a dark dot against the sky: large birds
// glide, small ones flutter; those whose song falls come down. The sound track
// is wind and a faint song.
func flight(b bird) ([]byte, error) {
	const frames, side = 12, 48
	sky := color.RGBA{190, 205, 220, 255}
	x0, y0 := 6+4*b.rng.Float64(), 20+8*b.rng.Float64()
	var pictures [][]byte
	for i := range frames {
		s := newScene(side, side, b.rng, sky)
		t := float64(i) / (frames - 1)
		y := y0
		if b.song {
			y -= 12 * t
		} else {
			y += 12 * t
		}
		span := 3.0
		if !b.large {
			y += 5 * math.Sin(9*math.Pi*t)
			span = 2 + 2.5*float64(i%2)
		}
		s.ellipse(x0+32*t, y, 3.2, 2, 0, color.RGBA{40, 40, 45, 255})
		s.ellipse(x0+32*t, y-1, 1.4, span, 0, color.RGBA{60, 60, 66, 255})
		var p bytes.Buffer
		if err := jpeg.Encode(&p, s, &jpeg.Options{Quality: 85}); err != nil {
			return nil, err
		}
		pictures = append(pictures, p.Bytes())
	}
	faint := chirps(b.rng, b.large, b.song, 1.2)
	sound := make([]int16, len(faint))
	for i, v := range faint {
		sound[i] = int16(4000*float64(v) + 900*b.rng.NormFloat64())
	}
	var out bytes.Buffer
	err := avi.Write(&out, avi.Info{Width: side, Height: side, FrameSeconds: 0.1, Rate: sampleRate}, pictures, sound)
	return out.Bytes(), err
}
