package encoder_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fusor-ml/fusor/encoder"
	"github.com/fusor-ml/fusor/encoder/network"
	"github.com/fusor-ml/fusor/encoder/onnx"
)

// models is the folder of real models: FUSOR_MODELS.
func models(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("FUSOR_MODELS")
	if dir == "" {
		if home, err := os.UserCacheDir(); err == nil {
			dir = filepath.Join(home, "fusor-models")
		}
	}
	dir = filepath.Join(dir, name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no model in %s; set FUSOR_MODELS", dir)
	}
	return dir
}

// BenchmarkTexts encodes batches of random tokens with a MiniLM on one thread. The time is that of
// the processor, so that other processes disturb it less.
func BenchmarkTexts(b *testing.B) {
	e, err := encoder.Open(models(b, "gt-minilm"), encoder.Options{Threads: 1})
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, length := range []int{32, 128, 256} {
		for _, batch := range []int{1, 8} {
			in := make([]network.Input, batch)
			for i := range in {
				ids := make([]int32, length)
				for k := range ids {
					ids[k] = int32(1000 + rng.IntN(8000))
				}
				in[i].Tokens = ids
			}
			b.Run(fmt.Sprintf("length=%d/batch=%d", length, batch), func(b *testing.B) {
				best := time.Hour
				var dst []float32
				for b.Loop() {
					from := cpuTime()
					if dst, err = e.EncodeTokens(b.Context(), dst, in); err != nil {
						b.Fatal(err)
					}
					best = min(best, cpuTime()-from)
				}
				b.ReportMetric(best.Seconds()*1e3/float64(batch), "best-cpu-ms/item")
			})
		}
	}
}

// BenchmarkPictures runs EfficientNet-lite0 on batches of random pictures on one thread.
func BenchmarkPictures(b *testing.B) {
	g, err := onnx.Open(os.DirFS(models(b, "efficientnet-lite0")), "model.onnx", onnx.Options{Workers: 1})
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, batch := range []int{1, 4} {
		pixels := make([]float32, batch*3*224*224)
		for i := range pixels {
			pixels[i] = float32(rng.NormFloat64())
		}
		in := map[string]*onnx.Tensor{g.Inputs()[0].Name: onnx.NewTensor(pixels, batch, 3, 224, 224)}
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			best := time.Hour
			for b.Loop() {
				from := cpuTime()
				if _, err := g.Run(b.Context(), in); err != nil {
					b.Fatal(err)
				}
				best = min(best, cpuTime()-from)
			}
			b.ReportMetric(best.Seconds()*1e3/float64(batch), "best-cpu-ms/item")
		})
	}
}
