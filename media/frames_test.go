package media

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestNumbersInNames(t *testing.T) {
	want := []string{
		"", "1.jpg", "2.jpg", "010.jpg", "10.jpg", "11.jpg", "100000000000000000000000.jpg", "200000000000000000000000.jpg",
		"a.jpg", "a1b2.jpg", "a1b10.jpg", "a2b1.jpg", "a10", "a10.jpg", "frame-1.jpg", "frame.jpg", "frame001.jpg", "frame1.jpg", "frame2.jpg", "frame10.jpg", "图2.jpg", "图10.jpg",
	}
	for i, a := range want {
		for j, b := range want {
			if got := compareNumbered(a, b); got < 0 != (i < j) || got > 0 != (i > j) {
				t.Errorf("%q and %q compare as %d", a, b, got)
			}
		}
	}
}

// folderOf is a folder of files.
func folderOf(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFolderOfFrames(t *testing.T) {
	dir := folderOf(t, map[string][]byte{
		"1.jpg": jpegOf(t, 8, 8, 10), "2.jpg": jpegOf(t, 8, 8, 40), "10.jpg": jpegOf(t, 8, 8, 80), "11": jpegOf(t, 8, 8, 120),
		"notes.txt": []byte("taken on Monday"), ".DS_Store": {0, 0, 0, 1}, "Thumbs.db": []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "empty": nil,
	})
	if err := os.Mkdir(filepath.Join(dir, "0.jpg"), 0o755); err != nil {
		t.Fatal(err)
	}
	c, err := OpenVideo(context.Background(), File(dir))
	if err != nil {
		t.Fatal(err)
	}
	var grays []uint8
	for _, m := range c.Frames {
		grays = append(grays, m.Y[0])
	}
	if len(grays) != 4 || !slices.IsSorted(grays) || c.Sound != nil || !HoldsPictures(context.Background(), File(dir)) {
		t.Errorf("frames of grey %v", grays)
	}
}

func TestFolderOfNoFrames(t *testing.T) {
	dir := folderOf(t, map[string][]byte{"notes.txt": []byte("taken on Monday"), "a.wav": []byte("RIFF\x00\x00\x00\x00WAVE")})
	if _, err := OpenVideo(context.Background(), File(dir)); err == nil || !strings.Contains(err.Error(), "no pictures") || HoldsPictures(context.Background(), File(dir)) {
		t.Errorf("error %v", err)
	}
}

// A frame that cannot be read is not passed over, whether its name or its first bytes say what it
// is.
func TestFolderOfBrokenFrames(t *testing.T) {
	whole := jpegOf(t, 8, 8, 80)
	for name, data := range map[string][]byte{"2.jpg": nil, "3.png": []byte("not found"), "4": whole[:len(whole)/2], "5.heic": []byte("\x00\x00\x00\x18ftypheic\x00\x00")} {
		dir := folderOf(t, map[string][]byte{"1.jpg": whole, name: data})
		if _, err := OpenVideo(context.Background(), File(dir)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
