package pretrained_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/encoder"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/conformance"
	"github.com/fusor-ml/fusor/media"
)

// golden returns the folder of a small encoder of the golden material, or skips the test.
func golden(t *testing.T, name string) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join(conformance.Folder(), "encoders", "arch", name))
	if err == nil {
		_, err = os.Stat(dir)
	}
	if err != nil {
		t.Skipf("no golden encoders: %v; set FUSOR_CONFORMANCE", err)
	}
	return dir
}

// files returns a data set of one column, whose cells name files.
func files(kind media.Kind, cells ...[]string) *dataset.Dataset {
	ds := &dataset.Dataset{Path: "t.csv", Schema: dataset.Schema{Columns: []dataset.Column{{Name: "it", Kind: kind}}}}
	for i, names := range cells {
		ds.Rows = append(ds.Rows, dataset.Row{Number: i + 2, Cells: []dataset.Cell{{Files: names}}})
	}
	return ds
}

func near(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range got {
		if math.Abs(float64(got[i]-want[i])) > 1e-5 {
			t.Fatalf("%s: value %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

// TestPictures compares the view of pictures and of films with the encoder itself: several pictures
// or frames are their mean, none is absent.
func TestPictures(t *testing.T) {
	dir := golden(t, "vit")
	e, err := encoder.Open(dir, encoder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	var vectors [][]float32
	film := t.TempDir()
	for _, name := range []string{"picture1.png", "picture2.png"} {
		path := filepath.Join(dir, name)
		m, err := media.ReadImage(t.Context(), media.Folder{}.Source(path), media.ImageOptions{})
		if err != nil {
			t.Fatal(err)
		}
		x, err := e.EncodeImages(context.Background(), nil, []*encoder.Picture{m})
		if err != nil {
			t.Fatal(err)
		}
		names, vectors = append(names, path), append(vectors, x)
		data, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(filepath.Join(film, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	mean := make([]float32, len(vectors[0]))
	for i := range mean {
		mean[i] = (vectors[0][i] + vectors[1][i]) / 2
	}
	ds := files(media.Image, names[:1], names[1:], names, nil)
	got := extract(t, ds, open(t, ds, "image", dir), feature.Extraction{Workers: 2})
	near(t, "the first", got[0], vectors[0])
	near(t, "the second", got[1], vectors[1])
	near(t, "both", got[2], mean)
	if got[3] != nil {
		t.Errorf("no picture has the vector %v", got[3])
	}
	ds = files(media.Video, []string{film}, nil)
	got = extract(t, ds, open(t, ds, "it", dir), feature.Extraction{Workers: 1})
	near(t, "the film", got[0], mean)
	if got[1] != nil {
		t.Errorf("no film has the vector %v", got[1])
	}
}

// TestSounds compares the view of sounds with the encoder itself.
func TestSounds(t *testing.T) {
	for _, name := range []string{"whisper", "wav2vec2"} {
		dir := golden(t, name)
		e, err := encoder.Open(dir, encoder.Options{})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "sound1.wav")
		s, err := media.ReadAudio(t.Context(), media.Folder{}.Source(path))
		if err != nil {
			t.Fatal(err)
		}
		info := e.Info().Sound
		if s.Rate != info.Rate {
			t.Fatalf("%s: the sound has %d samples a second, the encoder takes %d", name, s.Rate, info.Rate)
		}
		want, err := e.EncodeSounds(context.Background(), nil, [][]float32{s.Samples})
		if err != nil {
			t.Fatal(err)
		}
		ds := files(media.Audio, []string{path}, nil)
		got := extract(t, ds, open(t, ds, "audio", dir), feature.Extraction{Workers: 1})
		near(t, name, got[0], want)
		if got[1] != nil {
			t.Errorf("%s: no sound has the vector %v", name, got[1])
		}
	}
}
