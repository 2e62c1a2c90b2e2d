package audiofile

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"testing"
)

// wavOf is a WAVE file of a format chunk, given as words and bytes, and data, in either order.
func wavOf(order binary.ByteOrder, id string, format []any, data []byte) []byte {
	var f bytes.Buffer
	for _, v := range format {
		binary.Write(&f, order, v) //nolint:errcheck // to memory
	}
	var b bytes.Buffer
	b.WriteString(id)
	binary.Write(&b, order, uint32(4+8+f.Len()+8+len(data))) //nolint:errcheck // to memory
	b.WriteString("WAVEfmt ")
	binary.Write(&b, order, uint32(f.Len())) //nolint:errcheck // to memory
	b.Write(f.Bytes())
	b.WriteString("data")
	binary.Write(&b, order, uint32(len(data))) //nolint:errcheck // to memory
	b.Write(data)
	return b.Bytes()
}

// RIFX is RIFF with the highest byte of every number first.
func TestRIFX(t *testing.T) {
	for _, bits := range []int{8, 16, 24, 32, -32, -64} {
		tag, size := uint16(tagPCM), bits/8
		if bits < 0 {
			tag, size = tagFloat, -bits/8
		}
		var little, big []byte
		for i := range 2000 {
			var sample [8]byte
			v := 0.7 * math.Sin(float64(i*i)/900)
			switch bits {
			case -32:
				binary.LittleEndian.PutUint32(sample[:], math.Float32bits(float32(v)))
			case -64:
				binary.LittleEndian.PutUint64(sample[:], math.Float64bits(v))
			default:
				binary.LittleEndian.PutUint64(sample[:], uint64(int64(v*math.Ldexp(1, bits-1))))
			}
			little = append(little, sample[:size]...)
			slices.Reverse(sample[:size])
			big = append(big, sample[:size]...)
		}
		format := []any{tag, uint16(2), uint32(16000), uint32(16000 * 2 * size), uint16(2 * size), uint16(8 * size)}
		want, err := decodeWhole(t.Context(), "wav", bytes.NewReader(wavOf(binary.LittleEndian, "RIFF", format, little)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeWhole(t.Context(), "wav", bytes.NewReader(wavOf(binary.BigEndian, "RIFX", format, big)))
		if err != nil || !slices.Equal(got.Samples, want.Samples) || got.Rate != want.Rate || len(got.Samples) != 1000 {
			t.Errorf("%d bits: %d samples, %v; want %d", bits, len(got.Samples), err, len(want.Samples))
		}
	}
}

// The values are worked out by hand, from the definitions.
func TestADPCM(t *testing.T) {
	f := func(format []any, data []byte, want ...float32) {
		t.Helper()
		got, err := decodeWhole(t.Context(), "wav", bytes.NewReader(wavOf(binary.LittleEndian, "RIFF", format, data)))
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			want[i] /= 1 << 15
		}
		if !slices.Equal(got.Samples, want) {
			t.Errorf("%v, want %v", got.Samples, want)
		}
	}
	ima := func(channels, size uint16) []any {
		return []any{uint16(tagIMAADPCM), channels, uint32(8000), uint32(4000), size, uint16(4), uint16(2), uint16(0)}
	}
	// Of step 16 15/8 up; then, of index 16 and step 34, 5/8 down; then 1/8 of smaller steps.
	f(ima(1, 8), []byte{100, 0, 8, 0, 0xa7, 0x80, 0x00, 0x08}, 100, 130, 109, 112, 109, 112, 114, 112, 114)
	ms := []any{
		uint16(tagMSADPCM), uint16(1), uint32(8000), uint32(4000), uint16(9), uint16(4), uint16(32), uint16(6), uint16(7),
		int16(256), int16(0), int16(512), int16(-256), int16(0), int16(0), int16(192), int16(64), int16(240), int16(0), int16(460), int16(-208), int16(392), int16(-232),
	}
	// 2·200-100 = 300 and 1·20; then 2·320-200 = 440 and -8·17 of the step 230·20/256.
	f(ms, []byte{1, 20, 0, 200, 0, 100, 0, 0x18, 0x00}, 100, 200, 320, 304, 288, 272)
}

// Damaged headers and blocks are errors, of every length.
func TestDamagedADPCM(t *testing.T) {
	for _, tag := range []uint16{tagMSADPCM, tagIMAADPCM} {
		for _, channels := range []uint16{0, 1, 2, 3, 65535} {
			for _, size := range []uint16{0, 4, 7, 14, 40000} {
				format := []any{tag, channels, uint32(8000), uint32(4000), size, uint16(4), uint16(32), uint16(6), uint16(1), int16(256), int16(0)}
				for n := range 40 {
					_, err := decodeWhole(t.Context(), "wav", bytes.NewReader(wavOf(binary.LittleEndian, "RIFF", format, make([]byte, n))))
					_ = err // no panic
				}
			}
		}
	}
}
