package audiofile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/internal/dsp"
)

// wavCase writes one kind of WAV.
type wavCase struct {
	name       string
	tag        uint16
	bits       int
	channels   int
	extensible bool
	odd        bool    // an odd chunk before the format and one after the samples
	step       float64 // largest error of a sample
}

var wavCases = []wavCase{
	{"pcm8", tagPCM, 8, 1, false, false, 1.5 / 128},
	{"pcm16", tagPCM, 16, 1, false, false, 2. / 32768},
	{"pcm16 stereo, odd chunks", tagPCM, 16, 2, false, true, 2. / 32768},
	{"pcm24", tagPCM, 24, 1, false, false, 1e-6},
	{"pcm24 extensible, 3 channels", tagPCM, 24, 3, true, false, 1e-6},
	{"pcm32", tagPCM, 32, 2, true, true, 1e-6},
	{"float32", tagFloat, 32, 1, false, false, 0},
	{"float64 extensible", tagFloat, 64, 2, true, false, 1e-7},
	{"alaw", tagALaw, 8, 1, false, false, 0.02},
	{"mulaw", tagMuLaw, 8, 2, false, true, 0.02},
}

func (c wavCase) file(x []float32) []byte {
	le := binary.LittleEndian
	var data []byte
	for _, v := range x {
		for range c.channels {
			switch {
			case c.tag == tagALaw:
				data = append(data, nearest(aLaw, v))
			case c.tag == tagMuLaw:
				data = append(data, nearest(muLaw, v))
			case c.tag == tagFloat && c.bits == 32:
				data = le.AppendUint32(data, math.Float32bits(v))
			case c.tag == tagFloat:
				data = le.AppendUint64(data, math.Float64bits(float64(v)))
			case c.bits == 8:
				data = append(data, byte(math.Round(float64(v)*127)+128))
			default:
				q := int64(math.Round(float64(v) * float64(int64(1)<<(c.bits-1)-1)))
				for k := range c.bits / 8 {
					data = append(data, byte(q>>(8*k)))
				}
			}
		}
	}
	tag, fmtSize := c.tag, 16
	if c.extensible {
		tag, fmtSize = tagExtensible, 40
	}
	align := c.channels * c.bits / 8
	out := []byte("RIFF\x00\x00\x00\x00WAVE")
	if c.odd {
		out = append(out, "LIST\x03\x00\x00\x00abc\x00"...)
	}
	out = append(out, "fmt "...)
	out = le.AppendUint32(out, uint32(fmtSize))
	out = le.AppendUint16(out, tag)
	out = le.AppendUint16(out, uint16(c.channels))
	out = le.AppendUint32(out, 16000)
	out = le.AppendUint32(out, uint32(16000*align))
	out = le.AppendUint16(out, uint16(align))
	out = le.AppendUint16(out, uint16(c.bits))
	if c.extensible {
		out = le.AppendUint16(out, 22)
		out = le.AppendUint16(out, uint16(c.bits))
		out = le.AppendUint32(out, 0)
		out = le.AppendUint16(out, c.tag)
		out = append(out, "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"...)
	}
	out = append(out, "data"...)
	out = le.AppendUint32(out, uint32(len(data)))
	out = append(out, data...)
	if c.odd {
		if len(data)%2 == 1 {
			out = append(out, 0)
		}
		out = append(out, "id3 \x01\x00\x00\x00x\x00"...)
	}
	le.PutUint32(out[4:], uint32(len(out)-8))
	return out
}

func nearest(table *[256]float32, v float32) byte {
	best := 0
	for i, w := range table {
		if math.Abs(float64(w-v)) < math.Abs(float64(table[best]-v)) {
			best = i
		}
	}
	return byte(best)
}

func TestWAVFormats(t *testing.T) {
	want := chirp().Samples
	for _, c := range wavCases {
		sig, err := decodeWhole(t.Context(), "wav", bytes.NewReader(c.file(want)))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if sig.Rate != 16000 || len(sig.Samples) != len(want) {
			t.Errorf("%s: %d samples at %d Hz", c.name, len(sig.Samples), sig.Rate)
			continue
		}
		for i, v := range want {
			if d := math.Abs(float64(sig.Samples[i] - v)); d > c.step {
				t.Errorf("%s: sample %d is off by %g", c.name, i, d)
				break
			}
		}
	}
}

func TestG711(t *testing.T) {
	// Corner values of ITU-T G.711, tables 1 and 2, in 16-bit units.
	for in, want := range map[byte]float32{0xd5: 8, 0x55: -8, 0xaa: 32256, 0x2a: -32256} {
		if got := aLaw[in] * 32768; got != want {
			t.Errorf("A-law 0x%02x is %g, want %g", in, got, want)
		}
	}
	for in, want := range map[byte]float32{0xff: 0, 0x7f: 0, 0x80: 32124, 0x00: -32124, 0xfe: 8} {
		if got := muLaw[in] * 32768; got != want {
			t.Errorf("µ-law 0x%02x is %g, want %g", in, got, want)
		}
	}
}

func TestWAVRefusals(t *testing.T) {
	le := binary.LittleEndian
	good := wavCase{tag: tagPCM, bits: 16, channels: 1}.file(chirp().Samples[:1000])
	f := func(what, want string, change func(b []byte) []byte) {
		t.Helper()
		data := change(bytes.Clone(good))
		before := allocated()
		_, err := decodeWhole(t.Context(), "wav", bytes.NewReader(data))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", what, err, want)
		}
		if took := allocated() - before; took > 2<<20 {
			t.Errorf("%s: the refusal took %d bytes", what, took)
		}
	}
	put16 := func(at int, v uint16) func([]byte) []byte {
		return func(b []byte) []byte { le.PutUint16(b[at:], v); return b }
	}
	put32 := func(at int, v uint32) func([]byte) []byte {
		return func(b []byte) []byte { le.PutUint32(b[at:], v); return b }
	}
	f("a GB claimed", "claims 1073741824 bytes", func(b []byte) []byte {
		le.PutUint32(b[4:], 1<<30+36)
		le.PutUint32(b[40:], 1<<30)
		return b
	})
	f("truncated", "the file holds 956", func(b []byte) []byte { return b[:1000] })
	f("header alone", "claims", func(b []byte) []byte { return b[:44] })
	f("cut in the format", "cut off", func(b []byte) []byte { return b[:30] })
	f("no samples", "no samples", func(b []byte) []byte { le.PutUint32(b[40:], 0); return b[:44] })
	f("no data chunk", "no chunk of samples", func(b []byte) []byte { return b[:36] })
	f("not a WAV", "no RIFF/WAVE", func(b []byte) []byte { return []byte("hello, this is text") })
	f("rate 0", "sampling rate of 0", put32(24, 0))
	f("rate of 4 GHz", "sampling rate", put32(24, 0xffffffff))
	f("no channels", "0 channels", put16(22, 0))
	f("many channels", "channels", put16(22, 65535))
	f("24 bits in 32", "blocks of 4 bytes", func(b []byte) []byte { le.PutUint16(b[34:], 24); le.PutUint16(b[32:], 4); return b })
	f("0 bits", "bits", put16(34, 0))
	f("data before format", "come before", func(b []byte) []byte { return append(append([]byte{}, b[:12]...), b[36:]...) })
	f("GSM 6.10", "0x0031", put16(20, 0x31))
	f("ADPCM", "lacks the coefficients", put16(20, 2))
	f("too long", "lasts", func([]byte) []byte {
		c := wavCase{tag: tagPCM, bits: 8, channels: 1}.file(make([]float32, 700_000))
		le.PutUint32(c[24:], 1000)
		return c
	})
	nan := wavCase{tag: tagFloat, bits: 32, channels: 1}.file([]float32{0, float32(math.NaN()), 0})
	f("NaN", "no sound", func([]byte) []byte { return nan })
	if _, err := decodeWhole(t.Context(), "wav", bytes.NewReader(put16(20, 0x55)(bytes.Clone(good)))); !errors.Is(err, ErrUnsupported) {
		t.Errorf("MP3 in WAV: %v is no ErrUnsupported", err)
	}
}

// TestWAVSizes claims sizes of the samples that cannot be meant.
func TestWAVSizes(t *testing.T) {
	le := binary.LittleEndian
	want := chirp().Samples[:1000]
	good := wavCase{tag: tagPCM, bits: 16, channels: 1}.file(want)
	f := func(what string, change func(b []byte) []byte) {
		t.Helper()
		sig, err := decodeWhole(t.Context(), "wav", bytes.NewReader(change(bytes.Clone(good))))
		if err != nil {
			t.Errorf("%s: %v", what, err)
		} else if len(sig.Samples) != len(want) || noiseAt(sig.Samples, want) > 1e-7 {
			t.Errorf("%s: %d samples, noise of %g", what, len(sig.Samples), noiseAt(sig.Samples, want))
		}
	}
	for _, size := range []uint32{0, 0x7ffff000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff, 5000} {
		f(fmt.Sprintf("0x%x bytes", size), func(b []byte) []byte { le.PutUint32(b[40:], size); return b })
	}
	f("both sizes open", func(b []byte) []byte {
		le.PutUint32(b[4:], 0xffffffff)
		le.PutUint32(b[40:], 0xffffffff)
		return b
	})
	f("neither size written", func(b []byte) []byte { le.PutUint32(b[4:], 0); le.PutUint32(b[40:], 0); return b })
	f("an odd byte at the end", func(b []byte) []byte { le.PutUint32(b[40:], 0xffffffff); return append(b, 1) })
	for _, id := range []string{"RF64", "BW64"} {
		f(id, func(b []byte) []byte {
			ds64 := append([]byte("ds64\x1c\x00\x00\x00"), make([]byte, 28)...)
			le.PutUint64(ds64[8:], uint64(len(b)+28))
			le.PutUint64(ds64[16:], 2000)
			copy(b, id+"\xff\xff\xff\xff")
			le.PutUint32(b[40:], 0xffffffff)
			return append(append(append([]byte{}, b[:12]...), ds64...), append(b[12:], "LIST\x04\x00\x00\x00abcd"...)...)
		})
	}
	f("an odd chunk without padding", func(b []byte) []byte {
		return append(append(append([]byte{}, b[:12]...), "note\x03\x00\x00\x00abc"...), b[12:]...)
	})
	f("an odd chunk and its padding", func(b []byte) []byte {
		return append(append(append([]byte{}, b[:12]...), "note\x03\x00\x00\x00abc\x00"...), b[12:]...)
	})
	for _, align := range []uint16{0, 1, 3, 4, 7} {
		f(fmt.Sprintf("blocks of %d bytes", align), func(b []byte) []byte { le.PutUint16(b[32:], align); return b })
	}
	empty := le.AppendUint32(append(bytes.Clone(good[:40]), 0, 0, 0, 0), 0)
	copy(empty[44:], "LIST")
	empty = append(empty, "\x04\x00\x00\x00INFO"...)
	if sig, err := decodeWhole(t.Context(), "wav", bytes.NewReader(empty)); !errors.Is(err, ErrEmpty) {
		t.Errorf("no samples before a list: %v, %v", sig, err)
	}
}

func TestWAV12BitsInSixteen(t *testing.T) {
	b := wavCase{tag: tagPCM, bits: 16, channels: 1}.file([]float32{0.5, -0.5})
	binary.LittleEndian.PutUint16(b[34:], 12)
	sig, err := decodeWhole(t.Context(), "wav", bytes.NewReader(b))
	if err != nil || math.Abs(float64(sig.Samples[0])-0.5) > 1e-3 {
		t.Errorf("%v, %v", sig, err)
	}
}

func TestWriteWAV(t *testing.T) {
	want := chirp()
	want.Samples[0], want.Samples[1] = 3, -3 // clipped
	var buf bytes.Buffer
	if err := WriteWAV(&buf, want); err != nil {
		t.Fatal(err)
	}
	got, err := decodeWhole(t.Context(), "wav", &buf2{bytes.NewReader(buf.Bytes())})
	if err != nil {
		t.Fatal(err)
	}
	if got.Rate != want.Rate || len(got.Samples) != len(want.Samples) || got.Samples[0] < 0.999 || got.Samples[1] != -1 {
		t.Fatalf("%d samples at %d Hz start with %v", len(got.Samples), got.Rate, got.Samples[:2])
	}
	for i, v := range want.Samples[2:] {
		if math.Abs(float64(got.Samples[i+2]-v)) > 1./65536+1e-7 {
			t.Fatalf("sample %d is %g, want %g", i+2, got.Samples[i+2], v)
		}
	}
	if err := WriteWAV(&buf, &dsp.Signal{}); err == nil {
		t.Error("a signal without a rate was written")
	}
}

// buf2 hides everything but reading and seeking.
type buf2 struct{ r *bytes.Reader }

func (b *buf2) Read(p []byte) (int, error)                { return b.r.Read(p) }
func (b *buf2) Seek(off int64, whence int) (int64, error) { return b.r.Seek(off, whence) }

func BenchmarkWAV(b *testing.B) {
	data := wavCase{tag: tagPCM, bits: 16, channels: 1}.file(make([]float32, 4000))
	b.Run(fmt.Sprint(len(data)), func(b *testing.B) {
		for b.Loop() {
			if _, err := decodeWhole(b.Context(), "wav", bytes.NewReader(data)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
