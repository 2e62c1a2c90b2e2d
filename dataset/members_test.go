package dataset

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/media"
)

// The members of objects inside objects are columns, as those of structs are in Parquet, in every
// form of JSON.
func TestMembersOfObjects(t *testing.T) {
	const want = "pic:image table:table user.age=number size.w=number size.of.h=number user.name:text; 40 rows map[bad:20 good:20]"
	const pic = `{"bytes": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "path": "a.png"}`
	user := func(i int) string { return fmt.Sprintf(`{"name": "the words of person %d", "age": %d}`, i, i%9) }
	size := func(i int) string { return fmt.Sprintf(`{"w": %d.5, "of": {"h": %d}, "none": {}}`, i%7, i%5) }
	label := func(i int) string { return []string{`"good"`, `"bad"`}[i%2] }
	var rows, split, index []string
	columns := make([][]string, 4)
	for i := range 40 {
		u, s := user(i), size(i)
		if i == 3 { // null is no column of its own
			s = "null"
		}
		rows = append(rows, fmt.Sprintf(`{"label": %s, "user": %s, "pic": %s, "size": %s}`, label(i), u, pic, s))
		split = append(split, fmt.Sprintf(`[%s, %s, %s, %s]`, label(i), u, pic, s))
		index = append(index, fmt.Sprintf(`"%d": %s`, i, rows[i]))
		for k, v := range []string{label(i), u, pic, s} {
			columns[k] = append(columns[k], fmt.Sprintf(`"%d": %s`, i, v))
		}
	}
	same := func(ds *Dataset, cells []Cell, fields, text string) {
		t.Helper()
		for k, c := range ds.Schema.Columns {
			if c.Name == "user.name" && cells[k].Text != text || c.Kind == media.Table && fmt.Sprint(cells[k].Fields) != fields {
				t.Errorf("%s: %+v", c.Name, cells[k])
			}
		}
	}
	f := func(content string) *Dataset {
		t.Helper()
		ds := accepted(t, "m.json", content, Options{})
		columns, rest, _ := strings.Cut(summary(ds), "; ")
		list := strings.Split(columns, ", ")
		slices.Sort(list)
		if got := strings.Join(list, " ") + "; " + rest; got != want || len(ds.Problems) > 0 {
			t.Fatalf("%.80q: %s %v", content, got, ds.Problems)
		}
		same(ds, ds.Rows[8].Cells, "[8 1.5 3]", "the words of person 8")
		same(ds, ds.Rows[3].Cells, "[3  ]", "the words of person 3")
		if cell := ds.Rows[8].Cells[slices.IndexFunc(ds.Schema.Columns, func(c Column) bool { return c.Name == "pic" })]; len(cell.Media) != 1 {
			t.Errorf("%.80q: %+v", content, cell)
		}
		return ds
	}
	ds := f(strings.Join(rows, "\n"))
	f("[" + strings.Join(rows, ",\n") + "]")
	f(`{"rows": [` + strings.Join(rows, ",\n") + `]}`)
	f(`{"columns": ["label", "user", "pic", "size"], "data": [` + strings.Join(split, ",") + "]}")
	f(fmt.Sprintf(`{"label": {%s}, "user": {%s}, "pic": {%s}, "size": {%s}}`, strings.Join(columns[0], ","), strings.Join(columns[1], ","), strings.Join(columns[2], ","), strings.Join(columns[3], ",")))
	f("{" + strings.Join(index, ",") + "}")

	// A trained model reads them in requests, flat ones too.
	r := NewRowReader(nil, &ds.Schema)
	for _, object := range []string{`{"user": ` + user(8) + `, "size": ` + size(8) + `}`, `{"user.name": "the words of person 8", "user.age": 8, "size.w": "1.5", "size.of.h": 3}`} {
		line := r.Read(object, 1)
		if len(line.Problems) > 0 {
			t.Errorf("%s: %v", object, line.Problems)
		}
		same(ds, line.Row.Cells, "[8 1.5 3]", "the words of person 8")
	}
}

// What is no record is left out, and noted.
func TestObjectsLeftOut(t *testing.T) {
	f := func(object func(i int) string, header, codes, note string) {
		t.Helper()
		var rows []string
		for i := range 40 {
			rows = append(rows, fmt.Sprintf(`{"label": %d, "x": %d, "o": %s}`, i%2, i%7, object(i)))
		}
		ds := accepted(t, "m.jsonl", strings.Join(rows, "\n"), Options{})
		if got := strings.Join(ds.Raw().Header, " "); got != header || codesOf(ds.Problems) != codes || !strings.Contains(ds.Problems.Error(), note) {
			t.Errorf("%s: %s, %v", object(0), got, ds.Problems)
		}
	}
	f(func(i int) string {
		var b strings.Builder
		for k := range 20 {
			fmt.Fprintf(&b, `"word%d": 1,`, 20*i+k)
		}
		return "{" + strings.TrimSuffix(b.String(), ",") + "}"
	}, "label x", "cell.object", "the objects have more than 256 different members and are left out")
	f(func(i int) string { return fmt.Sprintf(strings.Repeat(`{"a": `, 8)+"%d"+strings.Repeat("}", 8), i%5) }, "label x o.a.a.a.a.a.a.a.a", "", "")
	f(func(i int) string { return fmt.Sprintf(strings.Repeat(`{"a": `, 9)+"%d"+strings.Repeat("}", 9), i%5) }, "label x o.a.a.a.a.a.a.a.a", "cell.object column.empty", "an object inside the object is left out")
	f(func(i int) string {
		if i == 7 {
			return "3"
		}
		return fmt.Sprintf(`{"a": %d}`, i%5)
	}, "label x o.a o", "cell.object", "an object in some rows and a value in others")
	f(func(i int) string {
		if i == 7 {
			return `{"a": 3}`
		}
		return fmt.Sprint(i % 5)
	}, "label x o", "cell.object", "an object inside the object is left out")
}

// Rows and columns of objects are told apart, or refused.
func TestOrientation(t *testing.T) {
	table := func(rows, columns []string, cell func(i, k int) string, byRow bool) string {
		var out []string
		if !byRow {
			for k, c := range columns {
				var in []string
				for i, r := range rows {
					in = append(in, fmt.Sprintf("%q: %s", r, cell(i, k)))
				}
				out = append(out, fmt.Sprintf("%q: {%s}", c, strings.Join(in, ", ")))
			}
			return "{" + strings.Join(out, ",\n") + "}"
		}
		for i, r := range rows {
			var in []string
			for k, c := range columns {
				in = append(in, fmt.Sprintf("%q: %s", c, cell(i, k)))
			}
			out = append(out, fmt.Sprintf("%q: {%s}", r, strings.Join(in, ", ")))
		}
		return "{" + strings.Join(out, ",\n") + "}"
	}
	numbers, names := make([]string, 40), make([]string, 40)
	for i := range numbers {
		numbers[i], names[i] = fmt.Sprint(i), fmt.Sprintf("film-%d", i)
	}
	mixed := func(i, k int) string {
		return []string{`"` + string(rune('a'+i%2)) + `"`, fmt.Sprint(i % 7), "null"}[k]
	}
	flat := func(i, k int) string { return fmt.Sprint(i % (2 + 5*k)) }
	f := func(rows, columns []string, cell func(i, k int) string, label string) {
		t.Helper()
		for _, byRow := range []bool{false, true} {
			ds := accepted(t, "m.json", table(rows, columns, cell, byRow), Options{Label: label})
			if len(ds.Rows) != 40 || len(ds.Schema.Classes) != 2 || len(ds.Schema.Columns) != 1 || ds.Rows[13].Cells[0].Fields[0] != "6" {
				t.Errorf("by row %v: %s, %v", byRow, summary(ds), ds.Problems)
			}
		}
	}
	f(numbers, []string{"kind of film", "stars", "none"}, mixed, "kind of film")
	f(names, []string{"label", "stars"}, flat, "")
	f(names, []string{"what", "stars"}, flat, "what")
	f(names, []string{"what", "stars", "none"}, mixed, "what")
	for _, byRow := range []bool{false, true} {
		got := refused(t, "m.json", table(names, []string{"what", "stars"}, flat, byRow), Options{}).Error()
		if !strings.Contains(got, `each may be a row or a column; write it with orient="records"`) {
			t.Error(got)
		}
	}
}
