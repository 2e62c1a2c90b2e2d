package dataset

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
)

// Read reads a table from r. Its name shows the format where the bytes do not, and is what problems
// name as their file: "rows.csv", "rows.jsonl.gz". Media are files below opt.Root, or below the
// working folder.
//
// The error is that of reading r, or a [Problems] as for [Open].
func Read(r io.Reader, name string, opt Options) (*Dataset, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxManifest+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", name, err)
	}
	ds := &Dataset{Name: path.Base(filepath.ToSlash(name)), Path: name, Dir: "."}
	return ds.read(input{path.Base(filepath.ToSlash(name)), bytes.NewReader(data), int64(len(data))}, &opt)
}

// OpenFS reads the table of that name in a file system, such as one that a program embeds.
func OpenFS(fsys fs.FS, name string, opt Options) (*Dataset, error) {
	files, err := fs.Sub(fsys, path.Dir(name))
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", name, err)
	}
	ds := &Dataset{Name: path.Base(name), Path: name, Dir: path.Dir(name), FS: files}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, Problems{{Code: "file.missing", File: name, What: statFault(err), Advice: "check the path", Fatal: true}}
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot read %s: %w", name, err)
	case info.IsDir():
		return nil, Problems{{Code: "file.folder", File: name, What: "a folder, not a table", Advice: "name the table in it", Fatal: true}}
	}
	if at, ok := f.(io.ReaderAt); ok {
		return ds.read(input{path.Base(name), at, info.Size()}, &opt)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", name, err)
	}
	return ds.read(input{path.Base(name), bytes.NewReader(data), int64(len(data))}, &opt)
}

// read reads the bytes of a table into ds.
func (d *Dataset) read(in input, opt *Options) (*Dataset, error) {
	c := &collector{file: d.Path}
	if src := openInput(d, in, opt, c); src != nil && !c.failed() {
		build(d, src, opt, c)
	}
	d.Problems, d.Manifest = c.all(), c.file
	if c.failed() {
		return nil, d.Problems
	}
	return d, nil
}
