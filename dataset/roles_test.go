package dataset

import (
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/media"
)

// TestRoles: what the options say of a column goes before what its name states.
func TestRoles(t *testing.T) {
	header := []string{"id", "split", "Group", "order", "label", "text"}
	trained := &Schema{Label: "split", Group: "text", Columns: []Column{{Name: "id", Kind: media.Text}, {Name: "table", Kind: media.Table, Fields: []Field{{Name: "order"}}}}}
	names := func(r roles) string {
		var out []string
		for _, i := range []int{r.label, r.id, r.split, r.group, r.order} {
			name := "-"
			if i >= 0 {
				name = header[i]
			}
			out = append(out, name)
		}
		return strings.Join(out, " ")
	}
	f := func(want string, opt Options) {
		t.Helper()
		c := &collector{}
		if got := names(findRoles(&Table{Header: header}, &opt, c)); got != want || c.failed() {
			t.Errorf("%+v: %s, want %s; %v", opt, got, want, c.list)
		}
	}
	f("label id split Group order", Options{})
	f("label id - - order", Options{Ignore: []string{"group", "split"}})
	f("label - split Group -", Options{Columns: []string{"order", "id"}})
	f("label id split Group -", Options{Kinds: map[string]media.Kind{"order": media.Number}})
	f("label - split - order", Options{None: []string{"group", "id"}})
	f("Group id split - order", Options{Label: "group"})
	f("split id - order -", Options{Label: "split", Group: "order"})
	f("split - - text -", Options{Schema: trained})
	f("split - - - -", Options{Schema: trained, Ignore: []string{"text"}})
	f("split - - - -", Options{Schema: trained, None: []string{"group"}})
	f("- id - split -", Options{Schema: trained, Group: "split", ID: "id"})

	bad := func(want string, opt Options) {
		t.Helper()
		c := &collector{}
		findRoles(&Table{Header: header}, &opt, c)
		if got := c.list.Fatal().Error(); !strings.Contains(got, want) {
			t.Errorf("%+v: %q, want %q", opt, got, want)
		}
	}
	bad(`column "Group": --group and --label name it both`, Options{Label: "Group", Group: "group"})
	bad(`column "order": --order and --columns name it both`, Options{Order: "order", Columns: []string{"order"}})
	bad(`column "split": --split-column and --ignore name it both`, Options{Split: "split", Ignore: []string{"SPLIT"}})
	bad("there is no label column, as --ignore names label", Options{Ignore: []string{"label"}})
	bad("there is no label column", Options{None: []string{"label"}})
}

// TestEmptyOrder: a column without any order is one problem, not one a row.
func TestEmptyOrder(t *testing.T) {
	for cells, want := range map[string]int{",,,": 1, "1,,3,": 2, "1,2,3,4": 0} {
		var b strings.Builder
		b.WriteString("order,label,text\n")
		for i, cell := range strings.Split(cells, ",") {
			b.WriteString(cell + "," + string(rune('a'+i%2)) + ",some words\n")
		}
		ds := open(t, write(t, map[string]string{"t.csv": b.String()}), "t.csv", Options{})
		n := 0
		for _, p := range ds.Problems {
			if p.Column == "order" {
				n++
			}
		}
		if n != want {
			t.Errorf("%q: %d problems, want %d: %v", cells, n, want, ds.Problems)
		}
		if seq := Sequences(ds, nil); len(seq) != 1 || len(seq[0]) != 4 {
			t.Errorf("%q: sequences %v", cells, seq)
		}
	}
}
