package media

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/fusor-ml/fusor/internal/codec/avi"
	"github.com/fusor-ml/fusor/internal/codec/imagefile"
	"github.com/fusor-ml/fusor/internal/dsp"
	"github.com/fusor-ml/fusor/internal/vision"
)

// aviLimits say how much of a file is looked at, in seconds; 0: all of it.
type aviLimits struct{ pictures, sound int }

func readAVI(r io.Reader, limits aviLimits) (*Clip, error) {
	a, err := avi.Open(r)
	if err != nil {
		return nil, err
	}
	var t thinner
	var sound []float32
	var last lastPicture
	broken, tried := 0, 0
	var cutPictures, cutSound bool
	for {
		c, err := a.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, fmt.Errorf("AVI file is cut off after %d pictures", t.seen)
		}
		if err != nil {
			return nil, err
		}
		if !c.Video {
			if cutSound {
				continue
			}
			sound = appendPCM(sound, c.Data, &a.Info)
			if most := limits.sound * a.Info.Rate; most > 0 && len(sound) > most {
				sound, cutSound = sound[:most], true
			}
			continue
		}
		// By time, from the number of pictures; the sound goes on below.
		if limits.pictures > 0 && float64(t.seen)*a.Info.FrameSeconds >= float64(limits.pictures) {
			cutPictures = true
			continue
		}
		// An empty chunk repeats the picture before (a dropped frame).
		if len(c.Data) > 0 {
			last.set(c.Data)
		}
		// Only the pictures that are kept are decoded.
		if !t.wants() || len(last.data) == 0 {
			continue
		}
		tried++
		m, err := last.decode(&a.Info)
		if err != nil {
			// One broken picture is not the whole film.
			broken++
			continue
		}
		t.add(m)
	}
	clip := &Clip{Frames: t.frames, Spacing: a.Info.FrameSeconds * float64(t.stride)}
	if len(clip.Frames) == 0 && broken > 0 {
		return nil, fmt.Errorf("none of the %d pictures of the AVI file can be decoded", broken)
	}
	if len(sound) > 0 {
		clip.Sound = &dsp.Signal{Rate: a.Info.Rate, Samples: sound}
	}
	if len(clip.Frames) == 0 && clip.Sound == nil {
		return nil, fmt.Errorf("the video has neither pictures nor sound")
	}
	if broken > 0 {
		clip.Left = append(clip.Left, fmt.Sprintf("%d of the %d pictures looked at cannot be decoded", broken, tried))
	}
	switch {
	case cutPictures:
		clip.Left = append(clip.Left, fmt.Sprintf("the video lasts more than %d s, what follows is not looked at", limits.pictures))
	case cutSound:
		clip.Left = append(clip.Left, fmt.Sprintf("the sound lasts more than %d s, what follows is not listened to", limits.sound))
	}
	return clip, nil
}

// lastPicture is the last picture that came, which dropped frames repeat. It is
// decoded when it is wanted.
type lastPicture struct {
	data  []byte
	image *vision.Image
	err   error
}

func (p *lastPicture) set(data []byte) {
	p.data, p.image, p.err = append(p.data[:0], data...), nil, nil
}

func (p *lastPicture) decode(info *avi.Info) (*vision.Image, error) {
	if p.image == nil && p.err == nil {
		p.image, p.err = aviFrame(p.data, info)
	}
	return p.image, p.err
}

func aviFrame(data []byte, info *avi.Info) (*vision.Image, error) {
	if info.Video == avi.MJPEG {
		return imagefile.Decode(data, imagefile.Options{MaxSide: frameSide})
	}
	w, h := info.Width, info.Height
	stride := (3*w + 3) &^ 3
	if len(data) < stride*h {
		return nil, fmt.Errorf("a raw picture of %d bytes, not %d", len(data), stride*h)
	}
	rgb := make([]uint8, 3*w*h)
	for y := range h {
		src := data[stride*y:]
		row := h - 1 - y
		if info.TopDown {
			row = y
		}
		dst := rgb[3*w*row : 3*w*(row+1)]
		for x := 0; x < 3*w; x += 3 {
			dst[x], dst[x+1], dst[x+2] = src[x+2], src[x+1], src[x]
		}
	}
	return vision.FromRGB(w, h, rgb).Shrink(frameSide), nil
}

// appendPCM appends the mean over the channels.
func appendPCM(dst []float32, data []byte, info *avi.Info) []float32 {
	bytesPer := info.Bits / 8
	step := bytesPer * info.Channels
	for ; len(data) >= step; data = data[step:] {
		sum := float32(0)
		for c := range info.Channels {
			if bytesPer == 2 {
				sum += float32(int16(binary.LittleEndian.Uint16(data[2*c:]))) / 32768
			} else {
				sum += (float32(data[c]) - 128) / 128
			}
		}
		dst = append(dst, sum/float32(info.Channels))
	}
	return dst
}
