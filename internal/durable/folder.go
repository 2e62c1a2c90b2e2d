package durable

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Folder calls fill with a temporary folder beside path, and yields the folder its final name once
// fill has succeeded. A folder that is there is replaced, with all that it holds. The files' bytes
// are on disk if fill syncs them, as [Write] does.
func Folder(path string, fill func(dir string) error) error {
	path = filepath.Clean(path)
	dir, err := os.MkdirTemp(filepath.Dir(path), ".fusor-*.tmp")
	if err == nil {
		err = os.Chmod(dir, 0o755) //nolint:gosec // a folder of results, as mkdir makes it
	}
	if err == nil {
		err = fill(dir)
	}
	if err == nil {
		err = replaceFolder(path, dir)
	}
	if err != nil {
		if dir != "" {
			err = errors.Join(err, os.RemoveAll(dir))
		}
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return nil
}

// MakeFolder makes a folder for results, and those above it that are not there. undo removes the
// ones that it made and that are still empty.
func MakeFolder(path string) (undo func(), err error) {
	var made []string // the innermost first
	for dir := filepath.Clean(path); ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); !errors.Is(err, os.ErrNotExist) {
			break
		}
		made = append(made, dir)
	}
	undo = func() {
		for _, dir := range made {
			if os.Remove(dir) != nil { // not empty
				return
			}
		}
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		undo()
		return nil, err
	}
	return undo, nil
}

// replaceFolder renames dir to path. What path was stands aside until then.
func replaceFolder(path, dir string) error {
	aside := dir + ".old"
	err := os.Rename(path, aside)
	if errors.Is(err, os.ErrNotExist) {
		return os.Rename(dir, path)
	}
	if err != nil {
		return err
	}
	if err := os.Rename(dir, path); err != nil {
		return errors.Join(err, os.Rename(aside, path))
	}
	return os.RemoveAll(aside)
}
