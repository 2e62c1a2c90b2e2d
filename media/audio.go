package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/fusor-ml/fusor/internal/codec/audiofile"
	"github.com/fusor-ml/fusor/internal/dsp"
	"github.com/fusor-ml/fusor/internal/ffmpeg"
)

// MaxAudioSeconds is how long a sound may last; a longer one is refused.
const MaxAudioSeconds = audiofile.MaxSeconds

// ErrNoAudioProcess says that a sound needs ffmpeg, which is not there.
var ErrNoAudioProcess = ffmpeg.ErrMissing

// audioByProcess decodes what the codecs in Go do not: AAC, M4A, AIFF, WMA,
// AMR, MPEG layers I and II, Opus of many channels. It returns a mono signal of at most
// MaxAudioSeconds, or an error that wraps ErrNoAudioProcess.
var audioByProcess = func(path string) (*dsp.Signal, error) {
	var sig *dsp.Signal
	err := ffmpeg.Decode(context.Background(), path, ffmpeg.Options{Audio: true, Rate: processRate, Seconds: MaxAudioSeconds + 1}, func(r io.Reader) error {
		clip, err := readAVI(r, aviLimits{sound: MaxAudioSeconds + 1})
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
	case sig.Seconds() > MaxAudioSeconds:
		return nil, fmt.Errorf("it lasts more than %d s", MaxAudioSeconds)
	}
	return sig, nil
}

// processRate is the sampling rate that ffmpeg is asked for: that of the analysis.
const processRate = 16000

// ReadAudio decodes a sound file, by its magic number, into one channel at the
// file's own rate. WAV, FLAC, MP3, Ogg Vorbis and Ogg Opus are decoded in Go;
// the rest, and their rarer codings, through ffmpeg.
func ReadAudio(path string) (*dsp.Signal, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var buf [SniffLen]byte
	n, err := io.ReadFull(f, buf[:])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("cannot read %s: %w", path, err)
	}
	if n == 0 {
		return nil, errors.New("not a sound file: it is empty")
	}
	format := Sniff(buf[:n])
	if format.Name == "" { // cut off at its start, or behind tags or junk
		name, err := audiofile.Find(f)
		if err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", path, err)
		}
		if name != "" {
			format = Format{Audio, name}
		}
	}
	switch {
	case audiofile.Decodes(format.Name):
		sig, err := audiofile.Decode(context.Background(), format.Name, f)
		if !errors.Is(err, audiofile.ErrUnsupported) {
			return sig, err
		}
		other, err2 := audioByProcess(path)
		if errors.Is(err2, ErrNoAudioProcess) {
			return nil, fmt.Errorf("%w: %w", err, err2)
		}
		return other, err2
	case format.Kind == Audio || format.Kind == Video:
		// The sound track of a film is sound as well.
		sig, err := audioByProcess(path)
		if err != nil {
			return nil, fmt.Errorf("cannot decode %s: %w", format.Name, err)
		}
		return sig, nil
	case format.Name != "":
		return nil, fmt.Errorf("not a sound file: it is %s", format.Name)
	}
	return nil, errors.New("not a sound file: its first bytes are of no known format")
}
