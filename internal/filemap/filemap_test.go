package filemap_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/fusor-ml/fusor/internal/filemap"
)

func TestOpen(t *testing.T) {
	want := bytes.Repeat([]byte("0123456789abcdef"), 5000)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x"), want, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "empty"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := filemap.Open(os.DirFS(dir), "x")
	if err != nil {
		t.Fatal(err)
	}
	f.Forget(f.Data[100:70000])
	if !bytes.Equal(f.Data, want) {
		t.Error("a file on disk differs")
	}
	if err := f.Close(); err != nil || f.Close() != nil {
		t.Error(err)
	}
	if f, err := filemap.Open(os.DirFS(dir), "empty"); err != nil || len(f.Data) != 0 {
		t.Error("an empty file", err)
	}
	m, err := filemap.Open(fstest.MapFS{"x": {Data: want}}, "x")
	if err != nil || !bytes.Equal(m.Data, want) {
		t.Error("a file in memory differs", err)
	}
	for _, name := range []string{"none", "."} {
		if _, err := filemap.Open(os.DirFS(dir), name); err == nil {
			t.Errorf("%q was opened", name)
		}
	}
}
