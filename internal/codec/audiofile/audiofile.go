// Package audiofile decodes sound files into mono float32 signals: WAV by hand
// (PCM of 8 to 32 bits, float, A-law, µ-law, extensible headers, RF64), AIFF, AU and
// NIST SPHERE with it, MP3 by internal/codec/mp3, Ogg Opus by internal/codec/opus,
// FLAC and Ogg Vorbis through their libraries.
//
// What a file claims is checked before any memory is taken for it, a sound may
// last [MaxSeconds] at most, and a library's panic on a broken file is an
// error here. Channels are averaged.
package audiofile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/fusor-ml/fusor/internal/dsp"
)

// MaxSeconds is how long a sound may last. A longer one is refused before it
// is decoded, as far as its headers reveal that, since all of it would have to be held.
const MaxSeconds = 600

// The sampling rates that are taken for real, in Hz.
const (
	minRate = 1000
	maxRate = 384000
)

// ErrUnsupported is wrapped where a file is, or may be, sound in a coding that
// only another decoder reads.
var ErrUnsupported = errors.New("not decoded by fusor itself")

// ErrEmpty is wrapped where a file is sound of no length.
var ErrEmpty = errors.New("the file holds no samples")

// decoders is the table of formats, by the names of media.Sniff.
var decoders = map[string]func(io.ReadSeeker, *sink) error{
	"wav":    decodeWAV,
	"flac":   decodeFLAC,
	"mp3":    decodeMP3,
	"vorbis": decodeVorbis,
	"opus":   decodeOpus,
	"aiff":   decodeAIFF,
	"au":     decodeAU,
	"nist":   decodeNIST,
}

// Decodes reports whether Decode knows the format.
func Decodes(format string) bool { return decoders[format] != nil }

// Decode reads a sound of the given format (wav, flac, mp3, vorbis, opus, aiff, au, nist) from
// the start of r, which may last so many seconds, at most MaxSeconds. Parts of
// other sampling rates than the first (joined MP3 files, chained Ogg streams)
// are resampled to that of the first. Decode returns ctx.Err() soon after ctx
// is done.
func Decode(ctx context.Context, format string, r io.ReadSeeker, seconds int) (sig *dsp.Signal, err error) {
	decode := decoders[format]
	if decode == nil {
		return nil, fmt.Errorf("cannot decode %s: %w", format, ErrUnsupported)
	}
	defer func() {
		if p := recover(); p != nil { // the libraries index by the values in a broken file
			sig, err = nil, fmt.Errorf("cannot decode %s: the data is damaged (%v)", format, p)
		}
	}()
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("cannot decode %s: %w", format, err)
	}
	s := sink{ctx: ctx, seconds: min(seconds, MaxSeconds)}
	if err := decode(contextReader{ctx, r}, &s); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("cannot decode %s: %w", format, err)
	}
	s.finish()
	if len(s.mono) == 0 {
		return nil, fmt.Errorf("cannot decode %s: %w", format, ErrEmpty)
	}
	return &dsp.Signal{Rate: s.rate, Samples: s.mono}, nil
}

// contextReader reads until its context is done.
type contextReader struct {
	ctx context.Context
	io.ReadSeeker
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.ReadSeeker.Read(p)
}

// sink takes interleaved samples and keeps their mean over the channels. They
// come in one part or more, each of its own rate and channels.
type sink struct {
	ctx      context.Context
	seconds  int // that it may last
	rate     int // of the first part, and of the whole
	from     int // rate of the part that is written
	channels int
	start    int // where that part begins
	mono     []float32
}

// open checks a header's claims and begins a part; frames is the claimed
// length, 0 if unknown.
func (s *sink) open(rate, channels int, frames int64) error {
	switch {
	case rate < minRate || rate > maxRate:
		return fmt.Errorf("a sampling rate of %d Hz is not between %d and %d", rate, minRate, maxRate)
	case channels < 1 || channels > 64:
		return fmt.Errorf("%d channels are not between 1 and 64", channels)
	case frames > int64(s.seconds)*int64(rate):
		return tooLong(float64(frames)/float64(rate), s.seconds)
	}
	s.finish()
	if s.rate == 0 {
		s.rate = rate
	}
	s.from, s.channels, s.start = rate, channels, len(s.mono)
	return nil
}

// finish brings the part that was written to the rate of the first.
func (s *sink) finish() {
	if s.from != s.rate {
		s.mono = append(s.mono[:s.start], dsp.Resample(s.part(), s.from, s.rate)...)
		s.from, s.start = s.rate, len(s.mono)
	}
}

// part returns the samples of the part that is written.
func (s *sink) part() []float32 { return s.mono[s.start:] }

// trim keeps the samples of the part from lead to end, as far as there are any.
func (s *sink) trim(lead, end int64) {
	x := s.part()
	end = max(0, min(end, int64(len(x))))
	lead = max(0, min(lead, end))
	s.mono = s.mono[:s.start+copy(x, x[lead:end])]
}

// grow makes room for frames more samples that are known to be there.
func (s *sink) grow(frames int) {
	if cap(s.mono)-len(s.mono) < frames {
		s.mono = append(make([]float32, 0, len(s.mono)+frames), s.mono...)
	}
}

// room reports an error once the sound lasts too long, or the context is done.
func (s *sink) room() error {
	seconds := float64(s.start)/float64(s.rate) + float64(len(s.mono)-s.start)/float64(s.from)
	if seconds > float64(s.seconds) {
		return tooLong(seconds, s.seconds)
	}
	return s.ctx.Err()
}

// write takes whole frames of interleaved samples.
func (s *sink) write(x []float32) error {
	switch s.channels {
	case 1:
		s.mono = append(s.mono, x...)
	case 2:
		for i := 0; i+1 < len(x); i += 2 {
			s.mono = append(s.mono, 0.5*(x[i]+x[i+1]))
		}
	default:
		scale := 1 / float32(s.channels)
		for i := 0; i+s.channels <= len(x); i += s.channels {
			var sum float32
			for _, v := range x[i : i+s.channels] {
				sum += v
			}
			s.mono = append(s.mono, sum*scale)
		}
	}
	return s.room()
}

func tooLong(seconds float64, most int) error {
	return fmt.Errorf("the sound lasts %.0f s or more, at most %d s are taken; cut it into parts", seconds, most)
}

// blocks holds buffers for raw bytes and interleaved samples.
var blocks = sync.Pool{New: func() any { return new(block) }}

const blockBytes = 1 << 16

type block struct {
	raw     [blockBytes]byte
	samples [blockBytes]float32
}
