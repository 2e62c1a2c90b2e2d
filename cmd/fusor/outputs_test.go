package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// A folder is tried before the work, and nothing stays in it.
func TestWritable(t *testing.T) {
	dir := t.TempDir()
	if err := writable("out.csv", dir); err != nil {
		t.Error(err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("%d files are left: %v", len(files), err)
	}
	if err := writable("none/out.csv", filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if os.Geteuid() == 0 {
		t.Skip("root may write anywhere")
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if err := checkOutputs(nil, filepath.Join(dir, "out.csv")); err == nil {
		t.Error("a folder that is read-only is written")
	}
}
