package media

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/internal/codec/avi"
	"github.com/fusor-ml/fusor/internal/ffmpeg"
)

// jpegOf is a gray picture as JPEG.
func jpegOf(t testing.TB, w, h int, gray uint8) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = gray
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// aviOf is a clip that gets brighter, with a second of sound at 8 kHz.
func aviOf(t testing.TB, frames int) []byte {
	t.Helper()
	var pictures [][]byte
	for i := range frames {
		pictures = append(pictures, jpegOf(t, 32, 24, uint8(i*255/frames)))
	}
	sound := make([]int16, 8000)
	for i := range sound {
		sound[i] = int16(i)
	}
	var b bytes.Buffer
	if err := avi.Write(&b, avi.Info{Width: 32, Height: 24, FrameSeconds: 0.1, Rate: 8000}, pictures, sound); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAVIGivesItsFramesAndSound(t *testing.T) {
	c, err := OpenVideo(context.Background(), File(write(t, "a.avi", aviOf(t, 10))))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Frames) != 10 || c.Frames[0].Width != 32 || c.Spacing != 0.1 {
		t.Errorf("%d frames of %d wide, %g s apart", len(c.Frames), c.Frames[0].Width, c.Spacing)
	}
	if c.Frames[9].Y[0] <= c.Frames[1].Y[0] {
		t.Errorf("the clip does not get brighter: %d, %d", c.Frames[1].Y[0], c.Frames[9].Y[0])
	}
	if c.Sound == nil || c.Sound.Rate != 8000 || len(c.Sound.Samples) != 8000 || c.Sound.Samples[4000] != 4000.0/32768 {
		t.Errorf("sound %+v", c.Sound)
	}
}

func TestLongClipIsThinnedEvenly(t *testing.T) {
	c, err := OpenVideo(context.Background(), File(write(t, "a.avi", aviOf(t, 200))))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(c.Frames); n > MaxFrames || n < MaxFrames/2 {
		t.Fatalf("%d frames kept", n)
	}
	if c.Spacing != 0.4 {
		t.Errorf("%g s between frames, want 0.4", c.Spacing)
	}
	for i := 1; i < len(c.Frames); i++ {
		if d := int(c.Frames[i].Y[0]) - int(c.Frames[i-1].Y[0]); d < 3 || d > 8 {
			t.Errorf("frame %d is %d brighter than the one before", i, d)
		}
	}
}

func TestCutAVIIsAnError(t *testing.T) {
	data := aviOf(t, 10)
	for _, n := range []int{0, 5, 12, 100, 300, len(data) / 2} {
		if _, err := OpenVideo(context.Background(), File(write(t, "a.avi", data[:n]))); err == nil {
			t.Errorf("the first %d of %d bytes were read as a whole clip", n, len(data))
		}
	}
}

// What is longer than the limits is said, not passed over.
func TestLongAVIIsFlagged(t *testing.T) {
	data := aviOf(t, 30) // 3 s of pictures, 1 s of sound
	f := func(limits aviLimits, frames, samples int, want string) {
		t.Helper()
		c, err := readAVI(bytes.NewReader(data), limits)
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Frames) != frames || len(c.Sound.Samples) != samples || strings.Join(c.Left, "; ") != want {
			t.Errorf("%+v: %d frames, %d samples, %q", limits, len(c.Frames), len(c.Sound.Samples), c.Left)
		}
	}
	f(aviLimits{}, 30, 8000, "")
	f(aviLimits{pictures: 3, sound: 1}, 30, 8000, "")
	f(aviLimits{pictures: 2, sound: 1}, 20, 8000, "the video lasts more than 2 s, what follows is not looked at")
	data = bytes.ReplaceAll(data, binary.LittleEndian.AppendUint32(nil, 8000), binary.LittleEndian.AppendUint32(nil, 4000))
	f(aviLimits{sound: 1}, 30, 4000, "the sound lasts more than 1 s, what follows is not listened to")
}

func TestBrokenPicturesAreFlagged(t *testing.T) {
	data := aviOf(t, 10)
	third := 0
	for range 3 {
		third += bytes.Index(data[third:], []byte{0xff, 0xd8, 0xff}) + 3
	}
	copy(data[third-3:], "no JPEG at all")
	c, err := readAVI(bytes.NewReader(data), aviLimits{})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Frames) != 9 || len(c.Left) != 1 || !strings.Contains(c.Left[0], "1 of the 10 pictures") {
		t.Errorf("%d frames, left out: %q", len(c.Frames), c.Left)
	}
}

func TestNoVideoSaysWhatItIs(t *testing.T) {
	_, err := OpenVideo(context.Background(), File(write(t, "a.mp4", []byte("just a text, quite long enough to be seen as one"))))
	if err == nil || !strings.Contains(err.Error(), "text") {
		t.Errorf("error %v", err)
	}
}

func TestMP4ThroughFFmpeg(t *testing.T) {
	if !ffmpeg.Available() {
		t.Skip("ffmpeg is not on PATH")
	}
	src := write(t, "a.avi", aviOf(t, 10))
	out := filepath.Join(t.TempDir(), "-odd: name.mkv")
	if msg, err := exec.Command("ffmpeg", "-loglevel", "error", "-i", src, "-c:v", "mpeg4", "-c:a", "aac", "file:"+out).CombinedOutput(); err != nil {
		t.Skipf("this ffmpeg cannot make the file: %s", msg)
	}
	c, err := OpenVideo(context.Background(), File(out))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Frames) < 9 || c.Frames[0].Width != 32 || c.Frames[8].Y[100] <= c.Frames[1].Y[100] {
		t.Errorf("%d frames", len(c.Frames))
	}
	if c.Sound == nil || c.Sound.Seconds() < 0.9 {
		t.Errorf("sound %v", c.Sound)
	}
	if len(c.Left) > 0 {
		t.Errorf("left out: %q", c.Left)
	}
	damaged, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	_, err = OpenVideo(context.Background(), File(write(t, "b.mkv", damaged[:100])))
	if err == nil || errors.Is(err, ffmpeg.ErrMissing) || strings.Contains(err.Error(), os.TempDir()) {
		t.Errorf("a cut file gave %v", err)
	}
}

func TestLongMP4IsFlagged(t *testing.T) {
	if !ffmpeg.Available() {
		t.Skip("ffmpeg is not on PATH")
	}
	out := filepath.Join(t.TempDir(), "long.mkv")
	args := "-loglevel error -f lavfi -i color=black:size=32x24:rate=1:duration=605 -c:v mpeg4"
	if msg, err := exec.Command("ffmpeg", append(strings.Fields(args), out)...).CombinedOutput(); err != nil {
		t.Skipf("this ffmpeg cannot make the file: %s", msg)
	}
	c, err := OpenVideo(context.Background(), File(out))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Left) != 1 || !strings.Contains(c.Left[0], "more than 600 s") {
		t.Errorf("left out: %q", c.Left)
	}
}

func FuzzAVI(f *testing.F) {
	f.Add(aviOf(f, 3))
	f.Add(aviOf(f, 3)[:300])
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := readAVI(bytes.NewReader(data), aviLimits{pictures: 10, sound: 10})
		if err == nil && len(c.Frames) == 0 && c.Sound == nil {
			t.Error("an empty clip without an error")
		}
	})
}
