package dataset

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// maxManifest is the largest manifest that is read into memory, in bytes.
const maxManifest = 4 << 30

// Open reads a manifest (.csv, .tsv, .json, .jsonl, .parquet, .xlsx, each of them also as .gz or
// .zst), a folder with labels.csv and one .npy, .npz or pickled matrix per modality, a folder of
// tables whose names tell that they are one, or a folder of class sub-folders with files.
//
// What is wrong with the data is collected in Dataset.Problems. Where no honest result can come
// of it, the error is a [Problems] that lists everything found, the fatal ones among it.
func Open(path string, opt Options) (*Dataset, error) {
	ds, _, err := openPath(path, opt)
	return ds, err
}

// openPath is Open, which also returns what the columns of a manifest were found to be.
func openPath(path string, opt Options) (ds *Dataset, l *layout, err error) {
	ds = &Dataset{Name: dataName(path), Path: path, Dir: filepath.Dir(path)}
	c := &collector{file: path}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		c.fatal("file.missing", 0, "", "check the path", "%s", statFault(err))
	case info.IsDir():
		ds.Dir, opt.blocks = path, false
		openFolder(ds, &opt, c)
	case !info.Mode().IsRegular():
		c.fatal("file.pipe", 0, "", "write it to a file first; predict takes JSON lines from -", "a pipe or device, not a file")
	default:
		if src := openFile(ds, path, &opt, c); src != nil {
			l = build(ds, src, &opt, c)
		}
	}
	ds.Problems, ds.Manifest = c.all(), c.file
	if c.failed() {
		return nil, nil, ds.Problems
	}
	return ds, l, nil
}

// dataName is the base name of a manifest or folder; manifest.csv has the name of its folder.
func dataName(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		abs = path
	}
	return filepath.Base(abs)
}

// statFault explains why a path cannot be looked at, without repeating the path.
func statFault(err error) string {
	if errors.Is(err, os.ErrNotExist) {
		return "no such file or folder"
	}
	return fault(err, "")
}

// fault explains why a file cannot be read, without repeating its path, which the problem names.
func fault(err error, path string) string {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return fmt.Sprintf("cannot open: %v", pe.Err)
	}
	return strings.TrimPrefix(err.Error(), "cannot read "+path+": ")
}
