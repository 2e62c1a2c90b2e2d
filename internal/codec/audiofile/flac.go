package audiofile

import (
	"errors"
	"fmt"
	"io"

	"github.com/mewkiz/flac"
)

// decodeFLAC reads FLAC (RFC 9639) frame by frame.
func decodeFLAC(r io.ReadSeeker, s *sink) error {
	if err := skipID3(r); err != nil {
		return err
	}
	st, err := flac.New(r)
	if err != nil {
		return unlessEOF(err)
	}
	info := st.Info
	if info.NSamples > 1<<62 {
		return errors.New("the header's length is impossible")
	}
	if err := s.open(int(info.SampleRate), int(info.NChannels), int64(info.NSamples)); err != nil {
		return err
	}
	bits := info.BitsPerSample
	if bits < 4 || bits > 32 {
		return fmt.Errorf("%d bits a sample", bits)
	}
	scale := 1 / float32(uint64(1)<<(bits-1))
	var x []float32
	for {
		f, err := st.ParseNext()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if len(f.Subframes) != s.channels {
			return fmt.Errorf("a frame has %d channels, the header says %d", len(f.Subframes), s.channels)
		}
		n := len(f.Subframes[0].Samples)
		x = resize(x, n*s.channels)
		for c, sub := range f.Subframes {
			if len(sub.Samples) != n {
				return errors.New("a frame's channels differ in length")
			}
			for i, v := range sub.Samples {
				x[i*s.channels+c] = float32(v) * scale
			}
		}
		if err := s.write(x); err != nil {
			return err
		}
	}
	if n := int(info.NSamples); n > 0 && len(s.mono) < n {
		return fmt.Errorf("the header claims %d samples, the file holds %d: it is cut short", n, len(s.mono))
	}
	return nil
}

func resize(x []float32, n int) []float32 {
	if cap(x) < n {
		return make([]float32, n)
	}
	return x[:n]
}

// unlessEOF names an end that comes too early.
func unlessEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the file is cut short")
	}
	return err
}
