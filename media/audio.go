package media

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/fusor-ml/fusor/internal/codec/audiofile"
	"github.com/fusor-ml/fusor/internal/dsp"
	"github.com/fusor-ml/fusor/internal/ffmpeg"
)

// MaxAudioSeconds is how long a sound may last; a longer one is refused.
const MaxAudioSeconds = audiofile.MaxSeconds

// ErrNoAudioProcess reports that a sound needs ffmpeg, which is not there.
var ErrNoAudioProcess = ffmpeg.ErrMissing

// audioByProcess decodes what the codecs in Go do not: AAC, M4A, WMA,
// AMR, MPEG layers I and II, Opus of many channels. It returns a mono signal of at most
// MaxAudioSeconds, or an error that wraps ErrNoAudioProcess.
var audioByProcess = func(ctx context.Context, in io.Reader) (*dsp.Signal, error) {
	var sig *dsp.Signal
	most := limitsOf(ctx).seconds(MaxAudioSeconds)
	err := ffmpeg.Decode(ctx, in, ffmpeg.Options{Audio: true, Rate: processRate, Seconds: float64(most) + 1}, func(r io.Reader) error {
		clip, err := readAVI(r, aviLimits{sound: most + 1})
		if err == nil {
			sig = clip.Sound
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case sig == nil:
		return nil, errors.New("the file has no sound track")
	case sig.Seconds() > float64(most):
		return nil, fmt.Errorf("it lasts more than %d s", most)
	}
	return sig, nil
}

// processRate is the sampling rate that ffmpeg is asked for: that of the analysis.
const processRate = 16000

// ReadAudio decodes a sound, by its magic number, into one channel at its own
// rate. WAV, AIFF, AU, NIST SPHERE, FLAC, MP3, Ogg Vorbis and Ogg Opus are decoded in Go; the
// rest, and their rarer codings, through ffmpeg.
func ReadAudio(ctx context.Context, src Source) (*dsp.Signal, error) {
	r, err := Open(ctx, src)
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // it was only read
	head, err := r.head()
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", src.Name(), err)
	}
	// An empty file is of no format; what it is deserves a message of its own.
	if len(head) == 0 {
		return nil, errors.New("not a sound file: it is empty")
	}
	format := Sniff(head)
	if format.Name == "" { // cut off at its start, or behind tags or junk
		name, err := audiofile.Find(r)
		if err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", src.Name(), err)
		}
		if name != "" {
			format = Format{Audio, name}
		}
	}
	switch {
	case audiofile.Decodes(format.Name):
		sig, err := audiofile.Decode(ctx, format.Name, r, limitsOf(ctx).seconds(MaxAudioSeconds))
		// A rarer coding in a known container; any other error is of the file, and ffmpeg would only
		// repeat it.
		if !errors.Is(err, audiofile.ErrUnsupported) {
			return sig, interrupted(ctx, err)
		}
		other, err2 := byProcess(ctx, r, audioByProcess)
		// Both reasons: what the file is, and what would read it.
		if errors.Is(err2, ErrNoAudioProcess) {
			return nil, fmt.Errorf("%w: %w", err, err2)
		}
		return other, err2
	case format.Kind == Audio || format.Kind == Video:
		// The sound track of a film is sound as well.
		sig, err := byProcess(ctx, r, audioByProcess)
		if err != nil {
			return nil, fmt.Errorf("cannot decode %s: %w", format.Name, err)
		}
		return sig, nil
	case format.Name != "":
		return nil, fmt.Errorf("not a sound file: it is %s", format.Name)
	}
	return nil, errors.New("not a sound file: its first bytes are of no known format; if it is sound, convert it to WAV or FLAC")
}

// interrupted is the context's error where that is why decoding ended: decoders
// may take an end of reading for an end of the file.
func interrupted(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// byProcess returns a source to a decoder from its start: the opened file itself,
// where it is one, so that the process reads it without a copy.
func byProcess[T any](ctx context.Context, r *Reader, decode func(context.Context, io.Reader) (T, error)) (T, error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		var none T
		return none, err
	}
	if f := r.handle(); f != nil {
		return decode(ctx, f)
	}
	return decode(ctx, r)
}
