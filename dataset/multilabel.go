package dataset

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// separators are the characters that labels in one cell are separated by, the surest first.
var separators = []string{"|", ";", ","}

// isList reports whether a cell is a list of labels, as JSON, Python and NumPy write lists.
func isList(s string) bool {
	return len(s) >= 2 && s[0] == '[' && s[len(s)-1] == ']'
}

// cellLabels returns the labels in a cell, each once, in their order there: those of a list, else
// what stands between separators.
func cellLabels(s, separator string) []string {
	s = strings.TrimSpace(s)
	parts := []string{s}
	switch {
	case isList(s):
		parts = listItems(s)
	case separator != "":
		parts = strings.Split(s, separator)
	}
	out := []string{}
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// listItems returns the items of a list: of JSON, or as Python prints it, ['a', "b"], and NumPy,
// ['a' 'b']. Items that stand for nothing (null, None) are left out.
func listItems(s string) (out []string) {
	var items []any
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	// JSON first, whose grammar is exact; what follows accepts what Python's repr and NumPy's print.
	if d.Decode(&items) == nil {
		for _, x := range items {
			switch x.(type) {
			case string, json.Number, bool:
				out = append(out, fmt.Sprint(x))
			}
		}
		return out
	}
	// Callers know that s begins and ends with brackets.
	for s = s[1 : len(s)-1]; s != ""; {
		if s = strings.TrimLeft(s, ", \t\r\n"); s == "" {
			break
		}
		quote := s[0]
		// NumPy prints no commas, and numbers without quotes.
		if quote != '\'' && quote != '"' {
			n := strings.IndexAny(s, ", \t\r\n")
			if n < 0 {
				n = len(s)
			}
			if item := s[:n]; !isNoLabel(item) {
				out = append(out, item)
			}
			s = s[n:]
			continue
		}
		var b strings.Builder
		at := 1
		for ; at < len(s) && s[at] != quote; at++ {
			// An escape keeps the next byte, enough for \' and \" of a repr.
			if s[at] == '\\' && at+1 < len(s) {
				at++
			}
			b.WriteByte(s[at])
		}
		out = append(out, b.String())
		s = s[min(at+1, len(s)):]
	}
	return out
}

// A table is multi-label by itself where so many of its labeled rows have several labels, and so
// many of these labels stand in other combinations as well.
const (
	severalShare  = 0.02
	recurringPart = 0.8
	maxLabelRunes = 60
)

// multilabelCells reports whether cells hold sets of labels, and what separates them; values are
// the rows of each cell. Lists do where most cells are lists. Else a separator divides cells into
// parts that recur in other cells: "drama|comedy" beside "drama" and "comedy|war", but not "Lyon,
// France" beside "Paris, France", of which each has a part of its own.
func multilabelCells(values map[string]int) (separator string, ok bool) {
	rows, lists := 0, 0
	for s, n := range values {
		rows += n
		if isList(s) {
			lists += n
		}
	}
	if 2*lists > rows {
		return "", true
	}
	for _, sep := range separators {
		if recurs(values, rows, sep) {
			return sep, true
		}
	}
	return "", false
}

// recurs reports whether the parts between separators recur in other cells.
func recurs(values map[string]int, rows int, sep string) bool {
	several := 0              // rows of more than one label
	cells := map[string]int{} // different cells that each part is in
	sizes := map[int]bool{}
	var parts []string // of cells with the separator
	for s, n := range values {
		own := cellLabels(s, sep)
		if strings.Contains(s, sep) {
			if len(own) < 2 {
				continue
			}
			several += n
			parts = append(parts, own...)
		}
		sizes[len(own)] = true
		for _, p := range own {
			if len([]rune(p)) > maxLabelRunes {
				return false
			}
			cells[p]++
		}
	}
	if several < 2 || float64(several) < severalShare*float64(rows) || sep != "|" && len(sizes) < 2 {
		return false
	}
	slices.Sort(parts)
	parts = slices.Compact(parts)
	recurring := 0
	for _, p := range parts {
		if cells[p] > 1 {
			recurring++
		}
	}
	return float64(recurring) >= recurringPart*float64(len(parts)) && len(cells) <= len(values)+2
}

// separatorOf is what most cells separate their labels by, where that is not known otherwise; "" if
// they hold lists, or one label each.
func separatorOf(values map[string]int) string {
	best, most := "", 0
	for _, sep := range separators {
		n := 0
		for s, rows := range values {
			if !isList(s) && strings.Contains(s, sep) {
				n += rows
			}
		}
		if n > most {
			best, most = sep, n
		}
	}
	return best
}

// decideLabels reads the sets of labels that cells hold; values are the rows of each cell.
func decideLabels(ds *Dataset, separator string, values map[string]int, c *collector) {
	dropMissingWords(ds, values, c)
	sets := make([][]string, len(ds.Rows))
	rows := map[string]int{} // of each label
	for i := range ds.Rows {
		row := &ds.Rows[i]
		if row.Label == "" {
			continue
		}
		sets[i] = cellLabels(row.Label, separator)
		for _, s := range sets[i] {
			rows[s]++
		}
	}
	if len(rows) == 0 {
		c.fatal("label.none", 0, ds.Schema.Label, "fill in the labels", "no row has a label")
		return
	}
	// As for classes: spellings that differ in case or blanks are one label.
	to := mergedNames(rows, ds.Schema.Label, c)
	for i, set := range sets {
		for k, s := range set {
			if same, ok := to[s]; ok {
				set[k] = same
			}
		}
		// Merging may have made two labels of a set equal.
		slices.Sort(set)
		sets[i] = slices.Compact(set)
	}
	clear(rows)
	for _, set := range sets {
		for _, s := range set {
			rows[s]++
		}
	}
	classes := make([]string, 0, len(rows))
	for s := range rows {
		classes = append(classes, s)
	}
	sortClasses(classes)
	ds.Schema.Classes = classes
	// Lists have no separator; predictions in CSV need one that no label contains.
	if separator == "" {
		separator = freeSeparator(classes)
	}
	ds.Schema.Separator = separator
	index := make(map[string]int, len(classes))
	for k, s := range classes {
		index[s] = k
	}
	for i, set := range sets {
		// nil is a row without a label; an empty set is a row with none of them, which is an answer.
		if set == nil {
			continue
		}
		labels := make([]int, len(set))
		for k, s := range set {
			labels[k] = index[s]
		}
		ds.Rows[i].setLabels(labels, &ds.Schema)
	}
	checkLabels(ds, c)
}

// freeSeparator is the first separator that no label holds.
func freeSeparator(labels []string) string {
	for _, sep := range separators {
		if !slices.ContainsFunc(labels, func(s string) bool { return strings.Contains(s, sep) }) {
			return sep
		}
	}
	return separators[0]
}

// setLabels makes the row one with these labels, of which there may be none.
func (r *Row) setLabels(labels []int, s *Schema) {
	slices.Sort(labels)
	r.Labels = labels
	r.Label = s.Join(labels)
}

// Join returns a set of labels as one text.
func (s *Schema) Join(labels []int) string {
	names := make([]string, len(labels))
	for k, l := range labels {
		names[k] = s.Classes[l]
	}
	return strings.Join(names, s.Separator)
}

// checkLabels reports labels from which nothing can be learned.
func checkLabels(ds *Dataset, c *collector) {
	label, labeled := ds.Schema.Label, 0
	rows := make([]int, len(ds.Schema.Classes))
	first := make([]int, len(rows))
	for i := range ds.Rows {
		row := &ds.Rows[i]
		if !row.Labeled() {
			continue
		}
		labeled++
		for _, l := range row.Labels {
			rows[l]++
			first[l] = row.Number
		}
	}
	constant := 0
	for l, n := range rows {
		switch name := ds.Schema.Classes[l]; n {
		case labeled:
			constant++
			c.note("label.every-row", 0, label, "leave it out", "every row has the label %.60q: there is nothing to learn of it", name)
		case 0:
			constant++
			c.note("label.no-row", 0, label, "leave it out", "no row has the label %.60q: there is nothing to learn of it", name)
		case 1:
			c.note("class.one-sample", first[l], label, "add samples of it", "the label %.60q has only this sample, so it can be learned or tested but not both", name)
		}
	}
	if constant == len(rows) {
		c.fatal("label.one-class", 0, label, "add samples that differ", "every row has the same labels: there is nothing to tell apart")
	}
}

// readLabelColumns reads labels that have a column each, of 0 and 1 or other words for no and yes.
func readLabelColumns(ds *Dataset, t *Table, columns []int, c *collector) {
	for _, at := range columns {
		ds.Schema.Labels = append(ds.Schema.Labels, t.Header[at])
	}
	// nil while training. A model may know the labels in another order than the table has columns,
	// hence class.
	if ds.Schema.Classes == nil {
		ds.Schema.Classes = ds.Schema.Labels
		ds.Schema.Separator = freeSeparator(ds.Schema.Classes)
	}
	class, index := make([]int, len(columns)), classIndex(ds.Schema.Classes)
	for k, name := range ds.Schema.Labels {
		if class[k] = index(name); class[k] < 0 || len(columns) != len(ds.Schema.Classes) {
			c.fatal("label.columns", 0, name, fmt.Sprintf("the labels are: %s", someOf(ds.Schema.Classes)), "the columns of the labels must be all that the model has, and no other")
			return
		}
	}
	wrong := make([]int, len(columns))
	example := make([]string, len(columns))
	for i := range ds.Rows {
		labels, ok := []int{}, true
		for k, at := range columns {
			s := strings.TrimSpace(t.cell(i, at))
			yes, known := yesNo(s)
			switch {
			// One unknown label makes the set unknown: the row is unlabeled, not without that label.
			case s == "" || isMissing(s):
				ok = false
			case !known:
				ok = false
				wrong[k]++
				example[k] = s
				c.note("label.boolean", t.lines[i], t.Header[at], "write 1 or 0", "%.40q is neither yes nor no; the row cannot be learned from", s)
			case yes:
				labels = append(labels, class[k])
			}
		}
		if ok {
			ds.Rows[i].setLabels(labels, &ds.Schema)
		}
	}
	for k, n := range wrong {
		// A few strange cells cost their rows; a column full of them was named by mistake.
		if float64(n) > (1-mostly)*float64(len(ds.Rows)) {
			c.fatal("label.boolean", 0, t.Header[columns[k]], "name columns of 0 and 1 with --label", "it holds %.40q, so it is no label that a row has or has not", example[k])
		}
	}
}

// yesNo reads whether a row has a label.
func yesNo(s string) (yes, known bool) {
	if v, ok := ParseNumber(s); ok {
		return v == 1, v == 0 || v == 1
	}
	return ParseBoolean(s)
}

// labelReader reads labels as a trained model names them.
type labelReader struct {
	schema *Schema
	class  func(string) int
}

// read sets the row's labels of a cell; unknown are those that the model does not have, with which
// the row counts as unlabeled.
func (r *labelReader) read(row *Row, cell string) (unknown string) {
	row.Labels = nil
	labels := []int{}
	for _, s := range cellLabels(cell, r.schema.Separator) {
		k := r.class(s)
		if k < 0 {
			return s
		}
		if !slices.Contains(labels, k) {
			labels = append(labels, k)
		}
	}
	row.setLabels(labels, r.schema)
	return ""
}

// columns sets the row's labels of columns that have one each; the row is unlabeled where one has
// no value.
func (r *labelReader) columns(row *Row, cell func(column string) string) {
	labels := []int{}
	for k, name := range r.schema.Labels {
		yes, known := yesNo(cell(name))
		switch {
		case !known:
			return
		case yes:
			labels = append(labels, k)
		}
	}
	row.setLabels(labels, r.schema)
}
