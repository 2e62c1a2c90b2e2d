package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Files of a folder of arrays.
const (
	// LabelsName is the file that makes a folder one of arrays.
	LabelsName = "labels.csv"
	// ArraysIndexName is the file that describes the arrays; without it they are what their shapes
	// show.
	ArraysIndexName = "views.json"
)

// openFolder shows the kinds of folders apart.
func openFolder(ds *Dataset, opt *Options, c *collector) {
	entries, err := os.ReadDir(ds.Path)
	if err != nil {
		c.fatal("file.missing", 0, "", "check the path", "%s", statFault(err))
		return
	}
	has := func(name string) bool {
		return slices.ContainsFunc(entries, func(e os.DirEntry) bool { return !e.IsDir() && e.Name() == name })
	}
	var src *source
	switch {
	case has(LabelsName):
		src = openArrays(ds, entries, opt, c)
	case slices.ContainsFunc(manifestNames, has):
		for _, name := range manifestNames {
			if !has(name) {
				continue
			}
			path := filepath.Join(ds.Path, name)
			c.file = path
			src = openFile(ds, path, opt, c)
			break
		}
	case opt.Schema != nil && hasArrays(entries):
		src = openArrays(ds, entries, opt, c)
	default:
		var ok bool
		if src, ok = openParts(ds, opt, c); !ok {
			src = openClasses(ds, entries, opt.Schema != nil, c)
		}
	}
	if src != nil && !c.failed() {
		build(ds, src, opt, c)
	}
}

// manifestNames are the manifests that a folder represents.
var manifestNames = []string{
	"manifest.csv", "manifest.tsv", "manifest.jsonl", "manifest.json", "manifest.parquet", "manifest.xlsx",
	"manifest.csv.gz", "manifest.tsv.gz", "manifest.jsonl.gz", "manifest.csv.zst", "manifest.tsv.zst", "manifest.jsonl.zst",
}

// isArrayName reports whether a file of this name is taken for arrays.
func isArrayName(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".npy", ".npz", ".pkl", ".pickle":
		return !strings.HasPrefix(name, ".")
	}
	return false
}

// hasArrays reports whether a folder holds arrays.
func hasArrays(entries []os.DirEntry) bool {
	return slices.ContainsFunc(entries, func(e os.DirEntry) bool { return !e.IsDir() && isArrayName(e.Name()) })
}

// openArrays reads a folder with labels.csv and one array per modality, in the order of their
// names. An archive of several arrays holds as many modalities, called file.array. Without
// labels.csv (where labels are optional) the rows are those of the arrays.
func openArrays(ds *Dataset, entries []os.DirEntry, opt *Options, c *collector) *source {
	src := &source{table: &Table{}}
	kinds := readArraysIndex(ds.Path, c)
	for _, e := range entries {
		if !e.IsDir() && isArrayName(e.Name()) {
			src.matrices = append(src.matrices, openMatrices(ds, e.Name(), kinds, opt, c)...)
		}
	}
	labels := filepath.Join(ds.Path, LabelsName)
	if _, err := os.Stat(labels); err == nil {
		c.file = labels
		table := openFile(ds, labels, opt, c)
		if table == nil {
			return nil
		}
		src.table = table.table
	} else if len(src.matrices) > 0 {
		n := src.matrices[0].rows
		src.table.rows, src.table.lines = make([][]string, n), make([]int, n)
		for i := range src.table.lines {
			src.table.lines[i] = i + 1
		}
	}
	n := src.table.Len()
	seen := map[string]string{}
	for _, m := range src.matrices {
		if other, twice := seen[m.name]; twice {
			c.add(Problem{Code: "array.twice", File: m.file, What: fmt.Sprintf("the modality %s is in %s too", m.name, filepath.Base(other)), Advice: "remove or rename one of them", Fatal: true})
		}
		seen[m.name] = m.file
		if rows := m.rows; rows != n && !c.failed() {
			c.add(Problem{Code: "array.rows", File: m.file, What: fmt.Sprintf("it has %s where %s has %d", plural(rows, "row"), LabelsName, n), Advice: fmt.Sprintf("every array needs a row for every row of %s, in the same order", LabelsName), Fatal: true})
		}
	}
	return src
}
