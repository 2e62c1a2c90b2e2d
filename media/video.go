package media

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image/gif"
	"io"
	"os"
	"path/filepath"
	"sort"

	"github.com/fusor-ml/fusor/internal/codec/avi"
	"github.com/fusor-ml/fusor/internal/codec/imagefile"
	"github.com/fusor-ml/fusor/internal/dsp"
	"github.com/fusor-ml/fusor/internal/ffmpeg"
	"github.com/fusor-ml/fusor/internal/vision"
)

// Clip is a video in memory: some evenly spaced pictures, and the sound track.
type Clip struct {
	Frames  []*vision.Image // in order; at most MaxFrames, all of one size
	Spacing float64         // seconds between two frames; 0 if it is not known
	Sound   *dsp.Signal     // nil without a sound track
}

// Limits of a clip.
const (
	MaxFrames    = 64  // a longer video is thinned out evenly, while it is read
	frameSide    = 160 // longer side of a frame, in pixels
	framesPerSec = 10  // of formats that ffmpeg decodes
	soundRate    = 16000
	maxSeconds   = 600
)

// OpenVideo decodes an AVI (Motion JPEG or raw pictures, PCM sound), an animated
// GIF or a folder of pictures in Go, and everything else through ffmpeg.
func OpenVideo(ctx context.Context, path string) (*Clip, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return openFrames(path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var head [SniffLen]byte
	n, err := io.ReadFull(f, head[:])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("the file is empty")
		}
		return nil, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	switch format := Sniff(head[:n]); {
	case format.Name == "gif":
		return readGIF(f, info.Size())
	case format.Name == "avi":
		clip, err := readAVI(f)
		if !errors.Is(err, avi.ErrCodec) {
			return clip, err
		}
	case format.Kind == Text || format.Kind == Image || format.Kind == Vector:
		return nil, fmt.Errorf("not a video: it is %s", format.Name)
	}
	clip := (*Clip)(nil)
	err = ffmpeg.Decode(ctx, path, ffmpeg.Options{
		Video: true, FPS: framesPerSec, Side: frameSide, Audio: true, Rate: soundRate, Seconds: maxSeconds,
	}, func(r io.Reader) error {
		clip, err = readAVI(r)
		return err
	})
	if err != nil {
		return nil, err
	}
	return clip, nil
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

func readAVI(r io.Reader) (*Clip, error) {
	a, err := avi.Open(r)
	if err != nil {
		return nil, err
	}
	var t thinner
	var sound []float32
	broken := 0
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
			if len(sound) <= (maxSeconds+1)*a.Info.Rate {
				sound = appendPCM(sound, c.Data, &a.Info)
			}
			continue
		}
		if !t.wants() {
			continue
		}
		m, err := aviFrame(c.Data, &a.Info)
		if err != nil {
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
	return clip, nil
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

// maxGIFPixels bounds width × height × pictures of an animation, which is decoded whole.
const maxGIFPixels = 256 << 20

func readGIF(r io.Reader, size int64) (*Clip, error) {
	data, err := io.ReadAll(io.LimitReader(r, size))
	if err != nil {
		return nil, err
	}
	cfg, err := gif.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	frames := countGIF(data)
	if int64(cfg.Width)*int64(cfg.Height)*int64(frames) > maxGIFPixels {
		return nil, fmt.Errorf("GIF of %d pictures of %d × %d is larger than the limit of %d pixels", frames, cfg.Width, cfg.Height, int64(maxGIFPixels))
	}
	g, err := gif.DecodeAll(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	w, h := g.Config.Width, g.Config.Height
	canvas := make([]uint8, 3*w*h)
	for i := range canvas {
		canvas[i] = 255
	}
	var t thinner
	var before []uint8
	hundredths := 0
	for i, p := range g.Image {
		if g.Disposal[i] == gif.DisposalPrevious {
			before = append(before[:0], canvas...)
		}
		b := p.Bounds()
		for y := max(b.Min.Y, 0); y < min(b.Max.Y, h); y++ {
			for x := max(b.Min.X, 0); x < min(b.Max.X, w); x++ {
				if r, g, b, a := p.At(x, y).RGBA(); a != 0 {
					o := 3 * (y*w + x)
					canvas[o], canvas[o+1], canvas[o+2] = uint8(r>>8), uint8(g>>8), uint8(b>>8)
				}
			}
		}
		if t.wants() {
			t.add(vision.FromRGB(w, h, canvas).Shrink(frameSide))
		}
		hundredths += g.Delay[i]
		switch g.Disposal[i] {
		case gif.DisposalPrevious:
			copy(canvas, before)
		case gif.DisposalBackground:
			for y := max(b.Min.Y, 0); y < min(b.Max.Y, h); y++ {
				for x := 3 * (y*w + max(b.Min.X, 0)); x < 3*(y*w+min(b.Max.X, w)); x++ {
					canvas[x] = 255
				}
			}
		}
	}
	return &Clip{Frames: t.frames, Spacing: float64(hundredths) / 100 / float64(len(g.Image)) * float64(t.stride)}, nil
}

// countGIF counts the image descriptors of a GIF without decoding (GIF89a, section 18 ff.).
func countGIF(data []byte) int {
	table := func(flags byte) int {
		if flags&0x80 == 0 {
			return 0
		}
		return 3 << (flags&7 + 1)
	}
	if len(data) < 13 {
		return 0
	}
	p, n := 13+table(data[10]), 0
	for p < len(data) {
		switch data[p] {
		case 0x2c: // image descriptor, its table, the code size, then blocks
			if p+10 >= len(data) {
				return n
			}
			n++
			p += 11 + table(data[p+9])
		case 0x21: // extension: label, then blocks
			p += 2
		default:
			return n
		}
		for p < len(data) && data[p] != 0 {
			p += 1 + int(data[p])
		}
		p++
	}
	return n
}

// openFrames takes the pictures of a folder, in the order of their names.
func openFrames(dir string) (*Clip, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() && e.Name()[0] != '.' {
			names = append(names, e.Name())
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("the folder holds no pictures")
	}
	sort.Strings(names)
	clip := &Clip{}
	n := min(len(names), MaxFrames)
	for i := range n {
		name := names[i*len(names)/n]
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		m, err := imagefile.Decode(data, imagefile.Options{MaxSide: frameSide})
		if err != nil {
			return nil, fmt.Errorf("picture %s: %w", name, err)
		}
		clip.Frames = append(clip.Frames, m)
	}
	return clip, nil
}
