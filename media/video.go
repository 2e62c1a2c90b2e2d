package media

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/fusor-ml/fusor/internal/codec/avi"
	"github.com/fusor-ml/fusor/internal/dsp"
	"github.com/fusor-ml/fusor/internal/ffmpeg"
	"github.com/fusor-ml/fusor/internal/vision"
)

// Clip is a video in memory: some evenly spaced pictures, and the sound track.
type Clip struct {
	Frames  []*vision.Image // in order; at most MaxFrames, all of one size
	Spacing float64         // seconds between two frames; 0 if it is not known
	Sound   *dsp.Signal     // nil without a sound track
	Left    []string        // what of the file was not looked at, one thing an entry
}

// Limits of a clip.
const (
	MaxFrames    = 64  // a longer video is thinned out evenly, while it is read
	frameSide    = 160 // longer side of a frame, in pixels
	framesPerSec = 10  // of formats that ffmpeg decodes
	soundRate    = 16000
	maxSeconds   = 600 // of sound, and of what ffmpeg decodes; what follows is left out and said
)

// OpenVideo decodes an AVI (Motion JPEG or raw pictures, PCM sound), an animated
// GIF, PNG or WebP or a folder of pictures in Go, and everything else through ffmpeg.
func OpenVideo(ctx context.Context, src Source) (*Clip, error) {
	folder, err := src.IsFolder()
	if err != nil {
		return nil, err
	}
	if folder {
		return openFrames(ctx, src)
	}
	r, err := Open(ctx, src)
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // it was only read
	head, err := r.head()
	if err != nil {
		return nil, err
	}
	if len(head) == 0 {
		return nil, errors.New("the file is empty")
	}
	format := Sniff(head)
	switch {
	case format.Name == "gif":
		return readGIF(ctx, r, defaultGIFLimits)
	case format.Name == "png" || format.Name == "webp":
		clip, err := readAnimation(ctx, r, defaultGIFLimits)
		if errors.Is(err, errStill) {
			return nil, fmt.Errorf("not a video: it is %s", format.Name)
		}
		return clip, err
	case format.Name == "avi":
		clip, err := readAVI(r, aviLimits{sound: limitsOf(ctx).seconds(maxSeconds)})
		if !errors.Is(err, avi.ErrCodec) {
			return clip, interrupted(ctx, err)
		}
	case format.Name != "" && format.Kind != Video && format.Kind != Audio:
		return nil, fmt.Errorf("not a video: it is %s", format.Name)
	}
	clip, err := byProcess(ctx, r, clipByProcess)
	switch {
	case err != nil && format.Name != "":
		return nil, fmt.Errorf("cannot decode %s: %w", format.Name, err)
	case err != nil:
		return nil, err
	}
	return clip, nil
}

// clipByProcess decodes what the codecs in Go do not.
func clipByProcess(ctx context.Context, in io.Reader) (clip *Clip, err error) {
	most := limitsOf(ctx).seconds(maxSeconds)
	err = ffmpeg.Decode(ctx, in, ffmpeg.Options{ // a second more shows that there is more
		Video: true, FPS: framesPerSec, Side: frameSide, Audio: true, Rate: soundRate, Seconds: float64(most) + 1,
	}, func(r io.Reader) error {
		clip, err = readAVI(r, aviLimits{pictures: most, sound: most})
		return err
	})
	return clip, err
}

// thinner keeps at most MaxFrames evenly spaced frames of a stream of unknown
// length: when it is full it drops every second one and takes half as many from there on.
type thinner struct {
	frames []*vision.Image
	stride int
	seen   int
}

// wants reports whether the next frame is one to keep.
func (t *thinner) wants() bool {
	if t.stride == 0 {
		t.stride = 1
	}
	t.seen++
	return (t.seen-1)%t.stride == 0
}

func (t *thinner) add(m *vision.Image) {
	if len(t.frames) == MaxFrames {
		for i := range MaxFrames / 2 {
			t.frames[i] = t.frames[2*i]
		}
		t.frames = t.frames[:MaxFrames/2]
		t.stride *= 2
		if (t.seen-1)%t.stride != 0 {
			return
		}
	}
	t.frames = append(t.frames, m)
}
