package dataset

import (
	"io/fs"
	"strings"

	"github.com/fusor-ml/fusor/media"
)

// entry is what a name in a table leads to.
type entry struct {
	name string // as it is to be used
	is   entryKind
}

type entryKind int

const (
	aFile entryKind = iota
	aFolder
	neither // a pipe, a device
)

// lookFor finds a file that a table names, also where it was written with backslashes. Nothing is
// opened.
func lookFor(from media.Folder, name string) (entry, error) {
	info, err := from.Stat(name)
	if slashed := strings.ReplaceAll(name, `\`, "/"); err != nil && slashed != name {
		var other fs.FileInfo
		if other, err = from.Stat(slashed); err == nil {
			info, name = other, slashed
		}
	}
	switch {
	case err != nil:
		return entry{}, err
	case info.IsDir():
		return entry{name, aFolder}, nil
	case !info.Mode().IsRegular():
		return entry{name, neither}, nil
	}
	return entry{name, aFile}, nil
}

// isFile reports whether a text is the name of a file that is there.
func isFile(from media.Folder, name string) bool {
	found, err := lookFor(from, name)
	return err == nil && found.is == aFile
}
