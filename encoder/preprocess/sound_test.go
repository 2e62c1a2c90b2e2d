package preprocess_test

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fusor-ml/fusor/encoder/preprocess"
)

// golden returns the folder of golden values for pretrained encoders.
func golden(t testing.TB, parts ...string) string {
	root := os.Getenv("FUSOR_CONFORMANCE")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "conformance")
	}
	dir := filepath.Join(append([]string{root, "encoders"}, parts...)...)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no golden files in %s; set FUSOR_CONFORMANCE", dir)
	}
	return dir
}

func TestSoundsHaveTheGoldenValues(t *testing.T) {
	arch := golden(t, "arch")
	seen := 0
	for _, name := range []string{"whisper", "whisper-128", "wav2vec2", "wav2vec2-stable", "hubert"} {
		dir := filepath.Join(arch, name)
		data, err := os.ReadFile(filepath.Join(dir, "golden.json"))
		if err != nil {
			continue
		}
		var g struct {
			Cases []struct {
				Name     string
				Sound    string
				Features [][]float32 `json:"input_features"`
				Values   []float32   `json:"input_values"`
			}
		}
		if err := json.Unmarshal(data, &g); err != nil {
			t.Fatal(err)
		}
		s, err := preprocess.OpenSound(os.DirFS(dir))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, c := range g.Cases {
			if c.Sound == "" {
				continue
			}
			seen++
			got, shape, err := s.Values(pcm(t, filepath.Join(dir, c.Sound)))
			if err != nil {
				t.Fatal(err)
			}
			want := c.Values
			if c.Features != nil {
				if len(shape) != 2 || shape[0] != len(c.Features) || shape[1] != len(c.Features[0]) {
					t.Fatalf("%s: shape %v", name, shape)
				}
				for _, row := range c.Features {
					want = append(want, row...)
				}
			}
			if len(got) != len(want) {
				t.Fatalf("%s: %d values, want %d", name, len(got), len(want))
			}
			worst := 0.0
			for i := range got {
				worst = max(worst, math.Abs(float64(got[i]-want[i])))
			}
			t.Logf("%s %s: at most %.2g off", name, c.Name, worst)
			if worst > 1e-5 {
				t.Errorf("%s %s: %g off", name, c.Name, worst)
			}
		}
	}
	if seen == 0 {
		t.Error("no case was compared")
	}
}

// pcm reads the samples of a WAV file of 16-bit mono.
func pcm(t *testing.T, path string) []float32 {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b = b[44:]
	x := make([]float32, len(b)/2)
	for i := range x {
		x[i] = float32(int16(binary.LittleEndian.Uint16(b[2*i:]))) / 32768
	}
	return x
}

func TestSoundConfigurations(t *testing.T) {
	open := func(config string) error {
		_, err := preprocess.OpenSound(fstest.MapFS{"preprocessor_config.json": {Data: []byte(config)}})
		return err
	}
	good := func(config string) {
		t.Helper()
		if err := open(config); err != nil {
			t.Errorf("%s: %v", config, err)
		}
	}
	bad := func(config, want string) {
		t.Helper()
		if err := open(config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", config, err, want)
		}
	}
	good(`{"feature_extractor_type": "WhisperFeatureExtractor"}`)
	good(`{"feature_size": 80, "n_fft": 400}`)
	good(`{"feature_size": 1, "sampling_rate": 16000, "padding_value": 0.0, "do_normalize": true}`)
	bad(`{"feature_extractor_type": "ASTFeatureExtractor"}`, "ASTFeatureExtractor")
	bad(`{}`, "names no feature_extractor_type")
	bad(`{"feature_size": 1, "sampling_rate": 0}`, "sampling_rate 0")
	bad(`{"n_fft": 401}`, "401")
	bad(`{"n_fft": 400, "hop_length": 0}`, "hop_length 0")
	bad(`{"n_fft": 400, "hop_length": 1, "chunk_length": 3600}`, "too large")
	bad(`{"n_fft": 400, "chunk_length": -1}`, "chunk_length -1")
	bad(`{"n_fft": 400, "dither": 0.1}`, "dither")
	bad(`{"n_fft": 400, "feature_size": 0}`, "feature_size 0")
	bad(`{"n_fft": 400, "n_samples": 5}`, "n_samples 5")
	bad(`{"n_fft": "400"}`, "cannot read preprocessor_config.json")
	bad(`[`, "cannot read preprocessor_config.json")
	if _, err := preprocess.OpenSound(fstest.MapFS{}); !errors.Is(err, preprocess.ErrNoConfig) {
		t.Errorf("without a file: %v", err)
	}
	section := fstest.MapFS{"processor_config.json": {Data: []byte(`{"feature_extractor": {"n_fft": 400}}`)}}
	if s, err := preprocess.OpenSound(section); err != nil || s.Bands() != 80 {
		t.Errorf("in processor_config.json: %v", err)
	}
}

func TestEmptySounds(t *testing.T) {
	wave, err := preprocess.OpenSound(fstest.MapFS{"preprocessor_config.json": {Data: []byte(`{"feature_size": 1}`)}})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := wave.Values(nil); err == nil {
		t.Error("no error for an empty waveform")
	}
	mel, err := preprocess.OpenSound(fstest.MapFS{"preprocessor_config.json": {Data: []byte(`{"n_fft": 400, "chunk_length": 1}`)}})
	if err != nil {
		t.Fatal(err)
	}
	values, _, err := mel.Values(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range values {
		if v != -1.5 { // (-10+4)/4
			t.Fatalf("silence has the value %v", v)
		}
	}
}

func BenchmarkLogMel30s(b *testing.B) {
	s, err := preprocess.OpenSound(fstest.MapFS{"preprocessor_config.json": {Data: []byte(`{"n_fft": 400}`)}})
	if err != nil {
		b.Fatal(err)
	}
	x := make([]float32, s.Chunk)
	for i := range x {
		x[i] = float32(math.Sin(float64(i) * 0.05))
	}
	for b.Loop() {
		if _, _, err := s.Values(x); err != nil {
			b.Fatal(err)
		}
	}
}
