package media

import (
	"context"
	"encoding/binary"
	"strings"
	"testing"
)

// TestLimits: within limits of a context a longer sound is refused, before it is decoded where its
// header has the length.
func TestLimits(t *testing.T) {
	const rate, seconds = 8000, 61
	data := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00")
	data = binary.LittleEndian.AppendUint32(data, rate)
	data = binary.LittleEndian.AppendUint32(data, rate)
	data = append(data, 1, 0, 8, 0)
	data = append(data, "data"...)
	data = binary.LittleEndian.AppendUint32(data, rate*seconds)
	data = append(data, make([]byte, rate*seconds)...)
	binary.LittleEndian.PutUint32(data[4:], uint32(len(data)-8))
	for most, want := range map[int]string{0: "", 61: "", 60: "at most 60 s"} {
		ctx := WithLimits(context.Background(), Limits{Seconds: most})
		sig, err := ReadAudio(ctx, Bytes("a.wav", data))
		switch {
		case want == "" && (err != nil || sig.Seconds() != seconds):
			t.Errorf("at most %d s: %v", most, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("at most %d s: %v, want %s", most, err, want)
		}
	}
}
