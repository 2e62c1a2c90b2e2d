package dataset

import "strconv"

// columns reads {"text": {"0": …, "1": …}, …} or {"text": […], …}.
func (d *document) columns(names []string, members map[string]string) *source {
	if numbered(names, members) {
		return d.numbered(names, members)
	}
	var rows [][]string // as they are written, "" where a column has none
	index := map[string]int{}
	put := func(k int, key, value string) {
		i, ok := index[key]
		if !ok {
			i = len(rows)
			index[key] = i
			rows = append(rows, make([]string, len(names)))
		}
		rows[i][k] = value
	}
	r := newRowReader(d.opt, d.c)
	for k, name := range names {
		r.declare(name, "")
		switch value := members[name]; value[0] {
		case '{':
			eachMember(value, func(key, v string) { put(k, key, v) })
		case '[':
			n := 0
			eachElement(value, func(v string) { put(k, itoa(n), v); n++ })
		default:
			d.c.fatal("json.object", 0, name, documentAdvice, "neither an object nor an array of the column's values")
			return nil
		}
	}
	for i, values := range rows {
		r.values(i+1, names, values)
	}
	return &source{table: r.table()}
}

// numbered reads columns whose values have the numbers of the rows, in step.
func (d *document) numbered(names []string, members map[string]string) *source {
	r := newRowReader(d.opt, d.c)
	columns := make([]valueReader, len(names))
	for k, name := range names {
		r.declare(name, "")
		columns[k] = valueReader{s: members[name]}
	}
	values := make([]string, len(names))
	for row := 1; ; row++ {
		for k := range columns {
			var ok bool
			if _, values[k], ok = columns[k].next(); !ok {
				return &source{table: r.table()}
			}
		}
		r.values(row, names, values)
	}
}

// numbered reports whether all columns are arrays of as many values, or objects of which these are
// the members "0", "1" and so on.
func numbered(names []string, members map[string]string) bool {
	columns := make([]valueReader, len(names))
	for k, name := range names {
		if columns[k].s = members[name]; columns[k].s[0] != '[' && columns[k].s[0] != '{' {
			return false
		}
	}
	var number []byte
	for row := int64(0); ; row++ {
		number = append(strconv.AppendInt(append(number[:0], '"'), row, 10), '"')
		ended := 0
		for k := range columns {
			key, _, ok := columns[k].next()
			switch {
			case !ok:
				ended++
			case key != "" && key != string(number):
				return false
			}
		}
		if ended > 0 {
			return ended == len(columns)
		}
	}
}

// valueReader reads the values of a valid JSON array or object one after the other.
type valueReader struct {
	s  string
	at int
}

// next returns the next value as it is written, and in an object its key in quotes.
func (r *valueReader) next() (key, value string, ok bool) {
	if r.at == 0 {
		r.at++
	}
	if !r.space(',') || r.s[r.at] == ']' || r.s[r.at] == '}' {
		return "", "", false
	}
	if r.s[0] == '{' {
		if key = r.value(); !r.space(':') {
			return "", "", false
		}
	}
	return key, r.value(), true
}

// space passes blanks and a separator; false at the end.
func (r *valueReader) space(separator byte) bool {
	for ; r.at < len(r.s); r.at++ {
		if c := r.s[r.at]; c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != separator {
			return true
		}
	}
	return false
}

func (r *valueReader) value() string {
	from := r.at
	r.at += valueLen(r.s[from:])
	return r.s[from:r.at]
}
