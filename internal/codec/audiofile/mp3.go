package audiofile

import (
	"errors"
	"fmt"
	"io"

	"github.com/fusor-ml/fusor/internal/codec/mp3"
)

// decodeMP3 reads MPEG audio layer III. The frames are counted first, so that an
// endless file is refused before anything is decoded. The encoder's delay and
// padding, where a LAME tag holds them, are cut off. Joined files are decoded
// part by part.
func decodeMP3(r io.ReadSeeker, s *sink) error {
	start, err := skipID3(r)
	if err != nil {
		return err
	}
	if ok, err := holdsFLAC(r, start); err != nil || ok { // some taggers put an ID3 tag before FLAC
		if err != nil {
			return err
		}
		return decodeFLAC(r, s)
	}
	if wav, err := taggedWAV(r); err != nil || wav != nil {
		if err != nil {
			return err
		}
		return decodeWAV(wav, s)
	}
	samples, err := countMP3(r, start, s.seconds)
	if err != nil {
		return err
	}
	s.grow(samples)
	if _, err := r.Seek(start, io.SeekStart); err != nil {
		return err
	}
	frames := mp3.NewReader(r)
	p := mp3Part{sink: s}
	for {
		f, err := frames.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := p.frame(f); err != nil {
			return err
		}
	}
	p.end()
	if p.damaged {
		return errors.New("none of its frames can be decoded")
	}
	return nil
}

// countMP3 counts the samples of one channel in the frames from start on. It is an
// error if they last longer than most seconds, if there are none or if they are of another layer.
func countMP3(r io.ReadSeeker, start int64, most int) (samples int, err error) {
	if _, err := r.Seek(start, io.SeekStart); err != nil {
		return 0, err
	}
	frames := mp3.NewReader(r)
	seconds := 0.0
	for {
		f, err := frames.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, err
		}
		if f.Layer != 3 {
			return 0, fmt.Errorf("MPEG audio layer %d: %w", f.Layer, ErrUnsupported)
		}
		if _, ok := mp3.ParseTag(f.Header, f.Data); ok {
			continue
		}
		samples += f.Samples()
		if seconds += float64(f.Samples()) / float64(f.Rate); seconds > float64(most) {
			return 0, tooLong(seconds, most)
		}
	}
	if samples == 0 {
		return 0, errors.New("no MPEG audio frames")
	}
	return samples, nil
}

// mp3Part decodes the frames of a part: of one sampling rate, and behind one tag.
type mp3Part struct {
	*sink
	decoder *mp3.Decoder // nil before the first part
	tag     mp3.Tag
	frames  int
	damaged bool // all frames so far
}

func (p *mp3Part) frame(f mp3.Frame) error {
	tag, ok := mp3.ParseTag(f.Header, f.Data)
	if ok || p.decoder == nil || f.Rate != p.from {
		p.end()
		if err := p.open(f.Rate, 1, 0); err != nil {
			return err
		}
		p.damaged = p.damaged || p.decoder == nil
		p.decoder, p.tag, p.frames = &mp3.Decoder{Mono: true}, tag, 0
	}
	if ok {
		return nil
	}
	x, ok := p.decoder.Decode(f.Header, f.Data)
	if ok {
		p.damaged = false
	}
	if err := p.write(x); err != nil {
		return err
	}
	if p.frames++; p.frames == p.tag.Frames {
		p.trim(0, int64(len(p.part())-p.tag.Padding))
	}
	return nil
}

// end cuts the delay off a part whose frames have come.
func (p *mp3Part) end() {
	if p.decoder != nil {
		p.trim(int64(p.tag.Skip), int64(len(p.part())))
	}
}
