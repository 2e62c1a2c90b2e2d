package audio

import (
	"math"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature/featuretest"
	"github.com/fusor-ml/fusor/internal/dsp"
	"github.com/fusor-ml/fusor/media"
)

func TestLaws(t *testing.T) {
	dir := t.TempDir()
	var cells []dataset.Cell
	for name, s := range map[string]struct {
		rate    int
		seconds float64
	}{"a.wav": {16000, 1}, "b.wav": {8000, 0.02}, "c.wav": {44100, 0.6}} {
		x := make([]float32, int(float64(s.rate)*s.seconds))
		for i := range x {
			at := float64(i) / float64(s.rate)
			x[i] = float32(0.4*math.Sin(2*math.Pi*(300+200*at)*at) + 0.01*math.Sin(1e5*at*at))
		}
		writeWAV(t, dir, name, &dsp.Signal{Rate: s.rate, Samples: x})
		cells = append(cells, dataset.Cell{Files: []string{name}})
	}
	writeWAV(t, dir, "silence.wav", &dsp.Signal{Rate: 16000, Samples: make([]float32, 8000)})
	cells = append(cells, dataset.Cell{Files: []string{"silence.wav"}}, dataset.Cell{Files: []string{"a.wav", "b.wav"}})
	featuretest.Run(t, Modality(), &dataset.Column{Name: "sound", Kind: media.Audio}, media.Folder{Dir: dir}, cells...)
}
