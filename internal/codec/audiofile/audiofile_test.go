package audiofile

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/internal/conformance"
	"github.com/fusor-ml/fusor/internal/dsp"
)

// chirp is the sound in testdata: 0.6 s at 22050 Hz, a rising tone beside a
// steady one. The files were encoded from it with ffmpeg (-bitexact).
func chirp() *dsp.Signal {
	const rate, n = 22050, 13230
	x := make([]float32, n)
	for i := range x {
		t := float64(i) / rate
		v := 0.4*math.Sin(2*math.Pi*(200*t+600*t*t)) + 0.15*math.Sin(2*math.Pi*1500*t+1)
		x[i] = float32(v * min(1, min(t, float64(n-1)/rate-t)/0.05))
	}
	return &dsp.Signal{Rate: rate, Samples: x}
}

// noiseLevel is the power of got-want over that of want, at the best shift of up
// to two samples (the Opus library is 42 µs early in its speech modes).
func noiseLevel(got, want []float32) float64 {
	best := noiseAt(got, want)
	for shift := 1; shift <= 2 && shift < len(got) && shift < len(want); shift++ {
		best = min(best, noiseAt(got[shift:], want), noiseAt(got, want[shift:]))
	}
	return best
}

func noiseAt(got, want []float32) float64 {
	var e, p float64
	for i := range min(len(got), len(want)) {
		d := float64(got[i]) - float64(want[i])
		e += d * d
		p += float64(want[i]) * float64(want[i])
	}
	return e / p
}

func TestDecodeTestdata(t *testing.T) {
	want := chirp()
	f := func(name, format string, rate int, limit float64) {
		t.Helper()
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeWhole(t.Context(), format, bytes.NewReader(data))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		ref := dsp.Resample(want.Samples, want.Rate, rate)
		if got.Rate != rate || len(got.Samples) < len(ref)-2 || len(got.Samples) > len(ref)+2 {
			t.Errorf("%s: %d samples at %d Hz, want %d at %d", name, len(got.Samples), got.Rate, len(ref), rate)
		}
		if e := noiseLevel(got.Samples, ref); e > limit {
			t.Errorf("%s: noise of %.3g, want at most %.3g", name, e, limit)
		}
		for _, cut := range []int{0, 1, 10, 50, len(data) / 3, len(data) - 7} { // never a panic; mostly an error
			sig, err := decodeWhole(t.Context(), format, bytes.NewReader(data[:cut]))
			if err == nil && (len(sig.Samples) == 0 || len(sig.Samples) > len(got.Samples)) {
				t.Errorf("%s cut to %d bytes: %d samples", name, cut, len(sig.Samples))
			}
		}
	}
	f("chirp.flac", "flac", 22050, 1e-8)
	f("chirp.mp3", "mp3", 22050, 0.01)
	f("chirp.ogg", "vorbis", 22050, 0.01)
	f("chirp.opus", "opus", 48000, 0.02)
}

func TestCutShortIsSaid(t *testing.T) {
	for name, format := range map[string]string{"chirp.flac": "flac", "chirp.ogg": "vorbis", "chirp.opus": "opus"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if sig, err := decodeWhole(t.Context(), format, bytes.NewReader(data[:len(data)-100])); err == nil {
			t.Errorf("%s without its last 100 bytes: %d samples and no error", name, len(sig.Samples))
		}
	}
}

func TestDecodeRefusesJunk(t *testing.T) {
	junk := bytes.Repeat([]byte("no sound at all. "), 5000)
	for format := range decoders {
		for _, data := range [][]byte{nil, {0}, junk, make([]byte, 200000), bytes.Repeat([]byte{0xff}, 200000)} {
			if sig, err := decodeWhole(t.Context(), format, bytes.NewReader(data)); err == nil {
				t.Errorf("%s: %d bytes of junk gave %d samples", format, len(data), len(sig.Samples))
			}
		}
	}
	if _, err := decodeWhole(t.Context(), "aac", bytes.NewReader(nil)); !errors.Is(err, ErrUnsupported) {
		t.Errorf("aac: %v", err)
	}
}

// TestEndlessMP3 repeats the frames of a short file for hours.
func TestEndlessMP3(t *testing.T) {
	data, err := os.ReadFile("testdata/chirp.mp3")
	if err != nil {
		t.Fatal(err)
	}
	r := &looped{data: data[len(data)/4:], size: 8 << 30}
	before := allocated()
	_, err = decodeWhole(t.Context(), "mp3", r)
	if err == nil || !strings.Contains(err.Error(), "lasts") {
		t.Errorf("error %v, want one about the length", err)
	}
	if took := allocated() - before; took > 8<<20 {
		t.Errorf("the refusal took %d bytes of memory", took)
	}
}

// TestEndlessFLAC has a header without a length and frames without end.
func TestEndlessFLAC(t *testing.T) {
	data, err := os.ReadFile("testdata/chirp.flac")
	if err != nil {
		t.Fatal(err)
	}
	data = bytes.Clone(data)
	for i := 0; i < 4; i++ { // 36 bits of length after rate, channels and depth
		data[22+i] = 0xff
	}
	data[21] |= 0x0f
	if _, err := decodeWhole(t.Context(), "flac", bytes.NewReader(data)); err == nil || !strings.Contains(err.Error(), "lasts") {
		t.Errorf("error %v, want one about the length", err)
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// looped is a file of size bytes that repeats data.
type looped struct {
	data      []byte
	pos, size int64
}

func (l *looped) Read(p []byte) (int, error) {
	n := copy(p, l.data[l.pos%int64(len(l.data)):])
	l.pos += int64(n)
	return n, nil
}

func (l *looped) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case 0:
		l.pos = offset
	case 1:
		l.pos += offset
	case 2:
		l.pos = l.size + offset
	}
	return l.pos, nil
}

func FuzzWAV(f *testing.F) {
	for _, c := range wavCases {
		f.Add(c.file(chirp().Samples[:400]))
	}
	fuzzFormat(f, "wav", "")
}
func FuzzFLAC(f *testing.F)   { fuzzFormat(f, "flac", "chirp.flac") }
func FuzzMP3(f *testing.F)    { fuzzFormat(f, "mp3", "chirp.mp3") }
func FuzzVorbis(f *testing.F) { fuzzFormat(f, "vorbis", "chirp.ogg") }
func FuzzOpus(f *testing.F)   { fuzzFormat(f, "opus", "chirp.opus") }

func fuzzFormat(f *testing.F, format, seed string) {
	if seed != "" {
		data, err := os.ReadFile(filepath.Join("testdata", seed))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(append(bytes.Clone(data), data...))
		f.Add(append([]byte("ID3\x04\x00\x00\x00\x00\x00\x05junk"), data...))
	}
	for _, g := range goldenFiles {
		if g.format == format {
			f.Add(goldenFile(f, g.file))
		}
	}
	conformance.Seeds(f, func(_ string, data []byte) { f.Add(data) }, map[string]string{"wav": ".wav", "flac": ".flac", "mp3": ".mp3", "vorbis": ".ogg", "opus": ".opus"}[format])
	f.Fuzz(func(t *testing.T, data []byte) {
		if format == "vorbis" || format == "opus" {
			sealPages(data)
		}
		sig, err := decodeWhole(t.Context(), format, bytes.NewReader(data))
		if (err == nil) != (sig != nil) || (err == nil && (len(sig.Samples) == 0 || sig.Rate < minRate)) {
			t.Fatalf("%v and error %v", sig, err)
		}
	})
}

// sealPages corrects the checksums of Ogg pages, so that fuzzing gets past them.
func sealPages(b []byte) {
	for len(b) > 27 && string(b[:4]) == "OggS" {
		n := 27 + int(b[26])
		if n > len(b) {
			return
		}
		for _, v := range b[27:n] {
			n += int(v)
		}
		if n > len(b) {
			return
		}
		clear(b[22:26])
		crc := oggCRC(0, b[:n])
		b[22], b[23], b[24], b[25] = byte(crc), byte(crc>>8), byte(crc>>16), byte(crc>>24)
		b = b[n:]
	}
}
