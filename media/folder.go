package media

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Folder is where the media that a table names are looked up. The zero Folder is
// the working folder of the process.
type Folder struct {
	Dir string // names are relative to it; an absolute name represents itself
	FS  fs.FS  // looked up here instead, if it is set: no name leads out of it
}

// ErrOutside is wrapped where a name leads out of the folder that names are confined to.
var ErrOutside = errors.New("it leads out of the folder that media are taken from")

// ErrNoFiles is wrapped where names of files are not taken at all.
var ErrNoFiles = errors.New("names of files are not taken here")

// Nowhere is a file system for rows that must not name files: those of a
// request, whose sender may not learn what this machine holds.
var Nowhere fs.FS = nowhere{}

type nowhere struct{}

// Open implements fs.FS.
func (nowhere) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: ErrNoFiles}
}

// Source is the source of a file that a table names, with / or, on Windows, \ between the parts.
func (f Folder) Source(name string) Source {
	if f.FS == nil {
		if filepath.IsAbs(name) {
			return File(name)
		}
		return Source{name: name, from: osFile(filepath.Join(f.Dir, filepath.FromSlash(name)))}
	}
	return Source{name: name, from: fsFile{f.FS, path.Clean(name)}}
}

// Stat describes a file that a table names; the error wraps [ErrOutside] where the name leads out
// of f.
func (f Folder) Stat(name string) (fs.FileInfo, error) {
	if f.FS == nil {
		return f.Source(name).from.stat()
	}
	clean := path.Clean(name)
	if path.IsAbs(clean) || clean == ".." || strings.HasPrefix(clean, "../") || filepath.IsAbs(name) {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: ErrOutside}
	}
	return fs.Stat(f.FS, clean)
}

// Root is a folder of the operating system as a file system that nothing leads
// out of: neither an absolute name nor ".." nor a link. It opens regular files
// and folders alone, and does not wait for a pipe.
type Root struct{ root *os.Root }

var (
	_ fs.StatFS    = (*Root)(nil)
	_ fs.ReadDirFS = (*Root)(nil)
)

// OpenRoot opens a folder as a Root.
func OpenRoot(dir string) (*Root, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot take media from %s: %w", dir, err)
	}
	return &Root{root}, nil
}

// Close releases the folder.
func (r *Root) Close() error { return r.root.Close() }

// Open implements fs.FS.
func (r *Root) Open(name string) (fs.File, error) {
	info, err := r.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() && !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: ErrNotRegular}
	}
	return r.root.OpenFile(filepath.FromSlash(name), os.O_RDONLY|nonblock, 0)
}

// Stat implements fs.StatFS.
func (r *Root) Stat(name string) (fs.FileInfo, error) {
	info, err := r.root.Stat(filepath.FromSlash(name))
	if err != nil && escapes(err) {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: ErrOutside}
	}
	return info, err
}

// escapes reports whether the error is that of a path that leads out of a root,
// for which package os has no error value.
func escapes(err error) bool {
	var pe *fs.PathError
	return errors.As(err, &pe) && strings.Contains(pe.Err.Error(), "escapes")
}

// ReadDir implements fs.ReadDirFS.
func (r *Root) ReadDir(name string) ([]fs.DirEntry, error) {
	f, err := r.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	dir, ok := f.(fs.ReadDirFile)
	if !ok {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errors.New("not a folder")}
	}
	entries, err := dir.ReadDir(-1)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}
