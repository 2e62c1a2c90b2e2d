package dataset

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/internal/machine"
	"github.com/fusor-ml/fusor/media"
)

// found is a file in a class folder.
type found struct {
	path  string // relative to the folder, with slashes
	split string
	class string
	kind  media.Kind
}

// stem is what the file shares with those of other kinds that belong to the same sample.
func (f *found) stem() string {
	return strings.TrimSuffix(f.path, filepath.Ext(f.path))
}

// openClasses reads a folder of class sub-folders: the class of a file is the sub-folder it lies
// in, at any depth. Sub-folders called train, val and test (or validation, dev, …), with the
// classes inside, are the official split.
//
// If all files are of one kind, each is a sample, and the column is called as the kind. Files of
// several kinds are grouped: those of one class that differ only in their ending (a/7.jpg, a/7.wav)
// are one sample, with a column for each kind. A kind whose files mostly stand alone is left out
// and reported.
//
// A folder that is read for prediction may also hold the files themselves, without classes.
func openClasses(ds *Dataset, entries []os.DirEntry, predict bool, c *collector) *source {
	var dirs []string
	plain := false
	for _, e := range entries {
		switch {
		case hidden(e.Name()):
		case e.IsDir():
			dirs = append(dirs, e.Name())
		default:
			plain = true
		}
	}
	const advice = "put a manifest.csv or labels.csv into it, or a sub-folder of files for every class"
	// A folder to predict may be a heap of files; to train on, the sub-folders are the labels.
	if len(dirs) == 0 && (!plain || !predict) {
		c.fatal("folder.nothing", 0, "", advice, "the folder holds neither %s, a manifest nor class sub-folders", LabelsName)
		return nil
	}
	splits := len(dirs) > 0
	// One other name among them, and they are classes: "test" may well be a class beside "quiz".
	for _, d := range dirs {
		if n := splitName(d); n != "train" && n != "val" && n != "test" {
			splits = false
		}
	}
	var files []found
	walk := func(split, class, dir string) {
		before := len(files)
		err := filepath.WalkDir(filepath.Join(ds.Path, dir), func(path string, e os.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			// .git, __MACOSX and thumbnails, which tools leave in any folder.
			case hidden(e.Name()) && e.IsDir():
				return filepath.SkipDir
			case hidden(e.Name()) || !e.Type().IsRegular():
				return nil
			}
			// Relative and with slashes, so that ids, caches and the hash of the rows do not depend on where
			// the folder is or on the system.
			rel, err := filepath.Rel(ds.Path, path)
			if err != nil {
				return err
			}
			kind, err := kindOf(path)
			if err != nil {
				return err
			}
			if kind == "" {
				c.add(Problem{Code: "file.no-medium", File: path, What: "left out: neither text, image, audio, video nor vector", Advice: "remove it from the folder"})
				return nil
			}
			files = append(files, found{path: filepath.ToSlash(rel), split: split, class: class, kind: kind})
			return nil
		})
		if err != nil {
			c.fatal("folder.unreadable", 0, "", "", "cannot list the folder: %v", err)
		} else if len(files) == before && class != "" {
			c.add(Problem{Code: "folder.empty", File: filepath.Join(ds.Path, dir), What: "there is no file in it that can be a sample", Advice: "fill or remove the folder"})
		}
	}
	switch {
	case len(dirs) == 0:
		walk("", "", ".")
	// Sub-folders of parts alone: their own sub-folders are the classes.
	case splits:
		for _, d := range dirs {
			inner, err := os.ReadDir(filepath.Join(ds.Path, d))
			if err != nil {
				c.fatal("folder.unreadable", 0, "", "", "cannot list the folder: %v", err)
				return nil
			}
			for _, e := range inner {
				if e.IsDir() && !hidden(e.Name()) {
					walk(splitName(d), e.Name(), filepath.Join(d, e.Name()))
				}
			}
		}
	default:
		for _, d := range dirs {
			walk("", d, d)
		}
	}
	if len(files) == 0 && !c.failed() {
		c.fatal("folder.empty", 0, "", advice, "there are no files in the sub-folders")
	}
	if c.failed() {
		return nil
	}
	return tabulate(ds, files, c)
}

// hidden reports whether a name is one that file managers and tools leave behind.
func hidden(name string) bool {
	switch strings.ToLower(name) {
	case "thumbs.db", "desktop.ini", "__macosx", "readme", "readme.md", "readme.txt", "license", "license.txt":
		return true
	}
	return strings.HasPrefix(name, ".")
}

// kindOf describes what a file is by its first bytes; a file that is nothing known, or a text by
// another name, is what its ending states, so that its decoder can report what is wrong with it.
// The error is the machine's.
func kindOf(path string) (media.Kind, error) {
	f, err := sniffFile(path)
	if machine.Fault(err) {
		return "", err
	}
	ending := media.ByName(path).Kind
	if f.Kind == "" || f.Kind == media.Table || (f.Kind == media.Text && ending != "") {
		f.Kind = ending
	}
	if f.Kind == media.Table {
		return "", nil
	}
	return f.Kind, nil
}

// tabulate makes the rows of a class folder.
func tabulate(ds *Dataset, files []found, c *collector) *source {
	// The same table that a manifest is read into, so that all that follows is shared. Every file has
	// a split, and a class, if the first one has.
	kinds := keptKinds(ds, files, c)
	header := []string{"id"}
	split, class := files[0].split != "", files[0].class != ""
	if split {
		header = append(header, "split")
	}
	if class {
		header = append(header, "label")
	}
	t := &Table{Header: append(header, kindNames(kinds)...)}
	index := map[string]int{}
	for i := range files {
		f := &files[i]
		k := slices.Index(kinds, f.kind)
		if k < 0 {
			continue
		}
		key := f.path
		// With one kind, a.jpg and a.png are two samples, not one sample with a picture too many.
		if len(kinds) > 1 {
			key = f.stem()
		}
		row, known := index[key]
		if !known {
			row = len(t.rows)
			index[key] = row
			cells := []string{key}
			if split {
				cells = append(cells, f.split)
			}
			if class {
				cells = append(cells, f.class)
			}
			t.rows = append(t.rows, append(cells, make([]string, len(kinds))...))
			t.lines = append(t.lines, row+1)
		}
		cell := &t.rows[row][len(header)+k]
		if *cell != "" {
			c.add(Problem{Code: "file.twice", File: filepath.Join(ds.Path, f.path), What: fmt.Sprintf("left out: the sample has %s as its %s already", *cell, f.kind), Advice: "give the files different names"})
			continue
		}
		*cell = f.path
	}
	src := &source{table: t, textFiles: true, kinds: map[string]media.Kind{}}
	for _, k := range kinds {
		src.kinds[string(k)] = k
	}
	return src
}

// kindNames are the names of the columns.
func kindNames(kinds []media.Kind) []string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = string(k)
	}
	return out
}

// keptKinds chooses the kinds that become columns: the most frequent one, and those of which at
// least half of the files share their stem with a file of it. Files of the others are reported.
func keptKinds(ds *Dataset, files []found, c *collector) []media.Kind {
	count := map[media.Kind]int{}
	var kinds []media.Kind
	stems := map[media.Kind]map[string]bool{}
	for i := range files {
		k := files[i].kind
		if count[k]++; count[k] == 1 {
			kinds = append(kinds, k)
			stems[k] = map[string]bool{}
		}
		stems[k][files[i].stem()] = true
	}
	// Equal counts are ordered by name: map order must not choose the main kind.
	slices.SortFunc(kinds, func(a, b media.Kind) int {
		if d := cmp.Compare(count[b], count[a]); d != 0 {
			return d
		}
		return strings.Compare(string(a), string(b))
	})
	main := kinds[0]
	kept := []media.Kind{main}
	for _, k := range kinds[1:] {
		shared := 0
		for s := range stems[k] {
			if stems[main][s] {
				shared++
			}
		}
		// Stems, not files: a row takes one file of a kind, however many share its stem.
		if 2*shared >= len(stems[k]) {
			kept = append(kept, k)
			continue
		}
		n := 0
		for i := range files {
			if files[i].kind != k {
				continue
			}
			if n++; n <= maxAlike {
				c.add(Problem{Code: "file.other-kind", File: filepath.Join(ds.Path, files[i].path), What: fmt.Sprintf("left out: of the kind %s among files of the kind %s", k, main), Advice: "files of one sample need one name but for the ending; else keep one kind a folder"})
			}
		}
	}
	// Columns in the order of their names, whatever the counts: a test folder with other counts has to
	// have the columns of the training folder.
	slices.Sort(kept)
	return kept
}
