package dataset

import (
	"fmt"
	"slices"
	"strings"
)

// roles are the columns that aren't modalities; -1 = none.
type roles struct {
	label, id, split, group, order int
	labels                         []int // of labels that have a column each, instead of label
}

// has reports whether column i has a role.
func (r roles) has(i int) bool {
	return i == r.label || i == r.id || i == r.split || i == r.group || i == r.order || slices.Contains(r.labels, i)
}

// findRoles looks the columns with a role up: as the options name them, else as the trained model
// knew them, else by the role's own name. A column has one use: what the options say of it goes
// before what its name states.
func findRoles(t *Table, opt *Options, c *collector) roles {
	schema := opt.Schema
	if schema == nil {
		schema = &Schema{}
	}
	r := roles{label: -1, id: -1, split: -1, group: -1, order: -1}
	all := []struct {
		what, asked, trained string
		at                   *int
	}{
		{"label", opt.Label, schema.Label, &r.label},
		{"id", opt.ID, schema.ID, &r.id},
		{"split", opt.Split, schema.Split, &r.split},
		{"group", opt.Group, schema.Group, &r.group},
		{"order", opt.Order, schema.Order, &r.order},
	}
	// used holds what claimed each column, for the message; the first claim counts. Hence three passes
	// over the roles: asked for by option, known to the model, found by name.
	used := otherUses(t, opt)
	for _, role := range all {
		if role.asked == "" {
			continue
		}
		i := column(t.Header, role.asked)
		// A column may have a comma in its name; only if there is none of that name is it a list.
		if i < 0 && role.what == "label" && strings.Contains(role.asked, ",") {
			r.labels = labelColumns(t, role.asked, used, c)
			continue
		}
		if i < 0 {
			c.fatal("option.no-column", 0, "", theColumns(t), "there is no column %q to be the %s", role.asked, role.what)
			continue
		}
		if flag := used[i]; flag != "" {
			c.fatal("option.twice", 0, t.Header[i], "name it once", "--%s and %s name it both", flagOf(role.what), flag)
			continue
		}
		*role.at, used[i] = i, "--"+flagOf(role.what)
	}
	for _, role := range all {
		if role.asked != "" || role.trained == "" || slices.Contains(opt.None, role.what) {
			continue
		}
		if role.what == "label" && len(schema.Labels) > 0 {
			r.labels = trainedLabels(t, schema.Labels, used, c)
			continue
		}
		switch i := column(t.Header, role.trained); {
		case i >= 0 && used[i] == "":
			*role.at, used[i] = i, "the model"
		// A label or id may well be missing where rows are to be predicted. Without its groups or order a
		// model over rows answers differently, so that is noted.
		case i < 0 && (role.what == "group" || role.what == "order"):
			c.note("column.missing", 0, "", "", "the model was trained with the %s column %q, which is not there", role.what, role.trained)
		}
	}
	if opt.Schema != nil { // a modality of the model is no id, whatever its name
		for _, col := range schema.Columns {
			mark(t, used, "the model", col.Name)
			for _, f := range col.Fields {
				mark(t, used, "the model", f.Name)
			}
		}
	}
	// The label comes first in the table above; columns of labels take its place.
	if len(r.labels) > 0 {
		all = all[1:]
	}
	for _, role := range all {
		// A model that was trained without groups or order must not pick them up from a column of that
		// name; ids and splits change no prediction.
		known := opt.Schema != nil && role.what != "id" && role.what != "split"
		if role.asked != "" || role.trained != "" || known || slices.Contains(opt.None, role.what) {
			continue
		}
		if i := column(t.Header, role.what); i >= 0 && used[i] == "" {
			*role.at = i
		}
	}
	taken := func(i int) bool { return used[i] != "" || r.has(i) }
	// Last of the guesses: it goes by values, and must not take a column that a name made a role.
	if r.split < 0 && opt.Split == "" && !slices.Contains(opt.None, "split") {
		if i := splitColumn(t, taken); i >= 0 {
			r.split = i
			c.note("split.column", 0, t.Header[i], "if it is a feature, say so with --kind, or --split-column= for none", "taken as the split, as %s", splitWords(t, i))
		} else if opt.Schema == nil {
			noteSplitLike(t, taken, c)
		}
	}
	if r.label < 0 && len(r.labels) == 0 && opt.Label == "" && opt.Schema == nil {
		r.label = guessLabel(t, used, taken, slices.Contains(opt.None, "label"), c)
	}
	return r
}

// guessLabel finds the label of a table to train on, the one role that cannot be absent, by one of
// its usual names; -1 and a fatal problem that suggests a column if there is none. taken reports
// whether a column has another use; with none the label may not be guessed.
func guessLabel(t *Table, used map[int]string, taken func(i int) bool, none bool, c *collector) int {
	if !none {
		if i := knownLabel(t.Header, taken); i >= 0 {
			c.note("label.column", 0, t.Header[i], "--label names another", "taken as the label, by its name")
			return i
		}
	}
	what := "there is no label column"
	if i := column(t.Header, "label"); i >= 0 && used[i] != "" {
		what = fmt.Sprintf("there is no label column, as %s names %s", used[i], t.Header[i])
	}
	advice := fmt.Sprintf("name it label, or say which it is with --label; %s", theColumns(t))
	if name := likelyLabel(t, taken); name != "" {
		advice = fmt.Sprintf("did you mean --label %s? The columns are: %s", shellName(name), columnNames(t))
	}
	c.fatal("label.column", 0, "", advice, "%s", what)
	return -1
}

// theColumns lists the columns that an option may name.
func theColumns(t *Table) string {
	if len(t.Header) == 0 {
		return "there are no columns"
	}
	return fmt.Sprintf("the columns are: %s", columnNames(t))
}

// columnNames are those of the columns, of very many the first and the last, which is often the
// label.
func columnNames(t *Table) string {
	const most, last = 40, 10
	names := t.Header
	if n := len(names); n > most {
		names = slices.Concat(names[:most-last], []string{"…"}, names[n-last:])
	}
	return strings.Join(names, ", ")
}

// labelColumns finds the columns that --label names, one for each label.
func labelColumns(t *Table, names string, used map[int]string, c *collector) (out []int) {
	for name := range strings.SplitSeq(names, ",") {
		name = strings.TrimSpace(name)
		i := column(t.Header, name)
		switch {
		case i < 0:
			c.fatal("option.no-column", 0, "", theColumns(t), "there is no column %q to be a label", name)
		case used[i] != "":
			c.fatal("option.twice", 0, t.Header[i], "name it once", "--label and %s name it both", used[i])
		default:
			used[i] = "--label"
			out = append(out, i)
		}
	}
	return out
}

// trainedLabels finds the columns of a trained model's labels; none where one is not there, for
// then no row has all of its labels.
func trainedLabels(t *Table, names []string, used map[int]string, c *collector) (out []int) {
	missing := ""
	for _, name := range names {
		if i := column(t.Header, name); i >= 0 && used[i] == "" {
			out = append(out, i)
		} else {
			missing = name
		}
	}
	switch {
	case len(out) == 0:
		return nil
	case missing != "":
		c.note("column.missing", 0, missing, "", "the model has a label of this name, but its column is not there: no row is labelled")
		for _, i := range out {
			used[i] = "the model"
		}
		return nil
	}
	for _, i := range out {
		used[i] = "the model"
	}
	return out
}

// shellName is a name as an argument of a command.
func shellName(s string) string {
	if strings.ContainsAny(s, " '\"$&|;<>()*?!`\\") {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

// otherUses are the columns that the options, or the columns of a trained model, take for something
// other than a role, with the flag that says so.
func otherUses(t *Table, opt *Options) map[int]string {
	used := map[int]string{}
	if opt.Schema == nil {
		for name := range opt.Kinds {
			mark(t, used, "--kind", name)
		}
		for _, name := range opt.Columns {
			mark(t, used, "--columns", name)
		}
	}
	for _, name := range opt.Ignore {
		mark(t, used, "--ignore", name)
	}
	return used
}

// mark notes what a column is used for, if it is there.
func mark(t *Table, used map[int]string, flag, name string) {
	if i := column(t.Header, name); i >= 0 {
		used[i] = flag
	}
}

// flagOf is the flag that names the column of a role.
func flagOf(role string) string {
	if role == "split" { // --split are the rows that evaluate measures
		return "split-column"
	}
	return role
}

// column finds a name in the header: exactly, else but for upper and lower case.
func column(header []string, name string) int {
	if i := slices.Index(header, name); i >= 0 {
		return i
	}
	return slices.IndexFunc(header, func(h string) bool { return strings.EqualFold(h, name) })
}

// checkHeader reports columns that have no name, and gives those of one name names of their own,
// unless it is one that something goes by.
func checkHeader(t *Table, opt *Options, c *collector) {
	seen, special := map[string]int{}, roleNames(opt)
	for i, name := range t.Header {
		if name == "" {
			if t.isEmpty(i) {
				continue
			}
			c.note("column.unnamed", 1, "", "give it a name in the header", "column %d has no name and is left out", i+1)
			continue
		}
		first, twice := seen[name]
		switch {
		case !twice:
			seen[name] = i
		case special.has(name):
			c.fatal("column.twice", 1, name, "rename or remove one of them", "the header has the column twice (columns %d and %d)", first+1, i+1)
		default:
			other := ""
			for n := 2; other == "" || column(t.Header, other) >= 0; n++ {
				other = fmt.Sprintf("%s.%d", name, n)
			}
			t.Header[i] = other
			seen[other] = i
			c.note("column.twice", 1, name, "rename or remove one of them", "the header has the column twice (columns %d and %d); the second is called %q", first+1, i+1, other)
		}
	}
}

// isEmpty reports whether column i has nothing in any row.
func (t *Table) isEmpty(i int) bool {
	if t.vectors[i] != nil || t.media[i] != nil {
		return false
	}
	for _, cell := range t.column(i) {
		if !isBlank(cell) {
			return false
		}
	}
	return true
}

// modalityColumns are the columns that cells are made of, in the header's order. arrays are the
// names of modalities that are no columns of the table.
func modalityColumns(t *Table, r roles, opt *Options, arrays []string, c *collector) []int {
	missing := func(flag string, names []string) {
		for _, name := range names {
			if column(t.Header, name) < 0 {
				c.fatal("option.no-column", 0, "", theColumns(t), "%s names the column %q, which is not there", flag, name)
			}
		}
	}
	missing("--ignore", opt.Ignore)
	missing("--columns", opt.Columns)
	kinds := make([]string, 0, len(opt.Kinds))
	for name := range opt.Kinds {
		if !slices.Contains(arrays, name) {
			kinds = append(kinds, name)
		}
	}
	slices.Sort(kinds)
	missing("--kind", kinds)

	in := func(names []string, i int) bool {
		return slices.ContainsFunc(names, func(n string) bool { return column(t.Header, n) == i })
	}
	var out []int
	for i, name := range t.Header {
		if name == "" || r.has(i) || in(opt.Ignore, i) || (len(opt.Columns) > 0 && !in(opt.Columns, i)) {
			continue
		}
		out = append(out, i)
	}
	return out
}
