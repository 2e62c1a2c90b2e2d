package dataset

import (
	"fmt"
	"strings"
	"testing"
)

// A cell knows that something of it could not be read, however it was read and however many are
// alike.
func TestFlawedCells(t *testing.T) {
	flawed := func(ds *Dataset) (out []string) {
		for i := range ds.Rows {
			for k := range ds.Rows[i].Cells {
				if ds.Rows[i].Cells[k].Incomplete {
					out = append(out, fmt.Sprintf("%d %s", i, ds.Schema.Columns[k].Name))
				}
			}
		}
		return out
	}
	f := func(ds *Dataset, want ...string) {
		t.Helper()
		if got := flawed(ds); strings.Join(got, ",") != strings.Join(want, ",") {
			t.Errorf("%s: flawed %q, want %q", ds.Name, got, want)
		}
	}
	const rows = "a,\"[1, 2]\",3,2024-05-06\nb,\"[2, 1]\",4,2024-05-07\n"
	csv := accepted(t, "m.csv", "label,v,n,day\n"+strings.Repeat(rows, 20)+"a,\"[1, NaN]\",3,2024-05-06\nb,\"[1]\",4,2024-05-06\na,\"[1, 2]\",none at all,2024-05-06\nb,,,\n", Options{})
	f(csv, "40 v", "41 v", "42 table")
	f(accepted(t, "m.jsonl", strings.Repeat(`{"label":"a","v":[1,2],"n":3}`+"\n"+`{"label":"b","v":[2,1],"n":4}`+"\n", 20)+
		`{"label":"a","v":{"x":1},"n":3}`+"\n"+`{"label":"a","v":[1,2],"n":{"x":1}}`+"\n", Options{}), "40 v", "41 table")

	many := accepted(t, "many.csv", "v,n\n"+strings.Repeat("\"[1, 2]\",dear\n", maxAlike+5), Options{Schema: &csv.Schema})
	if n := len(flawed(many)); n != maxAlike+5 {
		t.Errorf("%d flawed cells of %d", n, maxAlike+5)
	}
	stream := &Dataset{Name: "stream", Schema: csv.Schema}
	for line, err := range ReadJSONLines(strings.NewReader(`{"v":{"x":1}}`+"\n"+`{"n":{"x":1}}`+"\n"+`{"v":[1]}`+"\n"+`{"day":"soon"}`+"\n{}\n"), nil, &csv.Schema) {
		if err != nil {
			t.Fatal(err)
		}
		stream.Rows = append(stream.Rows, line.Row)
	}
	f(stream, "0 v", "1 table", "2 v", "3 table")
}
