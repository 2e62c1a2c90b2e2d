package media

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
)

// A medium is the same wherever it comes from.
func TestSources(t *testing.T) {
	data := aviOf(t, 10)
	dir := folderOf(t, map[string][]byte{"a.avi": data})
	root, err := OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	sources := map[string]Source{
		"file":     File(filepath.Join(dir, "a.avi")),
		"folder":   Folder{Dir: dir}.Source("a.avi"),
		"absolute": Folder{Dir: "/elsewhere"}.Source(filepath.Join(dir, "a.avi")),
		"root":     Folder{FS: root}.Source("./a.avi"),
		"DirFS":    FileOf(os.DirFS(dir), "a.avi"),
		"MapFS":    FileOf(fstest.MapFS{"a.avi": {Data: data}}, "a.avi"),
		"bytes":    Bytes("a.avi", data),
		"section":  Section("a.avi", bytes.NewReader(data), int64(len(data)), sha256.Sum256(data)),
		"made":     Made("a.avi", func() ([]byte, error) { return data, nil }),
	}
	for name, s := range sources {
		c, err := OpenVideo(context.Background(), s)
		if err != nil || len(c.Frames) != 10 || c.Sound == nil {
			t.Errorf("%s: %v", name, err)
		}
		r, err := Open(context.Background(), s)
		if err != nil {
			t.Fatal(name, err)
		}
		if got, err := r.All(1 << 20); err != nil || !bytes.Equal(got, data) || r.Size() != int64(len(data)) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		part := make([]byte, 5)
		if n, err := r.ReadAt(part, 3); n != 5 || err != nil || !bytes.Equal(part, data[3:8]) {
			t.Errorf("%s: %q, %v", name, part, err)
		}
		if _, err := r.All(9); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
		if err := r.Close(); err != nil {
			t.Error(name, err)
		}
		sum, err := s.Sum()
		if byValue := s.ByValue(); err != nil || byValue != (sum != "") {
			t.Errorf("%s: by value %v, sum %q, %v", name, byValue, sum, err)
		}
	}
	if _, err := Open(context.Background(), Source{}); err == nil {
		t.Error("the zero source was opened")
	}
}

// Frames are those of a folder of any file system.
func TestFolderOfFramesElsewhere(t *testing.T) {
	fsys := fstest.MapFS{"clip/1.jpg": {Data: jpegOf(t, 8, 8, 10)}, "clip/2.jpg": {Data: jpegOf(t, 8, 8, 99)}}
	c, err := OpenVideo(context.Background(), Folder{FS: fsys}.Source("clip"))
	if err != nil || len(c.Frames) != 2 {
		t.Fatal(err)
	}
}

// Reading ends when the context does.
func TestReadingUnderContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	r, err := Open(ctx, Bytes("", make([]byte, 100)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := r.Read(make([]byte, 10)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := Open(ctx, Bytes("", nil)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for name, read := range map[string]func() error{
		"image": func() error { _, err := ReadImage(ctx, Bytes("", jpegOf(t, 8, 8, 9)), ImageOptions{}); return err },
		"audio": func() error { _, err := ReadAudio(ctx, Bytes("", wavBytes(t, 1))); return err },
		"video": func() error { _, err := OpenVideo(ctx, Bytes("", aviOf(t, 3))); return err },
		"text":  func() error { _, err := ReadText(ctx, Bytes("", []byte("a text"))); return err },
	} {
		if err := read(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Nothing leads out of a root.
func TestRoot(t *testing.T) {
	outer := folderOf(t, map[string][]byte{"secret.txt": []byte("secret")})
	dir := filepath.Join(outer, "in")
	for name, data := range map[string]string{"a.txt": "a", "sub/b.txt": "b"} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(data), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	links := map[string]string{"out": "../secret.txt", "abs": filepath.Join(outer, "secret.txt"), "up": "..", "fine": "sub/b.txt", "round": "round"}
	for name, to := range links {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Skip("no links here: ", err)
		}
	}
	root, err := OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	in := Folder{FS: root}
	for _, name := range []string{"a.txt", "./a.txt", "sub/../a.txt", "sub/b.txt", "fine"} {
		if _, err := in.Stat(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := ReadText(context.Background(), in.Source(name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"../secret.txt", "/etc/passwd", filepath.Join(outer, "secret.txt"), filepath.Join(dir, "a.txt"), "sub/../../secret.txt", "out", "abs", "up/secret.txt", "round", ".."} {
		if _, err := in.Stat(name); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
		if d, err := ReadText(context.Background(), in.Source(name)); err == nil {
			t.Errorf("%s was read: %q", name, d.Text)
		}
	}
	if _, err := (Folder{FS: Nowhere}).Stat("a.txt"); !errors.Is(err, ErrNoFiles) {
		t.Error(err)
	}
	if _, err := io.ReadAll(mustOpen(t, in.Source("a.txt"))); err != nil {
		t.Error(err)
	}
}

func mustOpen(t *testing.T, s Source) *Reader {
	t.Helper()
	r, err := Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// A pointer of Git LFS is no text, picture, sound or array, and the error says what to do.
func TestPointersAreRefused(t *testing.T) {
	pointer := []byte("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n")
	dir := folderOf(t, map[string][]byte{"a.jpg": pointer, "short.txt": pointer[:20]})
	for _, s := range []Source{File(filepath.Join(dir, "a.jpg")), Bytes("a.jpg", pointer), FileOf(os.DirFS(dir), "a.jpg")} {
		if _, err := Open(context.Background(), s); !errors.Is(err, ErrPointer) {
			t.Errorf("%v", err)
		}
		if _, err := ReadImage(context.Background(), s, ImageOptions{}); !errors.Is(err, ErrPointer) {
			t.Errorf("%v", err)
		}
	}
	for s, want := range map[Source][]byte{
		File(filepath.Join(dir, "short.txt")):                          pointer[:20],
		Section("a.txt", bytes.NewReader(pointer[1:]), 60, [32]byte{}): pointer[1:61],
	} {
		r, err := Open(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %q, %v", s.Name(), got, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}
