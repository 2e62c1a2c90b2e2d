package ffmpeg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fusor-ml/fusor/internal/codec/avi"
)

func need(t *testing.T) {
	t.Helper()
	if !Available() {
		t.Skip("ffmpeg is not on PATH")
	}
}

// open opens a file for the test.
func open(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// wav is a second of a tone of two channels at 8 kHz.
func wav(t *testing.T, name string) string {
	t.Helper()
	var b bytes.Buffer
	u32 := func(v uint32) { b.Write([]byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)}) }
	b.WriteString("RIFF")
	u32(36 + 32000)
	b.WriteString("WAVEfmt ")
	u32(16)
	u32(1 | 2<<16)
	u32(8000)
	u32(32000)
	u32(4 | 16<<16)
	b.WriteString("data")
	u32(32000)
	for i := range 8000 {
		v := uint16(int16(10000 * math.Sin(2*math.Pi*400*float64(i)/8000)))
		b.Write([]byte{byte(v), byte(v >> 8), byte(v), byte(v >> 8)})
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// chunks reads an AVI to its end.
func chunks(info *avi.Info, video, audio *int) func(io.Reader) error {
	return func(r io.Reader) error {
		a, err := avi.Open(r)
		if err != nil {
			return err
		}
		*info = a.Info
		for {
			c, err := a.Next()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if c.Video {
				*video++
			} else {
				*audio += len(c.Data)
			}
		}
	}
}

func TestSound(t *testing.T) {
	need(t)
	var info avi.Info
	pictures, bytes := 0, 0
	for _, name := range []string{"a.wav", "-i.wav", "a:b %d.wav", "http:x.wav", "$(touch x);'\".wav"} {
		pictures, bytes = 0, 0
		err := Decode(context.Background(), open(t, wav(t, name)), Options{Audio: true, Rate: 16000}, chunks(&info, &pictures, &bytes))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if info.Rate != 16000 || info.Channels != 1 || info.Video != "" || pictures != 0 || bytes < 31000 || bytes > 33000 {
			t.Errorf("%s: %+v, %d pictures, %d bytes of sound", name, info, pictures, bytes)
		}
	}
}

func TestNoMoreThanIsWanted(t *testing.T) {
	need(t)
	var info avi.Info
	pictures, bytes := 0, 0
	if err := Decode(context.Background(), open(t, wav(t, "a.wav")), Options{Audio: true, Rate: 8000, Seconds: 0.25}, chunks(&info, &pictures, &bytes)); err != nil {
		t.Fatal(err)
	}
	if bytes != 4000 {
		t.Errorf("%d bytes of a quarter of a second", bytes)
	}
}

// film writes raw pictures of 64 × 32 in YUV4MPEG2.
func film(t *testing.T, rate string, pictures int) string {
	t.Helper()
	data := []byte("YUV4MPEG2 W64 H32 F" + rate + " Ip C420\n")
	for range pictures {
		data = append(append(data, "FRAME\n"...), make([]byte, 64*32*3/2)...)
	}
	path := filepath.Join(t.TempDir(), "a.y4m")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// A clip of one picture at 25 a second is shorter than a step, and still has its picture.
func TestOnePicture(t *testing.T) {
	need(t)
	var info avi.Info
	pictures, bytes := 0, 0
	if err := Decode(context.Background(), open(t, film(t, "25:1", 1)), Options{Video: true, FPS: 10, Side: 160}, chunks(&info, &pictures, &bytes)); err != nil {
		t.Skipf("this ffmpeg reads no YUV4MPEG2: %v", err)
	}
	if pictures != 1 {
		t.Errorf("%d pictures", pictures)
	}
}

func TestPicturesAreScaledDownAlone(t *testing.T) {
	need(t)
	path := film(t, "10:1", 5)
	for side, want := range map[int][2]int{32: {32, 16}, 64: {64, 32}, 500: {64, 32}} {
		var info avi.Info
		pictures, bytes := 0, 0
		if err := Decode(context.Background(), open(t, path), Options{Video: true, FPS: 10, Side: side}, chunks(&info, &pictures, &bytes)); err != nil {
			t.Skipf("this ffmpeg reads no YUV4MPEG2: %v", err)
		}
		if info.Width != want[0] || info.Height != want[1] || info.Video != avi.Raw || pictures != 5 || bytes != 0 {
			t.Errorf("side %d: %+v, %d pictures", side, info, pictures)
		}
	}
}

func TestErrorsSayWhyWithoutThePath(t *testing.T) {
	need(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "a.mp4")
	if err := os.WriteFile(path, []byte("no film, whatever its name says"), 0o644); err != nil {
		t.Fatal(err)
	}
	err := Decode(context.Background(), open(t, path), Options{Audio: true, Rate: 8000}, func(r io.Reader) error {
		_, err := avi.Open(r)
		return err
	})
	if err == nil || !strings.HasPrefix(err.Error(), "ffmpeg cannot decode it: ") || strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
	// The reader's own error, where ffmpeg has none.
	mine := errors.New("too many pictures")
	if err := Decode(context.Background(), open(t, wav(t, "a.wav")), Options{Audio: true, Rate: 8000}, func(io.Reader) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("error %v", err)
	}
}

func TestCancelling(t *testing.T) {
	need(t)
	ctx, cancel := context.WithCancel(context.Background())
	start := time.Now()
	err := Decode(ctx, open(t, wav(t, "a.wav")), Options{Audio: true, Rate: 8000}, func(r io.Reader) error {
		cancel()
		_, err := io.Copy(io.Discard, r)
		return err
	})
	_ = err // a process that had finished already is no error
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("it took %s", d)
	}
}

func TestWhatFFmpegSays(t *testing.T) {
	f := func(said, want string) {
		t.Helper()
		if got := lastLine(said); got != want {
			t.Errorf("%q gives %q, want %q", said, got, want)
		}
	}
	f("", "it gave no reason")
	f("[cache @ 0x1] Inner protocol failed to seekback end : -38\n    Last message repeated 3 times\n", "it gave no reason")
	f("cache:pipe:0: Invalid data\n[cache @ 0x1] Inner protocol failed\n", "Invalid data")
	f("first\nsecond\n\n", "second")
	c := capped{&bytes.Buffer{}, 5}
	for range 3 {
		if n, err := fmt.Fprint(&c, "abc"); n != 3 || err != nil {
			t.Fatal(n, err)
		}
	}
	if c.b.String() != "abcab" {
		t.Errorf("kept %q", c.b)
	}
}
