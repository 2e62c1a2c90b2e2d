package audio

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/internal/conformance"
	"github.com/fusor-ml/fusor/internal/dsp"
	"github.com/fusor-ml/fusor/media"
)

// audioCase is one audio_*.json of the feature conformance folder.
type audioCase struct {
	File   string `json:"file"`
	Source string `json:"source"`
	Config struct {
		Rate     int     `json:"sample_rate"`
		FFT      int     `json:"n_fft"`
		Window   int     `json:"win_length"`
		Hop      int     `json:"hop_length"`
		Low      float64 `json:"f_min"`
		High     float64 `json:"f_max"`
		Bands    int     `json:"n_mels"`
		Power    float64 `json:"power"`
		Center   bool    `json:"center"`
		Pad      string  `json:"pad_mode"`
		Norm     string  `json:"norm"`
		Scale    string  `json:"mel_scale"`
		Log      string  `json:"log"`
		Cepstra  int     `json:"n_mfcc"`
		DCT      string  `json:"dct"`
		WindowIs string  `json:"window"`
		Within   string  `json:"tolerance"`
	} `json:"config"`
	Samples  int     `json:"samples"`
	Bank     *matrix `json:"mel_filterbank"`
	LogMel   *matrix `json:"log_mel"`
	MFCC     *matrix `json:"mfcc"`
	Length16 int     `json:"resampled_16k_length"`
}

type matrix struct {
	Shape []int     `json:"shape"`
	Data  []float64 `json:"data"`
}

// TestConformanceFeatures computes every audio case of the folder with the
// package's building blocks and compares it with torchaudio's values.
func TestConformanceFeatures(t *testing.T) {
	names, err := conformance.FeatureFiles(conformance.Folder(), "audio_*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		t.Skip("no features/audio_*.json in FUSOR_CONFORMANCE or ../shared/conformance")
	}
	data := sharedDir(t, "FUSOR_DATA", "data")
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".json"), func(t *testing.T) {
			var c audioCase
			if err := conformance.ReadFile(name, &c); err != nil {
				t.Fatal(err)
			}
			c.check(t, filepath.Join(data, filepath.FromSlash(c.File)))
		})
	}
}

func (c *audioCase) check(t *testing.T, file string) {
	g := &c.Config
	if g.Power != 2 || !g.Center || g.Pad != "reflect" || g.Norm != "slaney" || g.Scale != "slaney" ||
		g.Log != "natural log of (mel + 1e-6)" || g.Within != "1e-3 absolute on log mel" || !strings.HasPrefix(g.DCT, "type II, orthonormal") || !strings.HasPrefix(g.WindowIs, "periodic Hann") {
		t.Fatalf("a configuration that this test does not know: %+v", *g)
	}
	sig, err := media.ReadAudio(t.Context(), media.File(file))
	if err != nil {
		t.Fatal(err)
	}
	if sig.Rate != g.Rate || len(sig.Samples) != c.Samples {
		t.Fatalf("%d samples at %d Hz, want %d at %d", len(sig.Samples), sig.Rate, c.Samples, g.Rate)
	}
	if got := len(dsp.Resample(sig.Samples, sig.Rate, 16000)); got != c.Length16 {
		t.Errorf("%d samples at 16 kHz, want %d", got, c.Length16)
	}
	bank := dsp.NewMelBank(dsp.MelConfig{Rate: g.Rate, FFT: g.FFT, Bands: g.Bands, Low: g.Low, High: g.High})
	if c.Bank != nil {
		near(t, "mel_filterbank", bank.Dense(), c.Bank, 1e-6)
	}
	stft, dct := dsp.NewSTFT(g.FFT, g.Window, g.Hop), dsp.NewDCT(g.Bands, g.Cepstra)
	n := stft.Frames(len(sig.Samples))
	mel, mfcc, power := make([]float32, n*g.Bands), make([]float32, n*g.Cepstra), make([]float32, stft.Bins())
	for i := range n {
		stft.Power(power, sig.Samples, i)
		m := mel[i*g.Bands:][:g.Bands]
		bank.Apply(m, power)
		dsp.AddLog(m, 1e-6)
		dct.Apply(mfcc[i*g.Cepstra:][:g.Cepstra], m)
	}
	near(t, "log_mel", mel, c.LogMel, 1e-3)
	near(t, "mfcc", mfcc, c.MFCC, 1e-3)
}

func near(t *testing.T, what string, got []float32, want *matrix, limit float64) {
	t.Helper()
	if len(got) != len(want.Data) {
		t.Errorf("%s: %d values, want %v", what, len(got), want.Shape)
		return
	}
	worst := 0.0
	for i, v := range got {
		worst = max(worst, math.Abs(float64(v)-want.Data[i]))
	}
	if !(worst <= limit) {
		t.Errorf("%s is off by %.2g, at most %.2g is allowed", what, worst, limit)
	}
}

// sharedDir finds a folder beside the repository, or where the variable states.
func sharedDir(t testing.TB, variable, name string) string {
	t.Helper()
	dir := os.Getenv(variable)
	if dir == "" {
		root := "."
		for range 8 {
			if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
				break
			}
			root = filepath.Join(root, "..")
		}
		dir = filepath.Join(root, "..", "shared", name)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no folder %s: set %s to run this", dir, variable)
	}
	return dir
}
