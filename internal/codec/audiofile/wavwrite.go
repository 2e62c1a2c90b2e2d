package audiofile

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/fusor-ml/fusor/internal/dsp"
)

// WriteWAV writes s as a mono WAV of 16 bits; samples past ±1 are clipped.
func WriteWAV(w io.Writer, s *dsp.Signal) error {
	n := 2 * len(s.Samples)
	if int64(n) > math.MaxUint32-64 || s.Rate < 1 || int64(s.Rate) > math.MaxUint32/2 {
		return fmt.Errorf("cannot write WAV: %d samples at %d Hz do not fit", len(s.Samples), s.Rate)
	}
	le := binary.LittleEndian
	b := make([]byte, 44, 44+n)
	copy(b, "RIFF")
	le.PutUint32(b[4:], uint32(36+n))
	copy(b[8:], "WAVEfmt ")
	le.PutUint32(b[16:], 16)
	le.PutUint16(b[20:], tagPCM)
	le.PutUint16(b[22:], 1)
	le.PutUint32(b[24:], uint32(s.Rate))
	le.PutUint32(b[28:], uint32(2*s.Rate))
	le.PutUint16(b[32:], 2)
	le.PutUint16(b[34:], 16)
	copy(b[36:], "data")
	le.PutUint32(b[40:], uint32(n))
	for _, v := range s.Samples {
		q := math.Round(float64(max(-1, min(1, v))) * (1 << 15))
		b = le.AppendUint16(b, uint16(int16(min(q, 1<<15-1))))
	}
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("cannot write WAV: %w", err)
	}
	return nil
}
