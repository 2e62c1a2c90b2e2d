package dataset

import (
	"maps"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/internal/codec/jsontext"
)

// Objects inside objects become columns whose names are joined by dots, as structs of Parquet do.
const (
	maxNesting = 8   // objects inside each other
	maxMembers = 256 // columns of one member: with more different names it is a dictionary, no record
)

// member is a value of an object as a cell.
type member struct {
	key     string
	cell    string // strings as they are, numbers and arrays as they are written, null as ""
	top     string // the key of the outermost object that it is inside, "" for a value of the row itself
	dropped bool   // an object that cannot be a cell
}

// memberReader reads values of objects as cells.
type memberReader struct {
	line   int // that problems name
	c      *collector
	nested func(key string) bool // reports whether the members of an object are cells of their own
	each   func(m member) bool   // takes a cell; false: it was there before
	// unknown reports whether a member of the row is passed over; nil: none is.
	unknown func(key, raw string) bool
	loose   bool // objects may be loose JSON, as files of people have
	bad     bool
}

// read reads the raw value of a key; top and depth are those of the object that it is inside.
func (r *memberReader) read(key, raw, top string, depth int) {
	if depth == 0 && r.unknown != nil && r.unknown(key, raw) {
		return
	}
	m := member{key: key, cell: raw, top: top}
	switch raw[0] {
	case '"':
		var err error
		if m.cell, err = jsontext.Unquote(raw); err != nil {
			r.c.fatal("json.text", r.line, key, documentAdvice, "cannot read the text: %v", err)
			r.bad = true
		}
	case 'n':
		m.cell = ""
	case '{':
		// {bytes, path} and the like hold a medium by value.
		if isMediaObject(raw) {
			break
		}
		if depth < maxNesting && (top != "" || r.nested(key)) {
			if top == "" {
				top = key
			}
			eachMember(raw, func(name, value string) { r.read(key+"."+keyName(name), value, top, depth+1) })
			return
		}
		r.c.note("cell.object", r.line, key, objectAdvice, "an object inside the object is left out")
		m.cell, m.dropped = "", true
	}
	if !r.each(m) {
		r.c.fatal("json.key-twice", r.line, key, "give every key once", "the key is there twice")
		r.bad = true
	}
}

const objectAdvice = "give its members as columns of their own"

// keyName decodes a key. A broken escape is taken literally: at worst it is a column that nobody
// knows.
func keyName(raw string) string {
	name, err := jsontext.Unquote(raw)
	if err != nil {
		return raw
	}
	return name
}

// rowReader collects objects as the rows of a table. The columns are the keys, in the order in
// which they first appear. It keeps no part of the text.
type rowReader struct {
	rowSink
	written bool // rows are kept as they are written, too
	index   map[string]int
	tops    []string                // by column, of those of objects inside the row's
	names   map[string]int          // by outermost key, how many columns it became
	held    map[string]*heldObjects // and the rows that have an object under it
	filled  []int                   // by column, how many rows have a value
	row     []string                // as it was written, and the cells
	seen    []bool                  // by column
	cells   memberReader
}

// heldObjects are the objects under a key.
type heldObjects struct {
	rows rowSet
	line int // of the first
}

func newRowReader(opt *rowOptions, c *collector) *rowReader {
	r := &rowReader{
		rowSink: newRowSink(&Table{typed: true, objects: true}, opt.blocks, c), written: opt.written,
		index: map[string]int{}, names: map[string]int{}, held: map[string]*heldObjects{}, row: []string{""},
	}
	r.cells = memberReader{c: c, loose: true, each: r.put, nested: func(key string) bool {
		h := r.held[key]
		if h == nil {
			h = &heldObjects{line: r.cells.line}
			r.held[strings.Clone(key)] = h
		}
		h.rows.add(r.t.grid.n)
		return true
	}}
	return r
}

// rowOptions say what becomes of the rows of JSON.
type rowOptions struct {
	written bool // they are kept as they are written, too
	blocks  bool // they are left to [Blocks]
}

// declare adds a column.
func (r *rowReader) declare(name, top string) int {
	i := len(r.t.Header)
	name = strings.Clone(name)
	r.index[name] = i
	r.t.Header, r.tops, r.filled = append(r.t.Header, name), append(r.tops, strings.Clone(top)), append(r.filled, 0)
	r.row, r.seen = append(r.row, ""), append(r.seen, false)
	return i
}

// put puts a cell into the row that is being read.
func (r *rowReader) put(m member) bool {
	i, known := r.index[m.key]
	if !known {
		if m.top != "" {
			if r.names[m.top] == 0 {
				m.top = strings.Clone(m.top)
			}
			if r.names[m.top]++; r.names[m.top] > maxMembers {
				return true
			}
		}
		i = r.declare(m.key, m.top)
	}
	if r.seen[i] {
		return false
	}
	r.row[1+i], r.seen[i] = m.cell, true
	if m.dropped {
		r.t.drop(r.t.grid.n, i)
	}
	return true
}

// begin begins a row of the given line and returns the reader of its members.
func (r *rowReader) begin(line int) *memberReader {
	clear(r.row)
	clear(r.seen)
	r.cells.line, r.cells.bad = line, false
	return &r.cells
}

// end adds the row.
func (r *rowReader) end() {
	for i, cell := range r.row[1:] {
		if cell != "" {
			r.filled[i]++
		}
	}
	r.rowSink.add(r.row, r.cells.line)
}

// add reads one object as a row.
func (r *rowReader) add(object string, line int) {
	if r.failed {
		return
	}
	if object, ok := parseObject(object, r.begin(line)); ok {
		if r.written {
			r.row[0] = object
		}
		r.end()
	}
}

// table returns the table of the rows that were added.
func (r *rowReader) table() *Table {
	t := r.t
	r.rowSink.end(len(r.row))
	t.grid.places = make([]int, len(t.Header))
	for c := range t.grid.places {
		t.grid.places[c] = 1 + c
	}
	if r.c.failed() {
		return t
	}
	gone := map[string]bool{} // outermost keys whose objects are left out
	out := map[int]bool{}
	for i, name := range t.Header {
		objects := r.held[name]
		if r.tops[i] != "" || objects == nil {
			continue
		}
		switch n := r.filled[i]; {
		case n == 0:
			out[i] = true // null where other rows have an object
		case n < objects.rows.len():
			r.c.note("cell.object", objects.line, name, "give it as one or the other", "an object in some rows and a value in others: they become columns of their own")
		default:
			gone[name] = true
			r.lines(objects.rows, func(row, line int) {
				t.drop(row, i)
				r.c.note("cell.object", line, name, objectAdvice, "an object inside the object is left out")
			})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.names)) {
		if r.names[name] > maxMembers && !gone[name] {
			gone[name] = true
			r.c.note("cell.object", r.held[name].line, name, "give what is worth learning from as columns of their own", "the objects have more than %d different members and are left out", maxMembers)
		}
	}
	for i, top := range r.tops {
		if gone[top] {
			out[i] = true
		}
	}
	t.remove(out)
	return t
}

// remove removes columns.
func (t *Table) remove(columns map[int]bool) {
	if len(columns) == 0 {
		return
	}
	var header []string
	var places []int
	dropped := map[int]rowSet{}
	for c, name := range t.Header {
		if columns[c] {
			continue
		}
		if rows := t.dropped[c]; rows != nil {
			dropped[len(header)] = rows
		}
		header, places = append(header, name), append(places, t.grid.place(c))
	}
	t.Header, t.grid.places, t.dropped = header, places, dropped
}

// hasPrefixed reports whether one of the names is inside an object of that name.
func hasPrefixed(names map[string]bool, object string) bool {
	for name := range names {
		if strings.HasPrefix(name, object+".") {
			return true
		}
	}
	return false
}
