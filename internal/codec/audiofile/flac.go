package audiofile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/mewkiz/flac"
)

// decodeFLAC reads FLAC (RFC 9639) frame by frame. Tags and zeros before and
// behind the stream are stepped over.
func decodeFLAC(r io.ReadSeeker, s *sink) error {
	start, err := skipID3(r)
	if err != nil {
		return err
	}
	if ok, err := holdsFLAC(r, start); err != nil {
		return err
	} else if !ok {
		// Some files have other junk in front than tags: the stream's mark is looked for.
		if start, err = findFLAC(r, 0); err != nil {
			return err
		} else if start < 0 {
			return errors.New("no FLAC stream")
		}
	}
	if _, err := r.Seek(start, io.SeekStart); err != nil {
		return err
	}
	b := bufio.NewReaderSize(r, blockBytes) // the library takes it as it is, so that b is at the next frame
	st, err := flac.New(b)
	if err != nil {
		return unlessEOF(err)
	}
	info := st.Info
	// 36 bits in the format; the library's type is wider.
	if info.NSamples > 1<<62 {
		return errors.New("the header's length is impossible")
	}
	if err := s.open(int(info.SampleRate), int(info.NChannels), int64(info.NSamples)); err != nil {
		return err
	}
	bits := info.BitsPerSample
	// Checked before the shift below.
	if bits < 4 || bits > 32 {
		return fmt.Errorf("%d bits a sample", bits)
	}
	scale := 1 / float32(uint64(1)<<(bits-1))
	var x []float32
	for {
		if done, err := endOfFLAC(b); done || err != nil {
			// Junk behind a stream of known length is not the sound's fault.
			if err != nil && !(info.NSamples > 0 && uint64(len(s.mono)) >= info.NSamples) {
				return err
			}
			break
		}
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
			// The library fills each channel by itself; a short one would shift all that is interleaved.
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
	// Zero means unknown, as of an encoder that wrote to a pipe.
	if n := int(info.NSamples); n > 0 && len(s.mono) < n {
		return fmt.Errorf("the header claims %d samples, the file holds %d: it is cut short", n, len(s.mono))
	}
	return nil
}

// endOfFLAC reports whether no frame follows but the end, a tag or zeros. The
// error is of anything else.
func endOfFLAC(b *bufio.Reader) (bool, error) {
	head, err := b.Peek(4)
	switch {
	case len(head) == 0:
		return true, nil
	case len(head) < 4 && errors.Is(err, io.EOF):
		return true, nil
	case err != nil:
		return true, err
	case head[0] == 0xff && head[1]&0xfc == 0xf8: // the sync code
		return false, nil
	}
	for _, tag := range []string{"TAG", "ID3", "APE", "LYR", "\x00\x00\x00\x00"} {
		if bytes.HasPrefix(head, []byte(tag)) {
			return true, nil
		}
	}
	return true, fmt.Errorf("%q where a FLAC frame must begin", head)
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
