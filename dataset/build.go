package dataset

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/fusor-ml/fusor/media"
)

// source is what a manifest or folder was read into, before its columns mean anything.
type source struct {
	table     *Table
	matrices  []matrix
	textFiles bool
	kinds     map[string]media.Kind // kinds that the source itself knows
	index     []string              // columns that the source itself knows as the names or numbers of rows
}

// arrays lists the names of the modalities that are arrays.
func (s *source) arrays() []string {
	names := make([]string, len(s.matrices))
	for i := range s.matrices {
		names[i] = s.matrices[i].name
	}
	return names
}

// layout is what the columns of a manifest mean.
type layout struct {
	roles
	from []origin // of the schema's columns
}

// newLayout finds out what the columns are, and sets the schema but for the label's; nil if that
// failed.
func newLayout(ds *Dataset, src *source, opt *Options, c *collector) *layout {
	t := src.table
	ds.raw = t
	if opt.Root != "" && !src.textFiles {
		ds.Dir = opt.Root
	}
	// Faults of the header come first: every later step looks columns up by their names.
	checkHeader(t, opt, c)
	l := &layout{roles: findRoles(t, opt, c)}
	if opt.Schema == nil && t.Len() == 0 && !c.failed() {
		c.fatal("table.no-rows", 0, "", "add a row for every sample", "there are no rows below the header")
	}
	if c.failed() {
		return nil
	}
	ds.Schema = Schema{Label: l.labelName(t), ID: roleName(t, l.id), Split: roleName(t, l.split), Group: roleName(t, l.group), Order: roleName(t, l.order)}
	// Before kinds are inferred: a column of files that are somewhere else would look like texts.
	t.locate(ds, src, l.roles, opt, c)
	if opt.Schema != nil {
		l.from = schemaColumns(ds, src, opt, c)
	} else {
		l.from = ownColumns(ds, src, l.roles, opt, c)
	}
	if c.failed() {
		return nil
	}
	return l
}

// read makes the rows of a table, or of a block of it.
func (l *layout) read(ds *Dataset, src *source, opt *Options, s *rowState, c *collector) {
	t := src.table
	cr := &cellReader{from: ds.Folder(), c: c, near: newLocator(ds.files()), textFiles: src.textFiles, typed: t.typed, deferred: opt.Deferred, checked: opt.checked}
	readCells(ds, src, l.from, cr, opt.Compact)
	// After the cells, since readCells makes ds.Rows. No column is both a cell and a role.
	readRoles(ds, t, l.roles, s, c)
}

// build makes the samples, unless they are read in blocks.
func build(ds *Dataset, src *source, opt *Options, c *collector) *layout {
	t, s := src.table, &rowState{}
	l := newLayout(ds, src, opt, c)
	if l == nil || t.inBlocks() {
		return l
	}
	l.read(ds, src, opt, s, c)
	if len(l.labels) > 0 {
		readLabelColumns(ds, t, l.labels, c)
		if c.failed() {
			return nil
		}
	}
	// A trained model keeps its task and classes; what only matters to training (leakage, copies) is
	// not noted of rows to predict.
	if opt.Schema != nil {
		applyClasses(ds, s, c)
		s.note(&ds.Schema, c)
		return l
	}
	decideTask(ds, opt.Task, c)
	// These notes compare cells with labels, and so need the task. Copies are found by content, which
	// deferred cells do not have yet.
	if !c.failed() {
		noteLeakage(ds, c)
		noteUnordered(ds, c)
		if !opt.Deferred {
			noteDuplicates(ds, c)
		}
	}
	settleDims(ds, c)
	return l
}

// roleName is the header's name of column i, or "".
func roleName(t *Table, i int) string {
	if i < 0 {
		return ""
	}
	return t.Header[i]
}

// labelName is the name of the label, or the names of all of them.
func (r roles) labelName(t *Table) string {
	if len(r.labels) == 0 {
		return roleName(t, r.label)
	}
	names := make([]string, len(r.labels))
	for k, i := range r.labels {
		names[k] = t.Header[i]
	}
	return strings.Join(names, ",")
}

// origin reports where a modality's cells come from: a table column, the fields of the table, or a
// matrix.
type origin struct {
	column int   // -1 = none
	fields []int // parallel to Column.Fields; -1 = missing
	matrix *matrix
}

// ownColumns infers the columns of a manifest that is read for training.
func ownColumns(ds *Dataset, src *source, r roles, opt *Options, c *collector) []origin {
	t := src.table
	var from []origin
	table := -1 // index of the table modality
	var index, named []string
	columns := manifestColumns(src, r, opt, c)
	kinds := make([]media.Kind, len(columns))
	// Two passes: whether columns that only tell rows apart are left out depends on whether there is
	// any other, which is known after the last.
	found := map[int]inferred{}
	names := map[int]string{} // columns that only tell rows apart, and why
	room := make([]string, 0, t.Len())
	t.plain = plainColumns(t, columns)
	for k, i := range columns {
		name := t.Header[i]
		kind, set := src.kinds[name]
		for n, want := range opt.Kinds {
			// Kinds is looked up by header, not by key, since names of options match whatever their case.
			if column(t.Header, n) == i {
				kind, set = want, true
			}
		}
		switch {
		case slices.Contains(src.index, name) && !opt.names(name):
			index = append(index, name)
			names[i] = ""
		// Bytes of a Parquet column: sniffed as files are, unless an option or the source has the kind.
		case t.media[i] != nil:
			if set {
				break
			}
			var err error
			if kind, err = mediaKind(t.media[i]); err != nil {
				c.fatal("machine", 0, name, "", "%v", err)
				return nil
			}
			if kind == "" {
				c.note("column.kind", 0, name, "", "binary values of no known format cannot be cells; the column is left out")
				names[i] = ""
			}
		case t.vectors[i] != nil:
			kind = media.Vector
		case !set:
			is, err := inferred{kind: media.Number}, error(nil)
			if !t.plain[i] || t.located[i] != nil {
				is, err = inferKind(name, t.texts(i), ds.Folder(), room)
			}
			if err != nil {
				c.fatal("machine", 0, name, "", "cannot look at the files: %v", err)
				return nil
			}
			kind, found[i] = is.kind, is
		}
		kinds[k] = kind
	}
	settle(t, columns, kinds, found, c)
	for k, i := range columns {
		if _, looked := found[i]; !looked {
			continue
		}
		// Before the notes on odd kinds: an id that is left out needs no advice on how to write it.
		if why := rowNames(t, i, kinds[k]); why != "" && !opt.names(t.Header[i]) {
			names[i] = why
			named = append(named, fmt.Sprintf(why, t.Header[i]))
			continue
		}
		noteSuspiciousKinds(t, i, kinds[k], c)
		kinds[k] = noteCodes(t, i, kinds[k], c)
	}
	if len(named) > 0 && len(names) == len(columns) && len(src.matrices) == 0 { // there is nothing else to learn from
		c.note("column.row-names", 0, "", "add columns that say something of the samples", "these only tell rows apart, but there is nothing else: %s", strings.Join(named, ", "))
		for i, why := range names {
			if why != "" {
				delete(names, i)
			}
		}
		named = nil
	}
	for k, i := range columns {
		name, kind := t.Header[i], kinds[k]
		if _, out := names[i]; out {
			continue
		}
		switch {
		case kind == "":
			c.note("column.empty", 0, name, "", "every cell is empty; the column is left out")
		// Numbers, dates, truth values and categories share one modality (decision 8), which takes the
		// place of the first of them.
		case kind.IsField():
			if table < 0 {
				table = len(ds.Schema.Columns)
				ds.Schema.Columns = append(ds.Schema.Columns, Column{Name: tableName, Kind: media.Table})
				from = append(from, origin{column: -1})
			}
			ds.Schema.Columns[table].Fields = append(ds.Schema.Columns[table].Fields, field(t, i, kind, found[i], c))
			from[table].fields = append(from[table].fields, i)
		default:
			ds.Schema.Columns = append(ds.Schema.Columns, Column{Name: name, Kind: kind})
			from = append(from, origin{column: i})
		}
	}
	if len(named) > 0 {
		c.note("column.row-names", 0, "", "to keep one, set its kind with --kind", "left out, as they only tell rows apart: %s", strings.Join(named, ", "))
	}
	if len(index) > 0 {
		c.note("column.index", 0, "", "to keep one, set its kind with --kind", "left out, as they are the index of a pandas table: %s", strings.Join(index, ", "))
	}
	// A user's own column may have the name that the modality would have.
	if table >= 0 && slices.ContainsFunc(ds.Schema.Columns, func(c Column) bool { return c.Name == tableName && c.Kind != media.Table }) {
		ds.Schema.Columns[table].Name = "fields"
	}
	for m := range src.matrices {
		x := &src.matrices[m]
		if slices.Contains(opt.Ignore, x.name) {
			continue
		}
		ds.Schema.Columns = append(ds.Schema.Columns, Column{Name: x.name, Kind: x.kind, Dim: x.dim})
		from = append(from, origin{column: -1, matrix: x})
	}
	if len(ds.Schema.Columns) == 0 && !c.failed() {
		c.fatal("table.no-columns", 0, "", "add a column of texts, files, numbers, categories or vectors", "there is no column to learn from")
	}
	return from
}

// field is column i as a field: how its numbers or dates are written is decided, and what its cells
// leave open is noted. is is what the column was found to hold, if it was looked at.
func field(t *Table, i int, kind media.Kind, is inferred, c *collector) Field {
	f := Field{Name: t.Header[i], Kind: kind}
	if kind != media.Number && kind != media.Date {
		return f
	}
	w, open := is.style, is.open
	if is.kind != kind {
		w, open = styleOf(kind, t.texts(i))
	}
	f.Notation, f.Unit = w.Notation, w.unit
	switch {
	case w.Notation == Clock:
		c.note("number.clock", 0, f.Name, "", "times such as 13:45 or 1h 20m are taken as numbers of seconds")
	case w.unit != "":
		c.note("number.unit", 0, f.Name, "", "the numbers are read without their unit, %s", w.unit)
	case open == "":
	case kind == media.Number:
		v, _ := w.number(string(open))
		c.note("number.comma", 0, f.Name, "write them as 1234.5", "%q is read as %s, with a comma between thousands: no cell tells whether it is a decimal one", open, strconv.FormatFloat(v, 'f', -1, 64))
	default:
		c.note("date.ambiguous", 0, f.Name, "write dates as 2006-01-31", "the day and month of dates such as %q cannot be told apart", open)
	}
	if kind == media.Number && (t.plain == nil || !t.plain[i]) {
		if is.kind != kind || is.amounts {
			noteAmounts(t, i, w, c)
		}
		if w == (style{}) && !t.typed {
			notePoint(t, i, c)
		}
	}
	few := is.kind == media.Number && is.standIns < sentinelRows
	if t.plain != nil && t.plain[i] {
		few = t.standIns[i] < sentinelRows
	}
	if kind == media.Date || !few {
		noteSentinels(t, i, &f, c)
	}
	return f
}

// manifestColumns are the table columns that become modalities: in a folder of arrays only those
// that Columns names.
func manifestColumns(src *source, r roles, opt *Options, c *collector) []int {
	o := *opt
	if len(src.matrices) > 0 {
		o.Ignore = slices.DeleteFunc(slices.Clone(o.Ignore), func(n string) bool {
			return slices.ContainsFunc(src.matrices, func(m matrix) bool { return m.name == n })
		})
		if len(o.Columns) == 0 {
			modalityColumns(src.table, r, &o, src.arrays(), c) // for its checks
			return nil
		}
	}
	return modalityColumns(src.table, r, &o, src.arrays(), c)
}

// texts returns the texts of column i, with the names that its files have.
func (t *Table) texts(i int) iter.Seq[string] {
	if located := t.located[i]; located != nil {
		return slices.Values(located)
	}
	return func(yield func(string) bool) {
		for _, s := range t.column(i) {
			if !yield(s) {
				return
			}
		}
	}
}

// schemaColumns finds the columns of a trained model in a manifest. An ignored one is absent in
// every row.
func schemaColumns(ds *Dataset, src *source, opt *Options, c *collector) []origin {
	t, s := src.table, opt.Schema
	ignored := func(name string) bool {
		return slices.ContainsFunc(opt.Ignore, func(n string) bool { return strings.EqualFold(n, name) })
	}
	for _, name := range opt.Ignore {
		if column(t.Header, name) < 0 && !slices.ContainsFunc(src.matrices, func(m matrix) bool { return m.name == name }) {
			c.fatal("option.no-column", 0, "", theColumns(t), "--ignore names the column %q, which is not there", name)
		}
	}
	ds.Schema.Columns, ds.Schema.Task, ds.Schema.Classes, ds.Schema.Notation = s.Columns, s.Task, s.Classes, s.Notation
	ds.Schema.Unit, ds.Schema.Separator = s.Unit, s.Separator
	from := make([]origin, len(s.Columns))
	// Which columns are there counts, not which are ignored: a table with none of them is another one.
	found := 0
	look := func(name string) int {
		i := column(t.Header, name)
		if i >= 0 {
			found++
		}
		return i
	}
	for k, col := range s.Columns {
		from[k].column = -1
		if col.Kind == media.Table {
			for _, f := range col.Fields {
				if ignored(f.Name) {
					from[k].fields = append(from[k].fields, -1)
					continue
				}
				i := look(f.Name)
				// Kept in place with -1: fields are parallel to those of the schema, which fitted states count
				// by.
				if i < 0 {
					c.note("column.missing", 0, f.Name, "", "the model knows the column, but it is not there: missing in every row")
				}
				from[k].fields = append(from[k].fields, i)
			}
			continue
		}
		if ignored(col.Name) {
			continue
		}
		for m := range src.matrices {
			if src.matrices[m].name == col.Name {
				from[k].matrix = &src.matrices[m]
				found++
			}
		}
		if from[k].matrix != nil {
			if got := from[k].matrix.dim; got != col.Dim {
				c.fatal("vector.width", 0, col.Name, "", "%s has %d numbers a row where the model takes %d", from[k].matrix.file, got, col.Dim)
			}
			continue
		}
		if from[k].column = look(col.Name); from[k].column < 0 {
			c.note("column.missing", 0, col.Name, "", "the model knows the column, but it is not there: absent in every row")
		}
	}
	if found == 0 {
		c.fatal("table.other", 0, "", "", "none of the columns that the model was trained on is there")
	}
	return from
}

// readCells makes the rows and their cells, column by column, and reports what is wrong with them.
func readCells(ds *Dataset, src *source, from []origin, cr *cellReader, compact bool) {
	t, own := src.table, ds.Schema.Columns
	n := t.Len()
	held := &cellSource{columnar: &columnar{table: t, from: from, own: own, kept: make([][]Cell, len(own)), incomplete: make([]rowSet, len(own))}}
	ds.Rows = make([]Row, n)
	// One block for the cells of all rows: rows are sub-slices of it, with their capacity cut so that
	// an append by a caller cannot reach into the next row.
	var cells []Cell // of all rows, if they are to have them
	if !compact {
		cells = make([]Cell, n*len(own))
	}
	for i := range ds.Rows {
		// Field by field: whole rows are copied by the runtime, which a garbage collection cannot
		// stop and waits for, turning a processor over.
		r := &ds.Rows[i]
		r.Number, r.Class, r.at = t.lines[i], -1, i
		if compact {
			r.held = held
		} else {
			r.Cells = cells[i*len(own) : (i+1)*len(own) : (i+1)*len(own)]
		}
	}
	// Strings of a table point into blocks of its text. A copy of each level lets go of these, and
	// equal levels share one; the bound is for columns in which hardly any are equal.
	levels := map[string]string{} // one copy of each level, whatever the manifest's memory
	for k := range own {
		col, o := &own[k], from[k]
		put := func(i int, c Cell) { cells[i*len(own)+k] = c }
		if compact && o.column >= 0 {
			held.kept[k] = make([]Cell, n)
			put = func(i int, c Cell) { held.kept[k][i] = c }
		}
		switch {
		case o.matrix != nil:
			for i := range n {
				cell := o.matrix.cell(i)
				o.matrix.note(i, &cell, cr.c)
				if !compact {
					put(i, cell)
				}
			}
		case col.Kind == media.Table && compact && cr.checked:
		case col.Kind == media.Table:
			// In a compact data set fields are read from the table whenever a row is asked for; here they
			// are read once for their problems.
			readFields(ds, t, k, o, cr, func(i int, fields []string, incomplete bool) {
				if compact {
					if incomplete {
						held.incomplete[k].add(i)
					}
					return
				}
				for f, v := range fields {
					if shared, ok := levels[v]; ok {
						fields[f] = shared
					} else if len(levels) < 1<<16 {
						levels[v] = v
					}
				}
				put(i, Cell{Fields: slices.Clone(fields), Incomplete: incomplete})
			})
		case o.column >= 0:
			vectors, located := t.vectors[o.column], t.located[o.column]
			for i := range n {
				var v []float32
				if vectors != nil {
					v = vectors[i]
				}
				// A member that JSON reading left out was noted there; the cell is incomplete all the same.
				cr.noted = t.dropped[o.column].has(i)
				if blobs := t.media[o.column]; len(blobs) > 0 && len(blobs[i]) > 0 {
					put(i, cr.blobs(col, blobs[i], t.lines[i]))
					continue
				}
				text := t.cell(i, o.column)
				if located != nil {
					text = located[i]
				}
				put(i, cr.media(col, text, v, t.lines[i]))
			}
		}
	}
}

// readFields reads the cells of the table modality, column k, row by row. put must not keep fields.
func readFields(ds *Dataset, t *Table, k int, o origin, cr *cellReader, put func(i int, fields []string, incomplete bool)) {
	col := &ds.Schema.Columns[k]
	fields := make([]string, len(col.Fields))
	for i := range ds.Rows {
		row := t.row(i)
		for f, from := range o.fields {
			if from < 0 {
				continue
			}
			cr.noted = cr.noted || t.dropped[from].has(i)
			if fields[f] = row.cell(from); !t.asWritten(&col.Fields[f], from) {
				fields[f] = cr.field(&col.Fields[f], fields[f], t.lines[i])
			}
		}
		put(i, fields, cr.flawed())
	}
}

// settleDims sets the width of vector columns to the one that most rows have, and leaves out the
// others.
func settleDims(ds *Dataset, c *collector) {
	for k := range ds.Schema.Columns {
		col := &ds.Schema.Columns[k]
		if col.Kind != media.Vector || col.Dim > 0 {
			continue
		}
		count := map[int]int{}
		for i := range ds.Rows {
			if n := len(ds.Rows[i].kept(k).Vector); n > 0 {
				count[n]++
				if count[n] > count[col.Dim] || (count[n] == count[col.Dim] && n < col.Dim) {
					col.Dim = n
				}
			}
		}
		for i := range ds.Rows {
			cell := ds.Rows[i].kept(k)
			if n := len(cell.Vector); n > 0 && n != col.Dim {
				c.note("vector.width", ds.Rows[i].Number, col.Name, "give every row as many numbers", "a vector of %d numbers where most rows have %d; it is left out", n, col.Dim)
				*cell = Cell{Incomplete: true}
			}
		}
		if col.Dim == 0 {
			c.fatal("vector.none", 0, col.Name, "leave it out with --ignore", "no row has a vector")
		}
	}
}
