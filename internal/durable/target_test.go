package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// A file keeps its permissions when it is replaced: what was private stays so.
func TestPermissionsStay(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no such permissions")
	}
	path := filepath.Join(t.TempDir(), "private")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// A link stays a link, and its target is written.
func TestLinkIsFollowed(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := os.WriteFile(target, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Skip("no links here: ", err)
	}
	if err := WriteFile(link, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v, %v", info.Mode(), err)
	}
	if got, err := os.ReadFile(target); err != nil || string(got) != "new" {
		t.Errorf("%q, %v", got, err)
	}
}

// So does a link whose target is not there yet, and a link in a circle is an error.
func TestLinkToNothingYet(t *testing.T) {
	dir := t.TempDir()
	for name, to := range map[string]string{"link": "between", "between": filepath.Join(dir, "target"), "round": "round"} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Skip("no links here: ", err)
		}
	}
	if err := WriteFile(filepath.Join(dir, "link"), []byte("new")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(filepath.Join(dir, "link")); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v, %v", info.Mode(), err)
	}
	if info, err := os.Lstat(filepath.Join(dir, "target")); err != nil || !info.Mode().IsRegular() {
		t.Errorf("%v, %v", info, err)
	}
	if err := WriteFile(filepath.Join(dir, "round"), nil); err == nil {
		t.Error("a link to itself was written to")
	}
}

// Errors name what the user named, not a temporary file.
func TestErrorsNameThePath(t *testing.T) {
	dir := t.TempDir()
	err := WriteFile(filepath.Join(dir, "none", "a"), nil)
	if err == nil || !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), ".tmp") || !strings.Contains(err.Error(), "no folder "+filepath.Join(dir, "none")) {
		t.Errorf("error %v", err)
	}
	if err := WriteFile(dir, nil); err == nil || !strings.Contains(err.Error(), "it is a folder") {
		t.Errorf("error %v", err)
	}
}
