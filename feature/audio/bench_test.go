package audio

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/dsp"
	"github.com/fusor-ml/fusor/media"
)

// BenchmarkFiles extracts from real files of 8 kHz, decoding included. The case
// mfcc computes what a Python user would with torchaudio or librosa: 40
// log-mel bands and 13 MFCC (512 points, window 400, hop 160), mean and
// deviation. Run it with -cpu 1.
func BenchmarkFiles(b *testing.B) {
	dir := filepath.Join(sharedDir(b, "FUSOR_DATA", "data"), "av_digits")
	f, err := os.Open(filepath.Join(dir, "manifest.csv"))
	if err != nil {
		b.Skip(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		b.Fatal(err)
	}
	var files []string
	for _, r := range rows[1:601] {
		files = append(files, filepath.Join(dir, r[3]))
	}
	run := func(name string, item func(file string) error) {
		b.Run(name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				for _, file := range files {
					if err := item(file); err != nil {
						b.Fatal(err)
					}
					n++
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "items/s")
		})
	}
	run("decode", func(file string) error {
		_, err := media.ReadAudio(b.Context(), media.File(file))
		return err
	})
	bank := dsp.NewMelBank(dsp.MelConfig{Rate: 8000, FFT: 512, Bands: 40, High: 4000})
	stft, dct := dsp.NewSTFT(512, 400, 160), dsp.NewDCT(40, 13)
	power, mel := make([]float32, stft.Bins()), make([]float32, 40)
	run("mfcc", func(file string) error {
		sig, err := media.ReadAudio(b.Context(), media.File(file))
		if err != nil {
			return err
		}
		mfcc := make([]float32, 13*stft.Frames(len(sig.Samples)))
		for t := range len(mfcc) / 13 {
			stft.Power(power, sig.Samples, t)
			bank.Apply(mel, power)
			dsp.AddLog(mel, 1e-6)
			dct.Apply(mfcc[13*t:][:13], mel)
		}
		meanDev(mfcc, 13)
		return nil
	})
	views := func(vs ...feature.View) func(string) error {
		return func(file string) error {
			snd, err := Modality().Open(b.Context(), &dataset.Cell{Files: []string{file}}, nil, media.Folder{})
			for _, v := range vs {
				if err == nil {
					_, err = v.Extract(snd)
				}
			}
			return err
		}
	}
	run("spectral", views(Spectral{}))
	run("prosody", views(Prosody{}))
	run("sequence", views(Sequence{}))
	run("all", views(Modality().Views()...))
}
