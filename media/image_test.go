package media

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadImage(t *testing.T) {
	dir := t.TempDir()
	var buf bytes.Buffer
	if err := png.Encode(&buf, image.NewGray(image.Rect(0, 0, 300, 100))); err != nil {
		t.Fatal(err)
	}
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	// The name does not matter.
	m, err := ReadImage(t.Context(), File(write("a.wav", buf.Bytes())), ImageOptions{MaxSide: 60})
	if err != nil || m.Width != 60 || m.Height != 20 || !m.IsGray() {
		t.Errorf("%+v %v", m, err)
	}
	if !IsImage(buf.Bytes()) || IsImage([]byte("BM is a text here, not a bitmap")) {
		t.Error("IsImage is wrong")
	}
	for name, want := range map[string]string{
		write("text.jpg", []byte("hello")):          "text.jpg: not a picture: it is a text file",
		write("cut.png", buf.Bytes()[:buf.Len()/2]): "ends early",
		write("empty.png", nil):                     "an empty file",
		filepath.Join(dir, "none.png"):              "no such file",
		dir:                                         "it is a folder",
	} {
		if _, err := ReadImage(t.Context(), File(name), ImageOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	if _, err := DecodeImage(buf.Bytes(), ImageOptions{MaxPixels: 29999}); err == nil || !strings.Contains(err.Error(), "300 × 100") {
		t.Errorf("over the limit: %v", err)
	}
}
