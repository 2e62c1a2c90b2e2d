package encoder_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
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

// randomTokens returns a batch of random tokens of one length.
func randomTokens(batch, length int) []network.Input {
	rng := rand.New(rand.NewPCG(1, 2))
	in := make([]network.Input, batch)
	for i := range in {
		in[i].Tokens = make([]int32, length)
		for k := range in[i].Tokens {
			in[i].Tokens[k] = int32(1000 + rng.IntN(8000))
		}
	}
	return in
}

// BenchmarkTexts encodes batches of random tokens on one thread with a MiniLM of safetensors and
// with graphs of 32-bit floats and of 8-bit integers. The time is that of the processor, so that
// other processes disturb it less.
func BenchmarkTexts(b *testing.B) {
	for _, model := range []string{"gt-minilm", "all-minilm-l6-v2-q", "bge-small-zh-v15", "bge-small-zh-q"} {
		for _, length := range []int{32, 128, 256} {
			for _, batch := range []int{1, 8} {
				b.Run(fmt.Sprintf("%s/length=%d/batch=%d", model, length, batch), func(b *testing.B) {
					encode := tokensEncoder(b, model, 1, randomTokens(batch, length))
					best := time.Hour
					for b.Loop() {
						from := cpuTime()
						encode()
						best = min(best, cpuTime()-from)
					}
					b.ReportMetric(best.Seconds()*1e3/float64(batch), "best-cpu-ms/item")
				})
			}
		}
	}
}

// BenchmarkPictures runs EfficientNet-lite0 on batches of random pictures on one thread.
func BenchmarkPictures(b *testing.B) {
	for _, batch := range []int{1, 4} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			run := picturesGraph(b, 1, batch)
			best := time.Hour
			for b.Loop() {
				from := cpuTime()
				run()
				best = min(best, cpuTime()-from)
			}
			b.ReportMetric(best.Seconds()*1e3/float64(batch), "best-cpu-ms/item")
		})
	}
}

// BenchmarkTwoThreads measures by the clock how much faster two threads do a batch than one, and
// beside it how much more two encoders of one thread each do in the same time: what the machine's
// cores, caches and memory allow. All three take turns, and the medians over the turns count, as
// the speed of a core changes while it is measured.
func BenchmarkTwoThreads(b *testing.B) {
	if runtime.GOMAXPROCS(0) < 2 {
		b.Skip("it takes two processors")
	}
	for _, c := range []struct{ batch, length int }{{8, 32}, {8, 128}, {8, 256}} {
		b.Run(fmt.Sprintf("gt-minilm/length=%d/batch=%d", c.length, c.batch), func(b *testing.B) {
			in := randomTokens(c.batch, c.length)
			measureThreads(b, func(threads int) func() { return tokensEncoder(b, "gt-minilm", threads, in) })
		})
	}
	for _, batch := range []int{4, 8, 16} {
		b.Run(fmt.Sprintf("efficientnet-lite0/batch=%d", batch), func(b *testing.B) {
			measureThreads(b, func(threads int) func() { return picturesGraph(b, threads, batch) })
		})
	}
}

// measureThreads reports how the work that open returns for one and for two threads scales.
func measureThreads(b *testing.B, open func(threads int) func()) {
	single, other, both := open(1), open(1), open(2)
	clock := func(f func()) float64 {
		from := time.Now()
		f()
		return time.Since(from).Seconds()
	}
	sideBySide := func() {
		var wg sync.WaitGroup
		wg.Go(single)
		wg.Go(other)
		wg.Wait()
	}
	sideBySide()
	both()
	var faster, ceiling []float64
	for b.Loop() {
		one := clock(single)
		ceiling = append(ceiling, 2*one/clock(sideBySide))
		faster = append(faster, one/clock(both))
	}
	slices.Sort(faster)
	slices.Sort(ceiling)
	b.ReportMetric(faster[len(faster)/2], "times-as-fast")
	b.ReportMetric(ceiling[len(ceiling)/2], "side-by-side")
	b.ReportMetric(0, "ns/op")
}

// tokensEncoder returns a function that encodes in with a model.
func tokensEncoder(b *testing.B, model string, threads int, in []network.Input) func() {
	e, err := encoder.Open(models(b, model), encoder.Options{Threads: threads})
	if err != nil {
		b.Fatal(err)
	}
	var dst []float32
	return func() {
		if dst, err = e.EncodeTokens(b.Context(), dst[:0], in); err != nil {
			b.Error(err)
		}
	}
}

// picturesGraph returns a function that runs EfficientNet-lite0 on a batch of random pictures.
func picturesGraph(b *testing.B, threads, batch int) func() {
	g, err := onnx.Open(os.DirFS(models(b, "efficientnet-lite0")), "model.onnx", onnx.Options{Workers: threads})
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	pixels := make([]float32, batch*3*224*224)
	for i := range pixels {
		pixels[i] = float32(rng.NormFloat64())
	}
	in := map[string]*onnx.Tensor{g.Inputs()[0].Name: onnx.NewTensor(pixels, batch, 3, 224, 224)}
	return func() {
		if _, err := g.Run(b.Context(), in); err != nil {
			b.Error(err)
		}
	}
}
