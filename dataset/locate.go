package dataset

import (
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/media"
)

// How far files are looked for that are not where a table states.
const (
	locateSample  = 40
	locateFolders = 200
)

// locator finds files whose names in a table are not quite theirs: img/73 of img/73.jpg, 73.jpg of
// img/73.jpg, and /home/me/data/img/73.jpg where the table came with img.
type locator struct {
	fsys    fs.FS
	stems   map[string]map[string][]string // of each folder: its media files by their name without the ending
	folders []string                       // all to look in, nil if not listed yet
	nearby  map[string]map[string][]string // of each folder: all names in it by their keys
}

func newLocator(fsys fs.FS) *locator {
	return &locator{fsys: fsys, stems: map[string]map[string][]string{}}
}

// repair is a way from a table's names to those of files: leading folders are taken off, one is put
// in front, and an ending is put behind where it is missing.
type repair struct {
	cut    int
	prefix string
}

// apply returns the name of the file that name means; "" if it is not there.
func (l *locator) apply(r repair, name string) string {
	name = strings.ReplaceAll(trim(name), `\`, "/")
	parts := strings.Split(strings.TrimPrefix(path.Clean(name), "/"), "/")
	if r.cut >= len(parts) {
		return ""
	}
	name = path.Join(append([]string{r.prefix}, parts[r.cut:]...)...)
	if !fs.ValidPath(name) {
		return ""
	}
	if info, err := fs.Stat(l.fsys, name); err == nil && (info.Mode().IsRegular() || info.IsDir() && r == (repair{})) {
		return name
	}
	dir, base := path.Split(name)
	if same := l.list(path.Clean("./" + dir))[base]; len(same) == 1 {
		return path.Join(dir, same[0])
	}
	return ""
}

// list is a folder's media files by their stems.
func (l *locator) list(dir string) map[string][]string {
	if known, ok := l.stems[dir]; ok {
		return known
	}
	out := map[string][]string{}
	entries, err := fs.ReadDir(l.fsys, dir)
	if err == nil {
		for _, e := range entries {
			name := e.Name()
			if kind := media.ByName(name).Kind; e.IsDir() || kind == "" || kind == media.Table {
				continue
			}
			stem := strings.TrimSuffix(name, path.Ext(name))
			out[stem] = append(out[stem], name)
		}
	}
	l.stems[dir] = out
	return out
}

// dirs are the folders below, two levels deep.
func (l *locator) dirs() []string {
	if l.folders != nil {
		return l.folders
	}
	l.folders = []string{}
	var walk func(dir string, depth int)
	walk = func(dir string, depth int) {
		entries, err := fs.ReadDir(l.fsys, dir)
		if err != nil {
			return
		}
		for _, e := range entries {
			if !e.IsDir() || hidden(e.Name()) || len(l.folders) >= locateFolders {
				continue
			}
			sub := path.Join(dir, e.Name())
			l.folders = append(l.folders, sub)
			if depth > 1 {
				walk(sub, depth-1)
			}
		}
	}
	walk(".", 2)
	return l.folders
}

// find looks for the one repair that finds all of the names; near is a folder below which most of
// them are, if there is none.
func (l *locator) find(names []string) (r repair, near string, ok bool) {
	score := func(r repair) (n int) {
		for i, name := range names {
			if l.apply(r, name) != "" {
				n++
			} else if i == 3 && n == 0 {
				break
			}
		}
		return n
	}
	depth := 0
	for _, name := range names {
		depth = max(depth, strings.Count(strings.ReplaceAll(name, `\`, "/"), "/"))
	}
	best := 0
	var found []repair
	try := func(r repair) {
		n := score(r)
		if n == len(names) {
			found = append(found, r)
		}
		// The best folder is kept for advice even where it does not find all.
		if n > best && r.prefix != "" && 2*n > len(names) {
			best, near = n, r.prefix
		}
	}
	// From the least change to the largest, and nothing further once one is found: a deeper cut may
	// also match, by chance.
	for cut := 0; cut <= depth && len(found) == 0; cut++ {
		try(repair{cut: cut})
	}
	if len(found) == 0 {
		for _, dir := range l.dirs() {
			try(repair{prefix: dir})
		}
		for _, dir := range l.dirs() {
			if depth > 0 && len(found) == 0 {
				try(repair{depth, dir})
			}
		}
	}
	// Two that find all leave open which files are meant; a guess might pair rows with other samples.
	if len(found) != 1 {
		return repair{}, near, false
	}
	return found[0], near, true
}

// locate finds the files of columns that have no role; of a trained model those of its media
// columns.
func (t *Table) locate(ds *Dataset, src *source, r roles, opt *Options, c *collector) {
	if src.textFiles {
		return
	}
	l := newLocator(ds.files())
	for i, name := range t.Header {
		if r.has(i) || t.vectors[i] != nil || t.media[i] != nil || slices.Contains(opt.Ignore, name) {
			continue
		}
		if opt.Schema != nil && !slices.ContainsFunc(opt.Schema.Columns, func(col Column) bool { return col.Kind.IsFile() && strings.EqualFold(col.Name, name) }) {
			continue
		}
		if cells := ds.locate(l, t, i, c); cells != nil {
			if t.located == nil {
				t.located = map[int][]string{}
			}
			t.located[i] = cells
		}
	}
}

// locate finds the files of a column that are not where it states. The texts are its cells with the
// names that the files have; nil if the names are right as they are, or are no names of files.
func (d *Dataset) locate(l *locator, t *Table, i int, c *collector) []string {
	cells := t.texts(i)
	for s := range fullCells(cells) { // the first one, which spares a look at all of most columns
		if !mayBeFile(s) {
			return nil
		}
		break
	}
	var names []string
	for _, s := range every(fullCells(cells), locateSample) {
		if !mayBeFile(s) {
			return nil
		}
		names = append(names, splitFiles(s)...)
	}
	if len(names) == 0 {
		return nil
	}
	// A few missing files in a column whose others are there are just that.
	there, endings := 0, 0
	distinct := map[string]bool{}
	for _, name := range names {
		distinct[name] = true
		if _, err := lookFor(d.Folder(), name); err == nil {
			there++
		}
		if media.ByName(name).Kind != "" {
			endings++
		}
	}
	if 2*there > len(names) || endings < len(names) && 2*len(distinct) < len(names) { // words that come again and again are categories
		return nil
	}
	r, _, ok := l.find(names)
	if !ok || r == (repair{}) && endings == len(names) {
		return nil
	}
	out := make([]string, t.Len())
	example := ""
	for k, s := range t.column(i) {
		var files []string
		for _, name := range splitFiles(s) {
			if isMissing(trim(name)) {
				continue
			}
			file := l.apply(r, name)
			if file == "" {
				return nil // not all are there: the user is to say where they are
			}
			if files = append(files, file); example == "" {
				example = name + " → " + file
			}
		}
		out[k] = strings.Join(files, ";")
	}
	c.note("column.located", 0, t.Header[i], "", "its files are not where it says, but are all found: %s", example)
	return out
}

// fullCells are the cells that are neither empty nor a word for it, trimmed.
func fullCells(cells iter.Seq[string]) iter.Seq[string] {
	return func(yield func(string) bool) {
		for s := range cells {
			if s = trim(s); s != "" && !isMissing(s) && !yield(s) {
				return
			}
		}
	}
}

// mayBeFile reports whether a cell can be the name of a file: no text, no number, no web address.
func mayBeFile(s string) bool {
	if len(s) > 500 || strings.ContainsAny(s, "\n\r{}<>|") || strings.Contains(s, "://") || strings.HasPrefix(s, "data:") {
		return false
	}
	if media.ByName(s).Kind == "" && strings.Count(s, " ") > 3 {
		return false
	}
	_, number := Notation("").number(s)
	return !number
}

// suggestRoot is a folder below the table's in which most of the files of column i are; "" if there
// is none.
func (d *Dataset) suggestRoot(i int) string {
	names := []string{}
	for _, s := range every(fullCells(d.raw.texts(i)), locateSample) {
		if mayBeFile(s) {
			names = append(names, splitFiles(s)...)
		}
	}
	if len(names) == 0 {
		return ""
	}
	_, near, _ := newLocator(d.files()).find(names)
	return near
}

// parts counts the columns, those of the table one by one.
func (d *Dataset) parts() (n int) {
	for _, c := range d.Schema.Columns {
		n += max(1, len(c.Fields))
	}
	return n
}

// Lost describes the columns of which most cells that are not empty cannot be read, each as a fatal
// problem: no honest result can come of data that are mostly lost. problems are those of reading
// and of extraction; columns that allowed names are left out.
func (d *Dataset) Lost(problems Problems, allowed []string) Problems {
	lost, _ := OneBlock(d).lost(problems, allowed) // whose one block is at hand
	return lost
}

// lost is [Dataset.Lost] of all rows.
func (b *Blocks) lost(problems Problems, allowed []string) (Problems, error) {
	d := b.Dataset
	type loss struct {
		rows    map[int]bool
		example string
		missing int
	}
	byColumn := map[string]*loss{}
	for _, p := range problems {
		if p.Row == 0 || !isLoss(p.Code) {
			continue
		}
		l := byColumn[p.Column]
		if l == nil {
			l = &loss{rows: map[int]bool{}, example: p.What}
			byColumn[p.Column] = l
		}
		if p.Code == "cell.missing-file" {
			l.missing++
		}
		// By row, not by problem: a cell with three broken files is one cell.
		l.rows[p.Row] = true
	}
	var out Problems
	var failed error
	check := func(name string, has func(row *Row) bool) {
		l := byColumn[name]
		if l == nil || slices.ContainsFunc(allowed, func(a string) bool { return strings.EqualFold(a, name) }) {
			return
		}
		n := 0
		for ds, err := range b.All() {
			if err != nil {
				failed = err
				return
			}
			for i := range ds.Rows {
				// A cell that reading gave up is empty by now; one whose extraction failed is not.
				if row := &ds.Rows[i]; l.rows[row.Number] || has(row) {
					n++
				}
			}
		}
		// Half of what is not empty. Below that the column is usable, and each loss is listed.
		if 2*len(l.rows) <= n {
			return
		}
		advice := "mend the cells, or add a column: there is no other to go on with"
		if d.parts() > 1 {
			advice = fmt.Sprintf("mend the cells, or go on without them with --allow-missing %s", shellName(name))
		}
		// Mostly missing files: then it is probably the folder that is wrong.
		if d.raw != nil && 2*l.missing > len(l.rows) {
			if i := column(d.raw.Header, name); i >= 0 {
				if near := d.suggestRoot(i); near != "" {
					advice = fmt.Sprintf("did you mean --root %s? Else %s", shellName(path.Join(d.Dir, near)), advice)
				}
			}
		}
		out = append(out, Problem{
			Code: "column.unreadable", File: d.Path, Column: name, Fatal: true, Advice: advice,
			What: fmt.Sprintf("%d of %s cannot be read, e.g. %s", len(l.rows), plural(n, "cell"), l.example),
		})
	}
	for k := range d.Schema.Columns {
		col := &d.Schema.Columns[k]
		if col.Kind != media.Table {
			check(col.Name, func(row *Row) bool { c := row.Cell(k); return !c.Absent() })
			continue
		}
		for f := range col.Fields {
			check(col.Fields[f].Name, func(row *Row) bool { return row.Field(k, f) != "" })
		}
	}
	return out, failed
}

// isLoss reports whether a kind of problem means that a cell's content is lost.
func isLoss(code string) bool {
	switch code {
	case "cell.missing-file", "cell.address", "cell.folder", "cell.vector", "cell.number", "cell.date", "cell.boolean", "cell.unreadable", "vector.width":
		return true
	}
	return false
}

// files is the file system that the names of media are looked up in.
func (d *Dataset) files() fs.FS {
	if d.FS != nil {
		return d.FS
	}
	return os.DirFS(d.Dir)
}

// CheckLost returns the columns that are [Dataset.Lost] as an error, unless they are among those
// allowed; one of these that is not there is an error, too.
func (d *Dataset) CheckLost(problems Problems, allowed []string) error {
	return OneBlock(d).CheckLost(problems, allowed)
}

// CheckLost is [Dataset.CheckLost] of all rows.
func (b *Blocks) CheckLost(problems Problems, allowed []string) error {
	d := b.Dataset
	var known []string
	for _, c := range d.Schema.Columns {
		known = append(known, c.Name)
		for _, f := range c.Fields {
			known = append(known, f.Name)
		}
	}
	for _, name := range allowed {
		if !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) }) {
			return fmt.Errorf("%s has no column %q whose cells may be missing; it has %s", d.Path, name, strings.Join(known, ", "))
		}
	}
	lost, err := b.lost(problems, allowed)
	if len(lost) > 0 && err == nil {
		err = lost
	}
	return err
}
