package audiofile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// chunk is a chunk of a RIFF file, or with another order of a FORM.
func chunk(order binary.AppendByteOrder, id string, body []byte) []byte {
	b := append(order.AppendUint32([]byte(id), uint32(len(body))), body...)
	if len(body)%2 == 1 {
		b = append(b, 0)
	}
	return b
}

// plainCoding is how samples are stored in a test file.
type plainCoding struct {
	name   string
	tag    uint16 // of WAV
	bits   int
	aiff   string // AIFF-C
	au     uint32
	nist   string
	little bool // in AIFF and NIST
}

var plainCodings = []plainCoding{
	{"8 bits", tagPCM, 8, "NONE", 2, "pcm", false},
	{"16 bits", tagPCM, 16, "NONE", 3, "pcm", false},
	{"16 bits, little", tagPCM, 16, "sowt", 0, "pcm", true},
	{"24 bits", tagPCM, 24, "in24", 4, "pcm", false},
	{"24 bits, little", tagPCM, 24, "sowt", 0, "pcm", true},
	{"32 bits", tagPCM, 32, "in32", 5, "pcm", false},
	{"float32", tagFloat, 32, "fl32", 6, "", false},
	{"float64", tagFloat, 64, "FL64", 7, "", false},
	{"A-law", tagALaw, 8, "alaw", 27, "alaw", false},
	{"µ-law", tagMuLaw, 8, "ulaw", 1, "ulaw", false},
}

// plainFiles are the same samples as WAV and in the other formats.
func plainFiles(c plainCoding, channels, rate, frames int) (wav []byte, others map[string][]byte) {
	r := rand.New(rand.NewPCG(uint64(c.bits), uint64(channels*rate)))
	n := c.bits / 8
	data := make([]byte, frames*channels*n)
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	if c.tag == tagFloat { // of full scale
		for at := 0; at < len(data); at += n {
			if v := r.Float64()*2 - 1; n == 4 {
				binary.Append(data[at:at], binary.LittleEndian, float32(v)) //nolint:errcheck // a number
			} else {
				binary.Append(data[at:at], binary.LittleEndian, v) //nolint:errcheck // a number
			}
		}
	}
	le, be := binary.LittleEndian, binary.BigEndian
	format := le.AppendUint16(le.AppendUint16(nil, c.tag), uint16(channels))
	format = le.AppendUint32(le.AppendUint32(format, uint32(rate)), uint32(rate*channels*n))
	format = le.AppendUint16(le.AppendUint16(format, uint16(channels*n)), uint16(c.bits))
	wav = slices.Concat([]byte("WAVE"), chunk(le, "fmt ", format), chunk(le, "data", data))
	wav = chunk(le, "RIFF", wav)

	signed := bytes.Clone(data)
	if c.tag == tagPCM && c.bits == 8 {
		for i := range signed {
			signed[i] ^= 0x80
		}
	}
	swapped := bytes.Clone(signed)
	for at := 0; at < len(swapped); at += n {
		slices.Reverse(swapped[at : at+n])
	}
	stored := swapped
	if c.little {
		stored = signed
	}
	others = map[string][]byte{}
	// The rate as a number of 80 bits.
	exponent := uint16(16383 + 63)
	mantissa := uint64(rate)
	for mantissa>>63 == 0 {
		mantissa, exponent = mantissa<<1, exponent-1
	}
	common := be.AppendUint32(be.AppendUint16(nil, uint16(channels)), uint32(frames))
	common = be.AppendUint64(be.AppendUint16(be.AppendUint16(common, uint16(c.bits)), exponent), mantissa)
	samples := chunk(be, "SSND", append(make([]byte, 8), stored...))
	odd := chunk(be, "NAME", []byte("odd"))
	others["aiff"] = chunk(be, "FORM", slices.Concat([]byte("AIFC"), chunk(be, "FVER", make([]byte, 4)), odd, chunk(be, "COMM", append(common, c.aiff+"\x00\x00"...)), samples))
	if c.aiff == "NONE" {
		others["aiff, the format last"] = chunk(be, "FORM", slices.Concat([]byte("AIFF"), samples, chunk(be, "COMM", common)))
	}
	if c.au > 0 {
		head := []byte(".snd")
		for _, v := range []uint32{28, uint32(len(data)), c.au, uint32(rate), uint32(channels), 0} {
			head = be.AppendUint32(head, v)
		}
		others["au"] = append(bytes.Clone(head), swapped...)
		be.PutUint32(head[8:], 0xffffffff)
		others["au of a pipe"] = append(head, swapped...)
	}
	if c.nist != "" {
		order := "10"
		if c.little {
			order = "01"
		}
		head := fmt.Sprintf("NIST_1A\n   1024\nchannel_count -i %d\nsample_count -i %d\nsample_rate -i %d\nsample_n_bytes -i %d\nsample_byte_format -s%d %s\nsample_coding -s%d %s\nend_head\n",
			channels, frames, rate, n, len(order), order, len(c.nist), c.nist)
		others["nist"] = append([]byte(fmt.Sprintf("%-1024s", head)), stored...)
	}
	return wav, others
}

// The same samples must be the same sound in every format of plain samples.
func TestPlainFormats(t *testing.T) {
	for _, c := range plainCodings {
		for _, channels := range []int{1, 2, 3, 6} {
			for _, rate := range []int{8000, 11025, 44100, 96000} {
				wav, others := plainFiles(c, channels, rate, 777)
				want, err := decodeWhole(t.Context(), "wav", bytes.NewReader(wav))
				if err != nil {
					t.Fatal(err)
				}
				for name, data := range others {
					format, _, _ := bytes.Cut([]byte(name), []byte(","))
					format, _, _ = bytes.Cut(format, []byte(" "))
					got, err := decodeWhole(t.Context(), string(format), bytes.NewReader(data))
					if err != nil || got.Rate != rate || !slices.Equal(got.Samples, want.Samples) {
						t.Errorf("%s, %s, %d channels, %d Hz: %v", name, c.name, channels, rate, err)
					}
					if _, err := decodeWhole(t.Context(), string(format), bytes.NewReader(data[:len(data)/2])); err == nil && name != "au of a pipe" && name != "aiff, the format last" {
						t.Errorf("%s, %s: half of the file is read", name, c.name)
					}
				}
			}
		}
	}
	// A tag before the sound, as some programs write for any format.
	wav, _ := plainFiles(plainCodings[1], 2, 16000, 500)
	want, err := decodeWhole(t.Context(), "wav", bytes.NewReader(wav))
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeWhole(t.Context(), "mp3", bytes.NewReader(append([]byte("ID3\x03\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00"), wav...)))
	if err != nil || !slices.Equal(got.Samples, want.Samples) {
		t.Errorf("a WAV behind a tag: %v", err)
	}
}

func FuzzPlain(f *testing.F) {
	for _, c := range plainCodings {
		_, others := plainFiles(c, 2, 8000, 3)
		for _, data := range others {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, format := range []string{"aiff", "au", "nist"} {
			sig, err := decodeWhole(t.Context(), format, bytes.NewReader(data))
			if err == nil && (len(sig.Samples) == 0 || len(sig.Samples) > len(data)) {
				t.Fatalf("%s: %d samples of %d bytes", format, len(sig.Samples), len(data))
			}
		}
	})
}
