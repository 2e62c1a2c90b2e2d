package audio

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/internal/dsp"
	"github.com/fusor-ml/fusor/internal/kernel"
)

// What a view extracts is cached by the view's version. So its bits may move
// only together with it: a cache would mix old and new features, and the same
// data would no longer give the same model.
func TestBitsBelongToTheVersion(t *testing.T) {
	golden := map[string]string{
		"avx512 prosody v1":   "8eaea6cdb9c835ec",
		"avx512 sequence v1":  "b3ee4fa8a9e8530f",
		"avx512 spectral v1":  "93fcb2fc01970bb0",
		"avx512 utterance v2": "d55c08084857526c",
		"avx2 modulation v1":  "9bf7bfa392e5f3ff",
		"avx2 prosody v1":     "8eaea6cdb9c835ec",
		"avx2 sequence v1":    "b3ee4fa8a9e8530f",
		"avx2 spectral v1":    "93fcb2fc01970bb0",
		"avx2 spectral v2":    "e7c25481a60b31af",
		"avx2 utterance v2":   "d55c08084857526c",
		"go modulation v1":    "a060e276139d8942",
		"go prosody v1":       "a4de99b35edb2986",
		"go sequence v1":      "aa327e2c7028fad1",
		"go spectral v1":      "89b5443a187abedb",
		"go spectral v2":      "5cca8021a7eb21ce",
		"go utterance v2":     "309b4c3829b3c36c",
	}
	tier := kernel.ActiveTier().String() // of avx512, modulation and spectral v2 were not seen yet
	if _, known := golden[tier+" spectral v1"]; !known || runtime.GOARCH != "amd64" {
		t.Skipf("no bits are known for %s on %s", tier, runtime.GOARCH)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	x := make([]float32, 24000)
	for i := range x {
		s := float64(i) / 16000
		x[i] = float32(math.Sin(2*math.Pi*(180+90*s)*s)*math.Abs(math.Sin(4*s)) + 0.05*rng.NormFloat64())
	}
	snd := NewSound(&dsp.Signal{Rate: 16000, Samples: x})
	for _, v := range slices.Concat(Modality().Views(), feature.EarlierOf(Modality())) {
		h := sha256.New()
		for _, f := range extract(t, v, snd).Values {
			h.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(f)))
		}
		in := v.Info()
		name := fmt.Sprintf("%s %s v%d", tier, in.Name, in.Version)
		want, known := golden[name]
		if got := fmt.Sprintf("%x", h.Sum(nil)[:8]); known && got != want || !known && tier != "avx512" {
			t.Errorf("%s: the bits are %s, not %q: raise the view's Version, and say so here", name, got, golden[name])
		}
	}
}
