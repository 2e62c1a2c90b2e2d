// Package durable writes files that are whole or not there: under a temporary name first, synced,
// then renamed.
package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Write calls fill with a temporary file beside path, and yields the file its
// final name once fill has succeeded and the bytes are on disk. A file that is
// replaced hands down its permissions, a link is followed, and what is no
// file (a device, a pipe) is written to as it is.
func Write(path string, fill func(w io.Writer) error) error {
	if err := write(path, fill); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return nil
}

func write(path string, fill func(w io.Writer) error) error {
	path, err := target(path)
	if err != nil {
		return err
	}
	old, err := os.Stat(path)
	switch {
	case err != nil:
		old = nil
	case old.IsDir():
		return errors.New("it is a folder")
	case !old.Mode().IsRegular():
		return pour(path, fill)
	}
	f, err := create(path)
	if err != nil {
		return err
	}
	err = fill(f)
	if err == nil && old != nil {
		err = os.Chmod(f.Name(), old.Mode().Perm())
	}
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// target is what path represents if it is a link, or a link to a link; it need not be there.
func target(path string) (string, error) {
	for range 40 { // as many as Linux follows
		if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return path, nil //nolint:nilerr // a name that is free is as good as a file
		}
		to, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return "", errors.New("too many links")
}

// pour writes to what is no file: /dev/null must stay what it is.
func pour(path string, fill func(w io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(fill(f), f.Close())
}

// The name of a temporary file, by which one that was left behind is known.
const (
	prefix = ".fusor-"
	suffix = ".tmp"
	// staleAfter is how long a temporary file lies unchanged before its process is taken to be gone.
	staleAfter = time.Hour
)

// swept are the folders that were looked through, and when.
var swept sync.Map

// sweep removes temporary files of processes that were killed while they wrote. A folder is looked
// through once in a while: some get a file for each of very many things.
func sweep(dir string) {
	if at, ok := swept.Load(dir); ok && time.Since(at.(time.Time)) < staleAfter { //nolint:errcheck // nothing else is stored
		return
	}
	swept.Store(dir, time.Now())
	names, _ := filepath.Glob(filepath.Join(globbed(dir), prefix+"????????"+suffix)) // the pattern is well formed
	for _, name := range names {
		if info, err := os.Lstat(name); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > staleAfter {
			os.Remove(name) //nolint:errcheck // tried again the next time
		}
	}
}

// globbed is a folder's name as a pattern that matches it alone.
func globbed(dir string) string {
	if os.PathSeparator == '\\' { // where \ is no escape
		return dir
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

// create makes a temporary file beside path, with the permissions that new files get here.
func create(path string) (*os.File, error) {
	dir, _ := filepath.Split(path)
	sweep(dir)
	for try := 0; ; try++ {
		// Without the file's own name, which may be as long as a name can be.
		name := fmt.Sprintf("%s%s%08x%s", dir, prefix, rand.Uint32(), suffix)
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		var at *fs.PathError
		switch {
		case err == nil:
			return f, nil
		case errors.Is(err, fs.ErrExist) && try < 1000:
			continue
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("there is no folder %s: %w", filepath.Dir(path), fs.ErrNotExist)
		case errors.As(err, &at):
			return nil, at.Err // without the temporary name
		}
		return nil, err
	}
}

// WriteFile writes data to path in that way.
func WriteFile(path string, data []byte) error {
	return Write(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}
