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
// which they first appear.
type rowReader struct {
	t     *Table
	c     *collector
	index map[string]int
	tops  []string         // by column, of those of objects inside the row's
	names map[string]int   // by outermost key, how many columns it became
	held  map[string][]int // and the rows that have an object under it
	row   []string
	seen  []bool
	cells memberReader
}

func newRowReader(c *collector) *rowReader {
	r := &rowReader{
		t: &Table{typed: true, dropped: map[place]bool{}}, c: c,
		index: map[string]int{}, names: map[string]int{}, held: map[string][]int{},
	}
	r.cells = memberReader{c: c, loose: true, each: r.put, nested: func(key string) bool {
		r.held[key] = append(r.held[key], len(r.t.rows))
		return true
	}}
	return r
}

// declare adds a column.
func (r *rowReader) declare(name, top string) int {
	i := len(r.t.Header)
	r.index[name] = i
	r.t.Header, r.tops = append(r.t.Header, name), append(r.tops, top)
	return i
}

// put puts a cell into the row that is being read.
func (r *rowReader) put(m member) bool {
	i, known := r.index[m.key]
	if !known {
		if m.top != "" {
			if r.names[m.top]++; r.names[m.top] > maxMembers {
				return true
			}
		}
		i = r.declare(m.key, m.top)
	}
	for len(r.row) <= i {
		r.row, r.seen = append(r.row, ""), append(r.seen, false)
	}
	if r.seen[i] {
		return false
	}
	r.row[i], r.seen[i] = m.cell, true
	if m.dropped {
		r.t.dropped[place{len(r.t.rows), i}] = true
	}
	return true
}

// begin begins a row of the given line and returns the reader of its members.
func (r *rowReader) begin(line int) *memberReader {
	r.row, r.seen = make([]string, len(r.t.Header)), make([]bool, len(r.t.Header))
	r.cells.line, r.cells.bad = line, false
	return &r.cells
}

// end adds the row.
func (r *rowReader) end() {
	r.t.rows, r.t.lines = append(r.t.rows, r.row), append(r.t.lines, r.cells.line)
}

// add reads one object as a row.
func (r *rowReader) add(object string, line int) {
	if object, ok := parseObject(object, r.begin(line)); ok {
		r.end()
		r.t.objects = append(r.t.objects, object)
	}
}

// table returns the table of the rows that were added.
func (r *rowReader) table() *Table {
	t := r.t
	for i, row := range t.rows {
		for len(row) < len(t.Header) {
			row = append(row, "")
		}
		t.rows[i] = row
	}
	if r.c.failed() {
		return t
	}
	gone := map[string]bool{} // outermost keys whose objects are left out
	var out []int
	for i, name := range t.Header {
		objects := r.held[name]
		if r.tops[i] != "" || len(objects) == 0 {
			continue
		}
		values := 0
		for _, row := range t.rows {
			if row[i] != "" {
				values++
			}
		}
		switch {
		case values == 0:
			out = append(out, i) // null where other rows have an object
		case values < len(objects):
			r.c.note("cell.object", t.lines[objects[0]], name, "give it as one or the other", "an object in some rows and a value in others: they become columns of their own")
		default:
			gone[name] = true
			for _, row := range objects {
				t.dropped[place{row, i}] = true
				r.c.note("cell.object", t.lines[row], name, objectAdvice, "an object inside the object is left out")
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.names)) {
		if r.names[name] > maxMembers && !gone[name] {
			gone[name] = true
			r.c.note("cell.object", t.lines[r.held[name][0]], name, "give what is worth learning from as columns of their own", "the objects have more than %d different members and are left out", maxMembers)
		}
	}
	for i, top := range r.tops {
		if gone[top] {
			out = append(out, i)
		}
	}
	slices.Sort(out)
	t.remove(out)
	return t
}

// remove removes columns, whose places rise.
func (t *Table) remove(columns []int) {
	if len(columns) == 0 {
		return
	}
	at := make([]int, len(t.Header)) // where each column goes
	kept := 0
	for c := range at {
		if _, gone := slices.BinarySearch(columns, c); gone {
			at[c] = -1
			continue
		}
		at[c] = kept
		t.Header[kept] = t.Header[c]
		for _, row := range t.rows {
			row[kept] = row[c]
		}
		kept++
	}
	t.Header = t.Header[:kept]
	for i, row := range t.rows {
		t.rows[i] = row[:kept:kept]
	}
	dropped := map[place]bool{}
	for p := range t.dropped {
		if c := at[p.column]; c >= 0 {
			dropped[place{p.row, c}] = true
		}
	}
	t.dropped = dropped
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
