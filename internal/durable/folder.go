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
