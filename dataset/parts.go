package dataset

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/media"
)

// What is looked at of a folder.
const (
	maxPartDepth = 8
	maxParts     = 10000
)

// part is one of the tables that a folder holds.
type part struct {
	path  string      // relative to the folder, with slashes
	split string      // by its name or its folder; "" if neither is of one
	stem  string      // its name without numbers, split and endings
	keys  [][2]string // of folders such as label=a
}

// folderTables are the tables and media below a folder, by their endings alone.
type folderTables struct {
	tables    []part
	mediaDirs []string // sub-folders of the first level that hold media
	nested    bool     // some of these have sub-folders themselves
	media     bool     // the folder itself holds some
}

// findTables looks for tables below a folder.
func findTables(dir string) (*folderTables, error) {
	out := &folderTables{}
	n := 0
	err := filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		depth := strings.Count(rel, "/")
		switch {
		// _SUCCESS, _metadata, _delta_log, and what hides.
		case hidden(e.Name()) || strings.HasPrefix(e.Name(), "_"):
			if e.IsDir() {
				return filepath.SkipDir
			}
			return nil
		case e.IsDir():
			if depth >= maxPartDepth {
				return filepath.SkipDir
			}
			return nil
		}
		if n++; n > maxParts {
			return fs.SkipAll
		}
		switch kind := media.ByName(e.Name()).Kind; {
		case isTableName(e.Name()):
			out.tables = append(out.tables, newPart(rel))
		case kind == "" || kind == media.Table:
		case depth == 0:
			out.media = true
		default:
			top, rest, _ := strings.Cut(rel, "/")
			if !slices.Contains(out.mediaDirs, top) {
				out.mediaDirs = append(out.mediaDirs, top)
			}
			out.nested = out.nested || strings.Contains(rest, "/")
		}
		return nil
	})
	return out, err
}

// isTableName reports whether a file of this name is a table: by its ending, but for descriptions
// that data sets have beside their tables.
func isTableName(name string) bool {
	name = strings.ToLower(name)
	for _, packing := range []string{".gz", ".zst", ".zstd"} {
		name = strings.TrimSuffix(name, packing)
	}
	switch path.Ext(name) {
	case ".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".xlsx":
		return true
	case ".json":
		switch name {
		case "dataset_info.json", "dataset_infos.json", "dataset_dict.json", "dataset-metadata.json", "state.json", "config.json", "metadata.json", "package.json", "schema.json":
		default:
			return true
		}
	}
	return false
}

// What numbers the parts of one table: 00000-of-00002, an identifier of Spark's, a run of digits.
var (
	partOf     = regexp.MustCompile(`-\d+-of-\d+.*$`)
	partUUID   = regexp.MustCompile(`-?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(-c\d+)?`)
	partNumber = regexp.MustCompile(`\d+`)
)

// newPart reads the name of a table.
func newPart(rel string) part {
	p := part{path: rel}
	stem := strings.ToLower(path.Base(rel))
	for {
		switch ext := path.Ext(stem); ext {
		case ".gz", ".zst", ".zstd", ".snappy", ".lz4", ".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx":
			stem = strings.TrimSuffix(stem, ext)
			continue
		}
		break
	}
	stem = partUUID.ReplaceAllString(partOf.ReplaceAllString(stem, ""), "")
	stem = strings.Trim(partNumber.ReplaceAllString(stem, ""), "-_. ")
	words := strings.FieldsFunc(stem, func(c rune) bool { return strings.ContainsRune("-_. ", c) })
	for _, i := range []int{0, len(words) - 1} {
		if i >= 0 && i < len(words) && p.split == "" {
			if s := partSplit(words[i]); s != "" {
				p.split = s
				words = slices.Delete(words, i, i+1)
			}
		}
	}
	p.stem = strings.Join(words, "_")
	for _, dir := range strings.Split(path.Dir(rel), "/") {
		if key, value, ok := strings.Cut(dir, "="); ok && key != "" {
			if plain, err := url.PathUnescape(value); err == nil {
				value = plain
			}
			if value == "__HIVE_DEFAULT_PARTITION__" {
				value = ""
			}
			p.keys = append(p.keys, [2]string{key, value})
		}
	}
	return p
}

// partSplit is the split that a word in the name of a file is of; abbreviations that may be
// anything are of none.
func partSplit(word string) string {
	switch s := splitName(word); {
	case len(word) < 3 || word == "tst" || word == "vld" || word == "trn":
	case s == "train" || s == "val" || s == "test":
		return s
	}
	return ""
}

// openParts reads the tables of a folder as one, if it holds some and they can be nothing else: one
// table, files called train, val and test, numbered parts, or folders such as label=a. ok is false
// where the folder is another kind of one.
func openParts(ds *Dataset, opt *Options, c *collector) (src *source, ok bool) {
	found, err := findTables(ds.Path)
	if err != nil || len(found.tables) == 0 || found.media {
		return nil, false // the error comes again
	}
	tables := found.tables
	top := slices.DeleteFunc(slices.Clone(tables), func(p part) bool { return strings.Contains(p.path, "/") })
	if len(found.mediaDirs) > 0 {
		// Folders of classes are the samples. A single folder of media beside a table is its media,
		// and so are train and test without classes inside.
		splits := !slices.ContainsFunc(found.mediaDirs, func(d string) bool { return partSplit(strings.ToLower(d)) == "" })
		if len(top) == 0 || len(found.mediaDirs) > 1 && (!splits || found.nested) || len(found.mediaDirs) == 1 && found.nested {
			return nil, false
		}
	}
	var left []part
	if len(top) > 0 {
		for _, p := range tables {
			if strings.Contains(p.path, "/") {
				left = append(left, p)
			}
		}
		tables = top
	}
	tables, others, ok := chooseParts(tables)
	if !ok && len(top) == 0 { // sub-folders of files, which may be the classes of texts
		return nil, false
	}
	if !ok {
		c.fatal("folder.tables", 0, "", "give one of them; as one table are read files called train, val and test, numbered parts, and folders such as label=a",
			"the folder holds %d tables, and it is not clear which belong together: %s", len(tables), partNames(tables))
		return nil, true
	}
	if left = append(left, others...); len(left) > 0 {
		c.note("folder.left-out", 0, "", "", "these tables of the folder are left out: %s", partNames(left))
	}
	return readParts(ds, tables, opt, c), true
}

// chooseParts returns those of the tables that are one. ok is false if that is not clear.
func chooseParts(tables []part) (chosen, others []part, ok bool) {
	if len(tables) == 1 {
		return tables, nil, true
	}
	keyed, dirs := 0, map[string]bool{}
	for i := range tables {
		if len(tables[i].keys) > 0 {
			keyed++
		}
		dirs[path.Dir(tables[i].path)] = true
	}
	// Folders with the names of splits say it where the files do not.
	if keyed == 0 && len(dirs) > 1 {
		for i := range tables {
			p := &tables[i]
			s := partSplit(strings.ToLower(path.Base(path.Dir(p.path))))
			if s == "" || p.split != "" && p.split != s {
				return tables, nil, false
			}
			p.split = s
		}
	}
	// Training rows first: the others are to have their columns.
	for _, split := range []string{"train", "val", "test", ""} {
		for _, p := range tables {
			switch {
			case p.split != split:
			case split == "" && len(chosen) > 0:
				others = append(others, p)
			default:
				chosen = append(chosen, p)
			}
		}
		if split == "train" && len(chosen) == 0 { // no split, but parts that may be called test_1, test_2
			chosen = tables
			break
		}
	}
	same := func(p part) bool {
		q := chosen[0]
		if p.stem != q.stem || tableEnding(p.path) != tableEnding(q.path) || len(p.keys) != len(q.keys) || (p.split == "") != (q.split == "") {
			return false
		}
		for k := range p.keys {
			if p.keys[k][0] != q.keys[k][0] {
				return false
			}
		}
		return true
	}
	for _, p := range chosen {
		if !same(p) {
			return tables, nil, false
		}
	}
	return chosen, others, true
}

// tableEnding is the ending of a table's name without that of its packing.
func tableEnding(name string) string {
	name = strings.ToLower(name)
	for _, packing := range []string{".gz", ".zst", ".zstd"} {
		name = strings.TrimSuffix(name, packing)
	}
	return path.Ext(name)
}

// partNames lists the first of the parts.
func partNames(parts []part) string {
	names := make([]string, len(parts))
	for i, p := range parts {
		names[i] = p.path
	}
	return someOf(names)
}

// readParts reads tables as one; nil if that was reported.
func readParts(ds *Dataset, parts []part, opt *Options, c *collector) *source {
	dir := path.Dir(parts[0].path)
	for _, p := range parts {
		if path.Dir(p.path) != dir {
			dir = "."
		}
	}
	ds.Dir = filepath.Join(ds.Path, filepath.FromSlash(dir))
	if len(parts) == 1 && len(parts[0].keys) == 0 {
		c.file = filepath.Join(ds.Path, filepath.FromSlash(parts[0].path))
		return openFile(ds, c.file, opt, c)
	}
	all := &joined{}
	var ranges []string
	for _, p := range parts {
		file := filepath.Join(ds.Path, filepath.FromSlash(p.path))
		own := &collector{file: file}
		src := openFile(ds, file, opt, own)
		if src != nil {
			if names := (&collector{file: file}); names.wrong(src.table, opt) {
				own = names
			}
		}
		for _, problem := range own.all() {
			c.add(problem)
		}
		if src == nil || own.failed() {
			return nil
		}
		if missing, extra := all.compare(src.table); opt.Schema == nil && (len(missing) > 0 || len(extra) > 0) {
			// As in competitions, whose labels of the test rows are kept.
			if p.split == "test" && len(extra) == 0 {
				c.note("folder.left-out", 0, "", "give it to predict", "%s is left out: it has no column %s", p.path, someOf(missing))
				continue
			}
			c.fatal("folder.columns", 0, "", "give every part the same columns", "%s has other columns than %s: without %s, with %s", p.path, parts[0].path, orNone(missing), orNone(extra))
			return nil
		}
		from := all.table.Len() + 1
		all.add(src, p)
		if len(ranges) < alikeShown {
			ranges = append(ranges, fmt.Sprintf("%s (%d to %d)", p.path, from, all.table.Len()))
		}
	}
	if len(parts) > len(ranges) {
		ranges = append(ranges, "…")
	}
	c.note("folder.parts", 0, "", "", "%d tables are read as one, with these rows: %s", all.n, strings.Join(ranges, ", "))
	return all.source()
}

// wrong reports whether the header of a table has faults, which it collects.
func (c *collector) wrong(t *Table, opt *Options) bool {
	checkHeader(t, opt, c)
	return c.failed()
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return someOf(names)
}
