package dataset

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/fusor-ml/fusor/internal/codec/jsontext"
)

// readJSON reads JSON lines, an array of objects, or a document that holds either: {"data": [{…},
// …]}, and the columns, index, records, split and table forms of pandas' to_json. known reports
// whether a column is usually called so.
func readJSON(text string, known func(string) bool, opt *rowOptions, c *collector) *source {
	// JSON text sequences (RFC 7464) have a mark before each value.
	text = relaxed(strings.ReplaceAll(text, "\x1e", " "), c)
	start := strings.TrimLeft(text, " \t\r\n")
	if t := readJSONValues(text, opt, c); t != nil {
		return &source{table: t}
	}
	if start[0] != '[' && !isDocument(start) {
		return &source{table: readJSONLines(text, opt, c)}
	}
	doc := document{text: text, known: known, opt: opt, c: c}
	if !doc.repair() {
		return nil
	}
	at := len(doc.text) - len(strings.TrimLeft(doc.text, " \t\r\n"))
	if doc.text[at] == '[' {
		return doc.records(at)
	}
	return doc.object(at)
}

// relaxed is a text that is one value of loose JSON as JSON; any other as it is.
func relaxed(text string, c *collector) string {
	if jsontext.Valid(text) {
		return text
	}
	strict, loose, ok := jsontext.Relax(text)
	if !ok || loose&^jsontext.NaNs == 0 {
		return text
	}
	noteLoose(loose, 0, c)
	return strict
}

// noteLoose notes that a text is no JSON but read as it.
func noteLoose(loose jsontext.Loose, line int, c *collector) {
	c.note("json.loose", line, "", "", "not JSON as its standard has it: it has %s, and is read as it is meant", loose)
}

// readJSONValues reads objects that follow one another in lines of their own or of several, as jq
// writes them; nil where they are none, are JSON lines, or are one object alone.
func readJSONValues(text string, opt *rowOptions, c *collector) *Table {
	start := strings.TrimLeft(text, " \t\r\n")
	if start[0] != '{' || isValid(strings.TrimSpace(firstLine(start))) {
		return nil
	}
	if !strings.HasPrefix(strings.TrimLeft(start[valueLen(start):], " \t\r\n"), "{") {
		return nil
	}
	r := newRowReader(opt, &collector{file: c.file})
	line := 1
	for rest := text; ; {
		trimmed := strings.TrimLeft(rest, " \t\r\n")
		line += strings.Count(rest[:len(rest)-len(trimmed)], "\n")
		if trimmed == "" {
			break
		}
		if trimmed[0] != '{' {
			return nil
		}
		n := valueLen(trimmed)
		r.add(compact(trimmed[:n]), line)
		if r.c.failed() {
			return nil
		}
		line += strings.Count(trimmed[:n], "\n")
		rest = trimmed[n:]
	}
	t := r.table()
	for _, p := range r.c.all() {
		c.add(p)
	}
	return t
}

// isValid reports whether a text is one JSON value, but for NaN and Infinity.
func isValid(s string) bool {
	if jsontext.Valid(s) {
		return true
	}
	repaired, did := withoutNaN(s)
	return did && jsontext.Valid(repaired)
}

// compact writes a JSON value in one line.
func compact(value string) string {
	if !strings.ContainsAny(value, "\n\r") {
		return value
	}
	var b bytes.Buffer
	if json.Compact(&b, []byte(value)) != nil {
		return value
	}
	return b.String()
}

// isDocument reports whether a text that begins with an object is one object that holds the rows,
// rather than the first of many objects or the only row.
func isDocument(s string) bool {
	if s[0] != '{' {
		return false
	}
	if !jsontext.Valid(s) {
		if line, _, more := strings.Cut(s, "\n"); more {
			line = strings.TrimSpace(line)
			return !isValid(line) && !strings.HasSuffix(line, "}") // not a line of its own: a document laid out over lines
		}
		repaired, _ := withoutNaN(s)
		if !jsontext.Valid(repaired) {
			return false
		}
		s = repaired
	}
	n, nested, records, split, rows := 0, 0, false, 0, 0
	eachMember(s, func(key, value string) {
		n++
		if value[0] == '{' && isIndex(key) {
			rows++
		}
		if (key == `"columns"` || key == `"data"`) && value[0] == '[' {
			split++
		}
		if value[0] == '{' || value[0] == '[' {
			nested++
		}
		records = records || isRecords(value)
	})
	return n > 0 && (records || split == 2 || rows == n || nested == n && sameLengths(s) || nested > 0 && len(innerRecords(s)) == 1)
}

// sameLengths reports whether all members hold as many values: the columns of a table.
func sameLengths(s string) bool {
	want, same := -1, true
	eachMember(s, func(_, value string) {
		n := 0
		if value[0] == '{' {
			eachMember(value, func(_, _ string) { n++ })
		} else {
			eachElement(value, func(string) { n++ })
		}
		same = same && (want < 0 || n == want)
		want = n
	})
	return same && want > 1
}

// isRecords reports whether a JSON value is an array of objects.
func isRecords(value string) bool {
	if value[0] != '[' {
		return false
	}
	s := strings.TrimLeft(value[1:], " \t\r\n")
	return s != "" && s[0] == '{'
}

// innerRecords returns the arrays of several objects that are inside objects of an object, not in
// arrays: {"result": {"items": […]}}.
func innerRecords(s string) (found []string) {
	var walk func(s string, depth int)
	walk = func(s string, depth int) {
		eachMember(s, func(_, value string) {
			switch {
			case value[0] == '{' && depth < maxNesting && !isMediaObject(value):
				walk(value, depth+1)
			case depth > 0 && isRecords(value):
				n := 0
				eachElement(value, func(v string) {
					if v[0] == '{' {
						n++
					}
				})
				if n > 1 {
					found = append(found, value)
				}
			}
		})
	}
	walk(s, 0)
	return found
}

// document is a JSON text that holds the rows inside.
type document struct {
	text  string
	known func(string) bool
	opt   *rowOptions
	c     *collector
	seen  int // bytes whose lines are counted
	line  int
}

const documentAdvice = "write an array of objects, or one object a line"

// repair makes the text valid JSON, or reports why it is none.
func (d *document) repair() bool {
	if jsontext.Valid(d.text) {
		return true
	}
	repaired, did := withoutNaN(d.text)
	if did && jsontext.Valid(repaired) {
		d.c.note("json.nan", 0, "", "write null for a value that is missing", "NaN or Infinity, which JSON does not have, is taken as missing")
		d.text = repaired
		return true
	}
	var v json.RawMessage
	err := json.Unmarshal([]byte(repaired), &v)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at := min(int(syntax.Offset), len(repaired))
		if strings.Contains(syntax.Error(), "unexpected end") {
			d.c.fatal("json.syntax", 1+strings.Count(repaired, "\n"), "", documentAdvice, "the JSON is cut off")
			return false
		}
		d.c.fatal("json.syntax", 1+strings.Count(repaired[:at], "\n"), "", documentAdvice, "not valid JSON: %v", syntax)
		return false
	}
	d.c.fatal("json.syntax", 0, "", documentAdvice, "not valid JSON")
	return false
}

// lineOf is the line of a place in the text, asked for in rising order.
func (d *document) lineOf(at int) int {
	if d.line == 0 {
		d.line = 1
	}
	d.line += strings.Count(d.text[d.seen:at], "\n")
	d.seen = at
	return d.line
}

// records reads an array of objects that begins at a place.
func (d *document) records(at int) *source {
	r := newRowReader(d.opt, d.c)
	bad := false
	eachElementAt(d.text, at, func(from, to int) {
		value := d.text[from:to]
		line := d.lineOf(from)
		if value[0] != '{' {
			if !bad {
				d.c.fatal("json.object", line, "", documentAdvice, "not a JSON object in the array")
			}
			bad = true
			return
		}
		r.add(compact(value), line)
	})
	return &source{table: r.table()}
}

// object reads a document that is one object.
func (d *document) object(at int) *source {
	s := d.text[at:]
	members := map[string]string{}
	var names []string
	eachMember(s, func(key, value string) {
		name, err := jsontext.Unquote(key)
		if err != nil {
			name = key
		}
		names, members[name] = append(names, name), value
	})
	var lists []string
	for _, name := range names {
		if isRecords(members[name]) {
			lists = append(lists, name)
		}
	}
	if len(lists) > 1 {
		if i := slices.Index(lists, "data"); i >= 0 {
			lists = lists[i : i+1]
		}
	}
	if len(lists) > 1 && splitLists(lists) && len(lists) == len(names) {
		return d.splits(lists, members)
	}
	if len(lists) > 1 {
		d.c.fatal("json.lists", 0, "", documentAdvice, "several arrays of objects could be the rows: %s", strings.Join(lists, ", "))
		return nil
	}
	if len(lists) == 1 {
		value := members[lists[0]]
		src := d.records(strings.Index(d.text, value))
		src.index = pandasIndex(members["schema"])
		return src
	}
	if inner := innerRecords(s); len(lists) == 0 && len(inner) == 1 {
		return d.records(strings.Index(d.text, inner[0]))
	}
	if columns, data := members["columns"], members["data"]; columns != "" && data != "" && columns[0] == '[' && data[0] == '[' {
		return d.split(columns, data)
	}
	if byRow, ok := d.orientation(names, members); !ok {
		d.c.fatal("json.orientation", 0, "", `write it with orient="records"`, "objects inside an object: each may be a row or a column")
		return nil
	} else if byRow {
		return d.index(names, members)
	}
	return d.columns(names, members)
}

// splitLists reports whether names are those of the parts of a split.
func splitLists(names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool {
		s := splitName(name)
		return s != "train" && s != "val" && s != "test"
	})
}

// splits reads {"train": [{…}, …], "test": […]} as one table with a split, unless its rows
// have one.
func (d *document) splits(names []string, members map[string]string) *source {
	r := newRowReader(d.opt, d.c)
	for _, name := range names {
		value := members[name]
		own := `{"split":` + strconv.Quote(splitName(name)) + ","
		// Behind the one before, which may be equal.
		at := d.seen + strings.Index(d.text[d.seen:], value)
		eachElementAt(d.text, at, func(from, to int) {
			row := compact(d.text[from:to])
			if row[0] == '{' && !hasMember(row, "split") && !strings.HasPrefix(strings.TrimLeft(row[1:], " \t"), "}") {
				row = own + row[1:]
			}
			r.add(row, d.lineOf(from))
		})
	}
	d.c.note("json.splits", 0, "", "", "the arrays %s are read as the parts of one table, and the column split names them", strings.Join(names, ", "))
	return &source{table: r.table()}
}

// hasMember reports whether a JSON object has a member of that name.
func hasMember(object, name string) bool {
	found := false
	if object[0] == '{' {
		eachMember(object, func(key, _ string) { found = found || keyName(key) == name })
	}
	return found
}

// pandasIndex are the columns that a table schema names as the index.
func pandasIndex(schema string) []string {
	var x struct {
		PrimaryKey []string `json:"primaryKey"`
		Pandas     string   `json:"pandas_version"`
	}
	if schema == "" || json.Unmarshal([]byte(schema), &x) != nil || x.Pandas == "" {
		return nil
	}
	return x.PrimaryKey
}

// split reads {"columns": […], "data": [[…], …]}.
func (d *document) split(columns, data string) *source {
	r := newRowReader(d.opt, d.c)
	var names []string
	eachElement(columns, func(v string) {
		name := v
		if v[0] == '"' {
			name = keyName(v)
		}
		names = append(names, name)
		r.declare(name, "")
	})
	at := strings.Index(d.text, data)
	values := make([]string, 0, len(names))
	eachElementAt(d.text, at, func(from, to int) {
		line := d.lineOf(from)
		values = values[:0]
		if d.text[from] == '[' {
			eachElement(d.text[from:to], func(v string) { values = append(values, v) })
		}
		if len(values) != len(names) {
			d.c.fatal("json.columns", line, "", "write a value for every column", "the row has %s where there are %d columns", plural(len(values), "value"), len(names))
			return
		}
		r.values(line, names, values)
	})
	return &source{table: r.table()}
}

// values adds a row of values as they are written, of which "" is none.
func (r *rowReader) values(line int, names, values []string) {
	m := r.begin(line)
	for k, raw := range values {
		if raw != "" {
			m.read(names[k], raw, "", 0)
		}
	}
	r.end()
}

// eachElement walks the elements of a valid JSON array without decoding them.
func eachElement(s string, f func(value string)) {
	eachElementAt(s, 0, func(from, to int) { f(s[from:to]) })
}

// eachElementAt walks the elements of a valid JSON array that begins at a place of s.
func eachElementAt(s string, at int, f func(from, to int)) {
	for at++; at < len(s); {
		switch s[at] {
		case ' ', '\t', '\r', '\n', ',':
			at++
			continue
		case ']':
			return
		}
		n := valueLen(s[at:])
		f(at, at+n)
		at += n
	}
}
