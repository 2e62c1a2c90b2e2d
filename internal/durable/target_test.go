package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
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

// What a killed process left behind goes with the next file that is written, and nothing else does.
func TestLeftoversAreSwept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a [b]*")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Skip("no such names here: ", err)
	}
	old := time.Now().Add(-2 * staleAfter)
	for name, stale := range map[string]bool{".fusor-0123abcd.tmp": true, ".fusor-1123abcd.tmp": false, "mine.tmp": true, ".fusor-mine": true} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if stale {
			if err := os.Chtimes(path, old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := WriteFile(filepath.Join(dir, "new"), nil); err != nil {
		t.Fatal(err)
	}
	entries, _ := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != ".fusor-1123abcd.tmp .fusor-mine mine.tmp new" {
		t.Error(got)
	}
}

// A name may be as long as the system allows, and need not be UTF-8.
func TestOddNames(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{strings.Repeat("n", 244) + ".fusor", "caf\xe9.fusor", "a\nb"} {
		path := filepath.Join(dir, name)
		if f, err := os.Create(path); err != nil {
			continue // not here
		} else if err := errors.Join(f.Close(), os.Remove(path)); err != nil {
			t.Fatal(err)
		}
		if err := WriteFile(path, []byte("x")); err != nil {
			t.Errorf("%q: %v", name, err)
		}
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
