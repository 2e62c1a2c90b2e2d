package dataset

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

func itoa(n int) string { return strconv.Itoa(n) }

// readRoles reads ids, splits, groups, order and labels as they are written.
func readRoles(ds *Dataset, t *Table, r roles, s *rowState, c *collector) {
	cell := func(i, column int) string {
		if column < 0 {
			return ""
		}
		return trim(t.cell(i, column))
	}
	var lists [][]float32 // of a label column of lists of numbers
	if r.label >= 0 {
		lists = t.vectors[r.label]
	}
	for i := range ds.Rows {
		row := &ds.Rows[i]
		row.ID, row.Split, row.Group, row.Label = cell(i, r.id), splitName(cell(i, r.split)), cell(i, r.group), cell(i, r.label)
		if lists != nil && lists[i] != nil {
			row.Label = formatVector(lists[i])
		}
		row.Target = math.NaN()
		if row.ID == "" {
			continue
		}
		if first, twice := s.known(row.ID, row.Number); twice {
			c.note("id.twice", row.Number, ds.Schema.ID, "give every row an id of its own", "the id %.60q is that of row %d too", row.ID, first)
		}
	}
	if r.order >= 0 {
		readOrder(ds, func(i int) string { return cell(i, r.order) }, c)
	}
}

// decideTask decides between classes and numbers and reads the labels as such.
func decideTask(ds *Dataset, asked string, c *collector) {
	label := ds.Schema.Label
	if len(ds.Schema.Labels) > 0 {
		decideColumns(ds, asked, c)
		return
	}
	// Every decision below is on distinct labels with their counts; rows are visited again only once
	// the task is known.
	values := map[string]int{} // rows of each label
	for i := range ds.Rows {
		if s := ds.Rows[i].Label; s != "" {
			values[s]++
		}
	}
	l := weighLabels(values)
	if missing := len(ds.Rows) - l.rows; missing > 0 && l.rows > 0 {
		c.note("label.missing", firstUnlabeled(ds), label, "", "%s no label and cannot be learned from", have(missing))
	}
	switch {
	case l.rows == 0:
		c.fatal("label.none", 0, label, "fill in the labels", "no row has a label")
		return
	case l.rows == 1:
		c.fatal("label.one", 0, label, "add samples", "only one row has a label: nothing can be learned from one sample")
		return
	}
	switch asked {
	case string(Regression), string(Classification):
		ds.Schema.Task = Task(asked)
	// Asked for, so that a column need not look like lists: any separator that its cells have will do.
	case string(Multilabel):
		ds.Schema.Task = Multilabel
		separator, ok := multilabelCells(values)
		if !ok {
			separator = separatorOf(values)
		}
		decideLabels(ds, separator, values, c)
		return
	case "":
		// Numbers such as 1,234 have a comma too, and parts that recur.
		if separator, ok := multilabelCells(values); ok && !l.numbers() {
			ds.Schema.Task = Multilabel
			decideLabels(ds, separator, values, c)
			noteMultilabel(ds, separator, c)
			return
		}
		ds.Schema.Task = l.task(label, c)
	default:
		c.fatal("option.task", 0, "", "", "the task %q is neither class, regression nor multilabel", asked)
		return
	}
	if ds.Schema.Task == Regression {
		ds.Schema.Notation, ds.Schema.Unit = l.Notation, l.unit
		if l.open != "" {
			c.note("number.comma", 0, label, "write them as 1234.5", "the label %q is read with a comma between thousands: no label tells whether it is a decimal one", l.open)
		}
		readTargets(ds, c)
		return
	}
	// Here noted row by row, as for cells of numbers; words for nothing follow.
	if l.numbers() && l.lost > 0 {
		for i := range ds.Rows {
			if row := &ds.Rows[i]; noValue(row.Label) {
				c.note("label.nan", row.Number, label, missingAdvice, "the label is %s; the row cannot be learned from", strings.Replace(strings.ToLower(row.Label), "nan", "NaN", 1))
				delete(values, row.Label)
				row.Label = ""
			}
		}
	}
	// Order matters: what is no label must not be merged with one, and look-alikes are noted only of
	// spellings that are left.
	dropMissingWords(ds, values, c)
	mergeAlike(ds, values, c)
	noteLookAlike(ds, values, c)
	setClasses(ds, values, c)
}

// decideColumns decides what is predicted of labels that have a column each.
func decideColumns(ds *Dataset, asked string, c *collector) {
	label, labeled := ds.Schema.Label, 0
	for i := range ds.Rows {
		if ds.Rows[i].Labeled() {
			labeled++
		}
	}
	if missing := len(ds.Rows) - labeled; missing > 0 && labeled > 0 {
		c.note("label.missing", firstUnlabeled(ds), label, "", "%s no value in some label and cannot be learned from", have(missing))
	}
	switch {
	case asked != "" && asked != string(Multilabel):
		c.fatal("option.task", 0, "", "name one column with --label", "several columns are labels that a row may have at once, which is the task multilabel, not %s", asked)
	case labeled < 2:
		c.fatal("label.none", 0, label, "fill in the labels", "%s a value in every label", have(labeled))
	default:
		ds.Schema.Task = Multilabel
		checkLabels(ds, c)
	}
}

// noteMultilabel notes that cells were found to hold several labels.
func noteMultilabel(ds *Dataset, separator string, c *collector) {
	if c.failed() {
		return
	}
	rows, labels := 0, 0
	for i := range ds.Rows {
		if row := &ds.Rows[i]; row.Labeled() {
			rows++
			labels += len(row.Labels)
		}
	}
	const advice = "say --task class if each cell is one class"
	n, mean := len(ds.Schema.Classes), float64(labels)/float64(max(rows, 1))
	if separator == "" {
		c.note("label.multilabel", 0, ds.Schema.Label, advice, "a row may have several of %d labels, %.1f on average (multi-label; they are lists)", n, mean)
		return
	}
	c.note("label.multilabel", 0, ds.Schema.Label, advice, "a row may have several of %d labels, %.1f on average (multi-label; separated by %q)", n, mean, separator)
}

// broken reports whether the number v, written as s, has a fractional part: 12 % has none.
func broken(s string, v float64) bool {
	if _, _, percent := bare(s); percent {
		v = math.Round(1e8*v) / 1e6
	}
	return v != math.Trunc(v)
}

// noValue reports whether s represents a number that is none: NaN or infinity.
func noValue(s string) bool {
	switch strings.ToLower(strings.TrimLeft(s, "+-")) {
	case "nan", "inf", "infinity":
		return true
	}
	return false
}

// have reports that rows have something: "1 row has", "3 rows have".
func have(n int) string {
	if n == 1 {
		return "1 row has"
	}
	return fmt.Sprintf("%d rows have", n)
}

// firstUnlabeled is the line of the first row without a label.
func firstUnlabeled(ds *Dataset) int {
	for i := range ds.Rows {
		if !ds.Rows[i].Labeled() {
			return ds.Rows[i].Number
		}
	}
	return 0
}

// setClasses orders the classes and indexes the rows.
func setClasses(ds *Dataset, rows map[string]int, c *collector) {
	label := ds.Schema.Label
	classes := make([]string, 0, len(rows))
	for s := range rows {
		classes = append(classes, s)
	}
	sortClasses(classes)
	ds.Schema.Classes = classes
	if len(classes) == 1 {
		c.fatal("label.one-class", 0, label, "add samples of another class", "every label is %q: there is nothing to tell apart", classes[0])
		return
	}
	index := make(map[string]int, len(classes))
	for k, s := range classes {
		index[s] = k
	}
	for i := range ds.Rows {
		row := &ds.Rows[i]
		if !row.Labeled() {
			continue
		}
		row.Class = index[row.Label]
		if rows[row.Label] == 1 {
			c.note("class.one-sample", row.Number, label, "add samples of it, or leave the row out", "the class %.60q has only this sample, so it can be learned or tested but not both", row.Label)
		}
	}
	words := map[bool]string{}
	for _, s := range classes {
		b, ok := ParseBoolean(s)
		if !ok {
			continue
		}
		other := words[b]
		if _, number := index[flags[b]]; number {
			other = flags[b]
		}
		if words[b] = s; other != "" && len(other)+len(s) > 2 { // y and t are letters as well
			c.note("class.alike", 0, label, "write them alike", "the classes %q and %q may be one and the same", other, s)
		}
	}
	for k := 1; k < len(classes); k++ {
		a, okA := ParseNumber(classes[k-1])
		if b, okB := ParseNumber(classes[k]); okA && okB && a == b && !losesDigits(classes[k-1]) && !losesDigits(classes[k]) {
			c.note("class.alike", 0, label, "write them alike", "the classes %q and %q are the same number", classes[k-1], classes[k])
		}
	}
}

// sortClasses orders numbers by value and everything else as text.
func sortClasses(classes []string) {
	numeric := true
	for _, s := range classes {
		_, ok := ParseNumber(s)
		numeric = numeric && ok
	}
	slices.SortFunc(classes, func(a, b string) int {
		if numeric {
			x, _ := ParseNumber(a)
			y, _ := ParseNumber(b)
			if d := cmp.Compare(x, y); d != 0 {
				return d
			}
		}
		return strings.Compare(a, b)
	})
}

// readTargets reads the labels of a regression.
func readTargets(ds *Dataset, c *collector) {
	first, found := "", false
	for i := range ds.Rows {
		if s := ds.Rows[i].Label; s != "" {
			if _, ok := ds.target(s); ok {
				found = true
				break
			}
			if first == "" {
				first = s
			}
		}
	}
	if !found {
		c.fatal("label.number", 0, ds.Schema.Label, "leave out --task, or name the column with the numbers with --label", "no label is a number (the first is %.40q), so there is nothing to predict by regression", first)
		return
	}
	low, high, n := math.Inf(1), math.Inf(-1), 0
	for i := range ds.Rows {
		row := &ds.Rows[i]
		if !row.Labeled() {
			continue
		}
		v, ok := ds.target(row.Label)
		if !ok {
			c.note("label.number", row.Number, ds.Schema.Label, missingAdvice, "the label %.40q is not a number; the row cannot be learned from", row.Label)
			row.Label = ""
			continue
		}
		row.Target = v
		low, high = min(low, v), max(high, v)
		n++
	}
	noteTargetSentinels(ds, c)
	noteTotal(ds, c)
	if n < 2 || low == high {
		c.fatal("label.one-value", 0, ds.Schema.Label, "add samples with other values", "the labels do not differ: there is nothing to predict")
	}
}

// target reads the label of a regression.
func (d *Dataset) target(s string) (float64, bool) {
	return d.Schema.target(s, d.raw != nil && d.raw.typed)
}

// target reads the label of a regression as the labels of the training table were written. typed is
// as of a Table.
func (s *Schema) target(label string, typed bool) (float64, bool) {
	w := style{s.Notation, s.Unit}
	if typed && !strings.Contains(label, ",") { // a value, not a text
		w.Notation = ""
	}
	return w.number(label)
}

// applyClasses reads the labels as a trained model names them.
func applyClasses(ds *Dataset, s *rowState, c *collector) {
	if ds.Schema.Task == Regression {
		for i := range ds.Rows {
			row := &ds.Rows[i]
			if !row.Labeled() {
				continue
			}
			v, ok := ds.target(row.Label)
			if !ok {
				c.note("label.number", row.Number, ds.Schema.Label, "", "the label %.40q is not a number and is left out", row.Label)
				row.Label = ""
				continue
			}
			row.Target = v
		}
		return
	}
	if len(ds.Schema.Labels) > 0 { // they are read by column
		return
	}
	index := classIndex(ds.Schema.Classes)
	sets := labelReader{&ds.Schema, index}
	for i := range ds.Rows {
		row := &ds.Rows[i]
		if !row.Labeled() {
			continue
		}
		strange := ""
		if ds.Schema.Task == Multilabel {
			strange = sets.read(row, row.Label)
		} else if row.Class = index(row.Label); row.Class < 0 {
			strange = row.Label
		}
		if strange != "" {
			s.strange(strange, row.Number)
			row.Label = ""
		}
	}
}

// someOf lists names, of many the first.
func someOf(names []string) string {
	const most = 10
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// classIndex returns a function that finds a class: by its text, else by what labels that are alike
// have in common, else by its number.
func classIndex(classes []string) func(string) int {
	byText, byKey, byNumber := map[string]int{}, map[string]int{}, map[float64]int{}
	for k, s := range classes {
		byText[s] = k
		if key := labelKey(s); key != s {
			if _, twice := byKey[key]; twice {
				byKey[key] = -1
			} else {
				byKey[key] = k
			}
		}
		if v, ok := ParseNumber(s); ok && !losesDigits(s) {
			byNumber[v] = k
		}
	}
	return func(s string) int {
		if k, ok := byText[s]; ok {
			return k
		}
		key := labelKey(s)
		if k, ok := byText[key]; ok {
			return k
		}
		if k, ok := byKey[key]; ok {
			return k
		}
		if v, ok := ParseNumber(s); ok && !losesDigits(s) {
			if k, ok := byNumber[v]; ok {
				return k
			}
		}
		return -1
	}
}

// flags are how programs write truth values as numbers.
var flags = map[bool]string{false: "0", true: "1"}
