package dataset

// orientation reports whether the objects that are the members of a document are rows, as in
// {"0": {"text": …, "label": …}, …}, rather than columns, as in {"text": {"0": …, "1": …}, …}. Keys
// that are numbers are of rows; else the names that columns usually have decide, and else that the
// values of a column are of one type. ok is false where nothing decides.
func (d *document) orientation(names []string, members map[string]string) (byRow, ok bool) {
	outer, inner := keys{numbers: true}, keys{numbers: true}
	types := map[string]byte{}
	for _, name := range names {
		if members[name][0] != '{' {
			return false, true
		}
		outer.add(name, d.known)
		var one byte
		eachMember(members[name], func(key, value string) {
			key = keyName(key)
			if _, seen := types[key]; !seen {
				inner.add(key, d.known)
				types[key] = 0
			}
			t := typeOf(value)
			if t == 0 {
				return
			}
			outer.mixed = outer.mixed || one != 0 && one != t
			inner.mixed = inner.mixed || types[key] != 0 && types[key] != t
			one, types[key] = t, t
		})
	}
	switch {
	case outer.numbers != inner.numbers:
		return outer.numbers, true
	case outer.known != inner.known:
		return inner.known, true
	case outer.mixed != inner.mixed:
		return outer.mixed, true
	}
	return false, false
}

// keys is what is known of the names of the rows or the columns.
type keys struct {
	numbers bool // all are
	known   bool // one is what a column is usually called
	mixed   bool // the values of one of them are of several types
}

func (k *keys) add(name string, known func(string) bool) {
	k.numbers = k.numbers && isIndex(name)
	k.known = k.known || known(name)
}

// isIndex reports whether a key, in quotes or not, is a whole number.
func isIndex(key string) bool {
	if len(key) > 1 && key[0] == '"' {
		key = key[1 : len(key)-1]
	}
	for i := range len(key) {
		if key[i]-'0' > 9 {
			return false
		}
	}
	return key != ""
}

// typeOf is the first character of a raw value's type, 0 for null.
func typeOf(value string) byte {
	switch c := value[0]; c {
	case 'n':
		return 0
	case 't', 'f':
		return 't'
	case '"', '{', '[':
		return c
	}
	return '0'
}

// index reads {"0": {"text": …, …}, "1": …}.
func (d *document) index(names []string, members map[string]string) *source {
	r := newRowReader(d.opt, d.c)
	for i, name := range names {
		m := r.begin(i + 1)
		eachMember(members[name], func(key, value string) { m.read(keyName(key), value, "", 0) })
		r.end()
	}
	return &source{table: r.table()}
}
