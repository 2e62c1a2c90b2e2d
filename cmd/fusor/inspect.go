package main

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/feature/pretrained"
	"github.com/fusor-ml/fusor/feature/text"
	"github.com/fusor-ml/fusor/internal/termtext"
	"github.com/fusor-ml/fusor/media"
	"github.com/fusor-ml/fusor/train"
)

type inspectCmd struct {
	Data  string   `arg:"" help:"Manifest (.csv, .tsv, .json, .jsonl, .parquet, .xlsx; also .gz, .zst) or folder."`
	Fast  bool     `help:"Read the manifest only, don't open the media."`
	Views []string `help:"Views to extract: column, column.view or *.view (see: fusor views)." placeholder:"VIEW,VIEW"`

	Encoder []string `help:"Folder of a pretrained encoder of a column, or of all columns of a kind: review=DIR, text=DIR, image=DIR, …; its vectors are taken as the view encoder. Repeatable; see docs/encoders.md." sep:"none" placeholder:"COL=DIR" group:"Model"`
	Pooling []string `help:"How an encoder makes the vector of a text: cls, mean, max, … (default: as its folder defines)." sep:"none" placeholder:"COL=MODE" group:"Model"`
	Prompt  []string `help:"What an encoder puts before every text, or the name of a prompt of its folder." sep:"none" placeholder:"COL=TEXT" group:"Model"`

	dataFlags   `group:"Data"`
	commonFlags `group:"Output"`
}

// Help is the command's longer help.
func (c *inspectCmd) Help() string {
	return `Opens every file once, so broken ones are found before training. What was extracted is kept in the cache.

Examples:
  fusor inspect shop.csv
  fusor inspect shop.csv --views photo.color,text
  fusor inspect shop.csv --encoder review=models/bge-small-zh
  fusor inspect shop.csv --kind code=category --json -`
}

type columnInfo struct {
	Name   string      `json:"name"`
	Kind   string      `json:"kind"`
	Fields []fieldInfo `json:"fields,omitempty"`
	Views  []string    `json:"views"`                // taken, by default or by --views
	More   []string    `json:"more_views,omitempty"` // that --views could take
	Absent int         `json:"absent"`               // empty cells
	Broken int         `json:"broken"`               // those with a problem: unreadable, or read in part

	Languages map[string]int `json:"languages,omitempty"` // of a text column: its texts by language, as far as the script shows
	languages string         // the same, most frequent first
}

type fieldInfo struct {
	dataset.Field
	Absent int `json:"absent,omitempty"` // missing values
}

type inspection struct {
	Dataset  string           `json:"dataset"`
	Encoding string           `json:"encoding,omitempty"`
	Rows     int              `json:"rows"`
	Task     dataset.Task     `json:"task"`
	Label    string           `json:"label"`
	Classes  map[string]int   `json:"classes,omitempty"`
	Splits   map[string]int   `json:"splits,omitempty"`
	Unsplit  int              `json:"unsplit,omitempty"` // rows that no split has, where others have one
	Groups   int              `json:"groups,omitempty"`
	Columns  []columnInfo     `json:"columns"`
	Problems dataset.Problems `json:"problems,omitempty"`
}

// Run inspects the data.
func (c *inspectCmd) Run(e *env) error {
	var o fusor.Options
	data, err := c.options()
	if err != nil {
		return err
	}
	if err := checkOutputs([]string{c.Data}, c.JSON); err != nil {
		return err
	}
	bar := c.apply(e, &o)
	ds, err := fusor.Open(c.Data, data)
	if err == nil {
		o.Views, err = c.catalog(ds)
	}
	if err == nil && !c.Fast {
		ds, err = fusor.Inspect(e.ctx, ds, c.Views, o)
	}
	bar.done()
	if err != nil {
		return err
	}
	refs, err := o.Views.Select(&ds.Schema, c.Views)
	if err != nil {
		return err
	}
	in := inspectionOf(ds, o.Views, refs)
	in.speak(e, ds, !c.Fast)
	if in.Encoding != "" && in.Encoding != "UTF-8" {
		c.notes(e, []string{fmt.Sprintf("%s is read as %s", in.Dataset, in.Encoding)})
	}
	for _, p := range in.Problems {
		if p.Remark() {
			c.notes(e, []string{p.What})
		}
	}
	c.notes(e, unsplit(ds.Unsplit(), ""))
	if note := ds.RareClasses(); note != "" {
		c.notes(e, []string{note})
	}
	if !c.jsonToStdout() {
		in.print(e, ds)
		if !c.Quiet {
			c.printNext(e, ds, len(refs))
		}
	}
	return c.writeJSON(e, in)
}

// catalog returns the views that columns can have, those of the encoders among them.
func (c *inspectCmd) catalog(ds *dataset.Dataset) (feature.Catalog, error) {
	var r train.Recipe
	f := recipeFlags{Encoder: c.Encoder, Pooling: c.Pooling, Prompt: c.Prompt}
	if err := f.pretrained(&r); err != nil {
		return nil, err
	}
	set, err := pretrained.Open(&ds.Schema, r.Pretrained, pretrained.Folders())
	if err != nil {
		return nil, err
	}
	return set.Catalog(fusor.Views()), nil
}

// unfit returns why nothing can be trained on the data as they are; nil if something can.
func unfit(ds *dataset.Dataset) error {
	if lost := ds.Lost(ds.Problems, nil); len(lost) == len(ds.Schema.Columns) {
		return lost
	}
	_, err := dataset.HoldOut(ds, dataset.PlanOptions{})
	return err
}

// printNext ends the inspection on the terminal.
func (c *inspectCmd) printNext(e *env, ds *dataset.Dataset, views int) {
	words := func(name string, more ...string) []string {
		return slices.Concat([]string{name, c.Data}, e.shared, more)
	}
	if err := unfit(ds); err != nil {
		fmt.Fprintln(e.stdout, e.say("nothing can be trained on these data as they are: %s", err))
		e.printNext(step("look again, once they are mended", words("inspect")...))
		return
	}
	compared := "compare all views and fusions, get the best model"
	if views == 1 {
		compared = "measure it on every row, in folds, and get the model"
	}
	e.printNext(
		step(compared, words("compare", "-o", "result")...),
		step("train one model now", words("train", "-o", "model.fusor")...),
		step("see what else each column can be read as", "views"))
}

func inspectionOf(ds *dataset.Dataset, views feature.Catalog, refs []feature.Ref) *inspection {
	taken := map[string]bool{}
	for _, r := range refs {
		taken[r.Name] = true
	}
	in := &inspection{Dataset: ds.Name, Encoding: ds.Encoding, Rows: len(ds.Rows), Task: ds.Schema.Task, Label: ds.Schema.Label, Classes: map[string]int{}, Splits: map[string]int{}, Unsplit: ds.Unsplit(), Problems: ds.Problems}
	groups := map[string]bool{}
	for i := range ds.Rows {
		r := &ds.Rows[i]
		if r.Class >= 0 && in.Task == dataset.Classification {
			in.Classes[r.Label]++
		}
		for _, l := range r.Labels {
			in.Classes[ds.Schema.Classes[l]]++
		}
		if r.Split != "" {
			in.Splits[r.Split]++
		}
		if ds.Schema.Group != "" {
			groups[r.Group] = true
		}
	}
	in.Groups = len(groups)
	for k, col := range ds.Schema.Columns {
		info := columnInfo{Name: col.Name, Kind: string(col.Kind), Views: []string{}}
		for _, f := range col.Fields {
			info.Fields = append(info.Fields, fieldInfo{Field: f})
		}
		if m, ok := views.Lookup(col.Kind); ok {
			for _, v := range feature.ViewsOf(m, col.Name) {
				if name := v.Info().Name; taken[col.Name+"."+name] {
					info.Views = append(info.Views, name)
				} else {
					info.More = append(info.More, name)
				}
			}
		}
		bad := broken(&col, ds.Problems)
		var room []string
		for i := range ds.Rows {
			cell := ds.Rows[i].CellWith(k, &room)
			for j := range info.Fields {
				if j >= len(cell.Fields) || cell.Fields[j] == "" {
					info.Fields[j].Absent++
				}
			}
			switch {
			case cell.Incomplete || bad[ds.Rows[i].Number]:
				info.Broken++
			case cell.Absent():
				info.Absent++
			}
		}
		in.Columns = append(in.Columns, info)
	}
	return in
}

// speak fills in the languages of text columns; texts in files are opened if files is set.
func (in *inspection) speak(e *env, ds *dataset.Dataset, files bool) {
	for k := range ds.Schema.Columns {
		if ds.Schema.Columns[k].Kind != media.Text {
			continue
		}
		c := &in.Columns[k]
		c.Languages = map[string]int{}
		var names []string
		for _, l := range text.Languages(e.ctx, ds, k, files) {
			c.Languages[l.Language] = l.Texts
			names = append(names, l.Language)
		}
		c.languages = counts(e, names, c.Languages)
	}
}

// broken are the lines with a problem in a column or in one of its fields; a file that is there
// under almost the name of its cell is none.
func broken(col *dataset.Column, problems dataset.Problems) map[int]bool {
	names := map[string]bool{col.Name: true}
	for _, f := range col.Fields {
		names[f.Name] = true
	}
	rows := map[int]bool{}
	for _, p := range problems {
		if p.Row > 0 && names[p.Column] && p.Code != "cell.near-name" {
			rows[p.Row] = true
		}
	}
	return rows
}

func (in *inspection) print(e *env, ds *dataset.Dataset) {
	w := e.stdout
	head := e.say("%s: %d rows, %s of %q", in.Dataset, in.Rows, map[dataset.Task]string{dataset.Classification: "classification", dataset.Regression: "regression", dataset.Multilabel: "multi-label"}[in.Task], in.Label)
	if r := ds.Schema.Notation; r != "" {
		head = e.say("%s (%s)", head, r)
	}
	fmt.Fprintln(w, head)
	if len(in.Classes) > 0 {
		if in.Task == dataset.Multilabel {
			e.printf("labels: %s\n", counts(e, ds.Schema.Classes, in.Classes))
		} else {
			e.paragraph(e.say("classes: %s", shares(e, ds.Schema.Classes, in.Classes)))
		}
	}
	if len(in.Splits) > 0 {
		var names []string
		for s := range in.Splits {
			names = append(names, s)
		}
		sort.Strings(names)
		e.printf("splits: %s\n", counts(e, names, in.Splits))
	}
	if in.Groups > 0 {
		e.printf("groups: %d of %q\n", in.Groups, ds.Schema.Group)
	}
	t := e.newTable("column", "kind", "empty", "broken", "views")
	t.alignRight(3, 4)
	for _, c := range in.Columns {
		views := e.lang.List(c.Views)
		if len(c.More) > 0 {
			views = strings.TrimSpace(e.say("%s (more: %s)", views, e.lang.List(c.More)))
		}
		if len(c.Fields) > 0 {
			var fields []string
			for _, f := range c.Fields {
				kind := e.lang.Text(string(f.Kind))
				if f.Notation != "" {
					kind = e.lang.List([]string{kind, e.lang.Text(f.Notation.String())})
				}
				if f.Absent > 0 {
					kind = e.say("%s, %d empty", kind, f.Absent)
				}
				fields = append(fields, e.say("%s (%s)", f.Name, kind))
			}
			views = e.say("%s: %s", views, e.lang.List(fields))
		}
		t.add(c.Name, c.Kind, fmt.Sprint(c.Absent), fmt.Sprint(c.Broken), views)
	}
	fmt.Fprintln(w, t.render(w))
	in.printContents(e, ds)
	for _, c := range in.Columns {
		if c.languages != "" {
			e.printf("languages of %q, by script: %s\n", c.Name, c.languages)
		}
	}
	problems := slices.DeleteFunc(slices.Clone(in.Problems), dataset.Problem.Remark)
	if len(problems) > 0 {
		fmt.Fprintf(w, "%s\n%s\n", e.say("%s:", plural(len(problems), "problem")), indent(e.lang.Text(problems.Error())))
	}
}

// printContents shows what is in the columns: of a number its range, of a category its levels, of
// others an example.
func (in *inspection) printContents(e *env, ds *dataset.Dataset) {
	const most = 60
	t := e.newTable("column", "contents")
	for k, col := range ds.Schema.Columns {
		if len(col.Fields) == 0 {
			if s := exampleOf(ds, k); s != "" {
				t.add(col.Name, e.say("e.g. %s", termtext.Cut(oneLine(s), most)))
			}
			continue
		}
		for j, f := range col.Fields {
			if s := rangeOf(e, ds, k, j, f.Kind); s != "" {
				t.add(f.Name, s)
			}
		}
	}
	if len(t.rows) > 1 {
		fmt.Fprintln(e.stdout, t.render(e.stdout))
	}
}

// exampleOf returns the text, or the first file, of the first cell of column k that has one.
func exampleOf(ds *dataset.Dataset, k int) string {
	for i := range ds.Rows {
		switch c := ds.Rows[i].Cell(k); {
		case c.Text != "":
			return c.Text
		case len(c.Files) > 0:
			return c.Files[0]
		}
	}
	return ""
}

// rangeOf describes field j of column k: numbers and dates from the least to the greatest, others
// by their most frequent levels.
func rangeOf(e *env, ds *dataset.Dataset, k, j int, kind media.Kind) string {
	const levels = 5
	rows := map[string]int{}
	low, high, least, greatest := math.Inf(1), math.Inf(-1), "", ""
	for i := range ds.Rows {
		v := ds.Rows[i].Field(k, j)
		if v == "" {
			continue
		}
		if kind == media.Number {
			if x, err := strconv.ParseFloat(v, 64); err == nil {
				low, high = min(low, x), max(high, x)
			}
			greatest = v
			continue
		}
		if kind != media.Date {
			rows[v]++
		}
		if least == "" || v < least {
			least = v
		}
		greatest = max(greatest, v)
	}
	switch {
	case greatest == "":
		return ""
	case kind == media.Number:
		return e.say("%g to %g", low, high)
	case kind == media.Date:
		return e.say("%s to %s", least, greatest)
	}
	names := slices.SortedFunc(maps.Keys(rows), func(a, b string) int {
		return cmp.Or(cmp.Compare(rows[b], rows[a]), cmp.Compare(a, b))
	})
	more := len(names) - levels
	if more <= 0 {
		return counts(e, names, rows)
	}
	return e.say("%s, and %d more", counts(e, names[:levels], rows), more)
}

// shares lists classes with their rows and their share of all.
func shares(e *env, names []string, n map[string]int) string {
	total := 0
	for _, rows := range n {
		total += rows
	}
	if len(names) > maxCounts || total == 0 {
		return counts(e, names, n)
	}
	var parts []string
	for _, name := range names {
		parts = append(parts, fmt.Sprintf("%s %d (%.0f %%)", oneLine(name), n[name], 100*float64(n[name])/float64(total)))
	}
	return e.lang.List(parts)
}

// maxCounts is how many classes are listed one by one.
const maxCounts = 20

func counts(e *env, names []string, n map[string]int) string {
	var parts []string
	for i, name := range names {
		if i == maxCounts {
			parts = append(parts, e.say("and %d more", len(names)-i))
			break
		}
		parts = append(parts, fmt.Sprintf("%s %d", oneLine(name), n[name]))
	}
	return e.lang.List(parts)
}
