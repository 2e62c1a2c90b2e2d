package dataset

import (
	"slices"
	"strings"
)

// roles are the columns that aren't modalities; -1 = none.
type roles struct{ label, id, split, group, order int }

// has reports whether column i has a role.
func (r roles) has(i int) bool {
	return i == r.label || i == r.id || i == r.split || i == r.group || i == r.order
}

// findRoles looks the columns with a role up by name.
func findRoles(t *Table, opt *Options, c *collector) roles {
	schema := opt.Schema
	if schema == nil {
		schema = &Schema{}
	}
	find := func(what, asked, trained string) int {
		name := asked
		if name == "" {
			name = trained
		}
		if name != "" {
			if i := column(t.Header, name); i >= 0 {
				return i
			}
			if asked != "" {
				c.fatal(0, "", "the columns are: "+strings.Join(t.Header, ", "), "there is no column %q to be the %s", asked, what)
			} else if what == "group" || what == "order" {
				c.note(0, "", "", "the model was trained with the %s column %q, which is not there", what, trained)
			}
			return -1
		}
		if opt.Schema != nil && what != "id" && what != "split" {
			return -1
		}
		return column(t.Header, what)
	}
	r := roles{
		label: find("label", opt.Label, schema.Label),
		id:    find("id", opt.ID, schema.ID),
		split: find("split", opt.Split, schema.Split),
		group: find("group", opt.Group, schema.Group),
		order: find("order", opt.Order, schema.Order),
	}
	if r.label < 0 && opt.Label == "" && opt.Schema == nil {
		c.fatal(0, "", "name it label, or say which it is with --label; the columns are: "+strings.Join(t.Header, ", "), "there is no label column")
	}
	return r
}

// column finds a name in the header: exactly, else but for upper and lower case.
func column(header []string, name string) int {
	if i := slices.Index(header, name); i >= 0 {
		return i
	}
	return slices.IndexFunc(header, func(h string) bool { return strings.EqualFold(h, name) })
}

// checkHeader reports columns that are there twice or have no name.
func checkHeader(t *Table, c *collector) {
	seen := map[string]int{}
	for i, name := range t.Header {
		if name == "" {
			c.note(1, "", "give it a name in the header", "column %d has no name and is left out", i+1)
			continue
		}
		if first, twice := seen[name]; twice {
			c.fatal(1, name, "rename or remove one of them", "the header has the column twice (columns %d and %d)", first+1, i+1)
			continue
		}
		seen[name] = i
	}
}

// modalityColumns are the columns that cells are made of, in the header's order.
func modalityColumns(t *Table, r roles, opt *Options, c *collector) []int {
	missing := func(flag string, names []string) {
		for _, name := range names {
			if column(t.Header, name) < 0 {
				c.fatal(0, "", "the columns are: "+strings.Join(t.Header, ", "), "%s names the column %q, which is not there", flag, name)
			}
		}
	}
	missing("--ignore", opt.Ignore)
	missing("--columns", opt.Columns)
	kinds := make([]string, 0, len(opt.Kinds))
	for name := range opt.Kinds {
		kinds = append(kinds, name)
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
