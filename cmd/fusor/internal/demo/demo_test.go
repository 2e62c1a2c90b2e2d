package demo

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestMakeIsDeterministicAndWhole(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	for _, dir := range []string{a, b} {
		if _, err := Make(dir, false, nil); err != nil {
			t.Fatal(err)
		}
	}
	var files []string
	for _, sub := range []string{"birds.csv", "photo", "song", "flight"} {
		err := filepath.WalkDir(filepath.Join(a, sub), func(path string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(files) < 2*Rows {
		t.Fatalf("only %d files", len(files))
	}
	for _, f := range files {
		rel, err := filepath.Rel(a, f)
		if err != nil {
			t.Fatal(err)
		}
		x, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if y, err := os.ReadFile(filepath.Join(b, rel)); err != nil || !bytes.Equal(x, y) {
			t.Fatalf("%s differs between two makings (%v)", rel, err)
		}
	}
}

func TestMakeKeepsWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	manifest, err := Make(dir, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	again, err := Make(dir, false, func(int, int) { calls++ })
	if err != nil || again != manifest || calls != 0 {
		t.Errorf("a whole set was made again: %d rows, %v", calls, err)
	}
	if err := os.Remove(filepath.Join(dir, ".complete")); err != nil { // as after an interruption
		t.Fatal(err)
	}
	if _, err := Make(dir, false, func(int, int) { calls++ }); err != nil || calls != Rows {
		t.Errorf("an unfinished set was not finished: %d rows, %v", calls, err)
	}
}
