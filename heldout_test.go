package fusor

import (
	"bytes"
	"context"
	"encoding/json"
	"html"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/report"
)

// Rows that training held out are found again in the same table, by a model
// that was saved, and in no other table.
func TestHeldOutRowsAreFoundAgain(t *testing.T) {
	path := folder(t, 9, 200, false, signal{"a", 3, 2}, signal{"b", 3, 1})
	m, ds := trained(t, path, Setup{Seed: 7})
	file := filepath.Join(t.TempDir(), "m.fusor")
	if err := m.Save(file); err != nil {
		t.Fatal(err)
	}
	m, err := Load(file, Setup{NoCache: true}.Options())
	if err != nil {
		t.Fatal(err)
	}
	plan, err := dataset.HoldOut(ds, dataset.PlanOptions{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	rows, ok := m.HeldOut(ds)
	if !ok || !slices.Equal(rows, plan.Runs[0].Test) {
		t.Fatalf("held out %v (%v), training tested %v", rows, ok, plan.Runs[0].Test)
	}
	other := func(change func(ds *dataset.Dataset)) {
		t.Helper()
		copied := *ds
		copied.Rows = slices.Clone(ds.Rows)
		change(&copied)
		if _, ok := m.HeldOut(&copied); ok {
			t.Error("another table passes for the one that was trained on")
		}
	}
	other(func(ds *dataset.Dataset) { ds.Rows = ds.Rows[1:] })
	other(func(ds *dataset.Dataset) { ds.Rows[3].ID = "new" })
	other(func(ds *dataset.Dataset) { ds.Rows[0], ds.Rows[1] = ds.Rows[1], ds.Rows[0] })
	other(func(ds *dataset.Dataset) {
		ds.Rows[5].Cells = slices.Clone(ds.Rows[5].Cells)
		ds.Rows[5].Cells[0].Vector = []float32{1, 2, 3}
	})
}

// The report and the JSON say whether the scores are of rows that were trained on.
func TestExplainSaysWhichRows(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and mostly arithmetic")
	}
	path := folder(t, 10, 200, false, signal{"a", 3, 2}, signal{"b", 3, 1})
	m, ds := trained(t, path, Setup{Seed: 3})
	held, _ := m.HeldOut(ds)
	f := func(ds *dataset.Dataset, rows []int, asked ExplainOptions, want, zh string) {
		t.Helper()
		asked.Rows, asked.Noise = rows, []string{"none"}
		ex, err := m.Explain(context.Background(), ds, asked)
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(ex)
		if err != nil {
			t.Fatal(err)
		}
		d := ex.Document(ReportOptions{Command: []string{"fusor", "explain", "it's.fusor"}})
		var en, cn bytes.Buffer
		if err := report.HTML(&en, d, report.Options{}); err != nil {
			t.Fatal(err)
		}
		if err := report.HTML(&cn, d, report.Options{Lang: "zh"}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(data), want) || !strings.Contains(en.String(), want) || !strings.Contains(cn.String(), zh) {
			t.Errorf("the JSON or the report does not say %q", want)
		}
		if want := `fusor explain 'it'\''s.fusor'`; !strings.Contains(html.UnescapeString(en.String()), want) {
			t.Errorf("the report lacks the command %s", want)
		}
		if !strings.Contains(en.String(), "<dt>Seed</dt><dd>3</dd>") {
			t.Error("the report lacks the seed")
		}
	}
	f(ds, nil, ExplainOptions{}, "The model was fitted on 170 of the 200 rows looked at", "有 170 行（共 200 行）参与过")
	f(ds, held, ExplainOptions{HeldOut: true}, "the 30 rows looked at are those that training held out", "所考察的 30 行是训练时留出的行")
	other := *ds
	other.Rows = ds.Rows[:50]
	f(&other, nil, ExplainOptions{Unsplit: true}, "so all 50 labelled rows are looked at", "全部 50 个有标签的行")
}

// A table of files is told again too, whatever its cells are.
func TestHeldOutOfAManifest(t *testing.T) {
	dir := t.TempDir()
	csv := "id,note,price,shop,label\n"
	for i := range 60 {
		csv += strings.Join([]string{string(rune('a'+i%26)) + string(rune('a'+i/26)), "the bird sat \"low\", it sang", []string{"1.5", "", "3"}[i%3], []string{"n", "s"}[i%2], []string{"x", "y"}[i/2%2]}, ",") + "\n"
	}
	csv = strings.ReplaceAll(csv, `the bird sat "low", it sang`, `"the bird sat ""low"", it sang"`)
	path := filepath.Join(dir, "data.csv")
	if err := os.WriteFile(path, []byte(csv), 0o600); err != nil {
		t.Fatal(err)
	}
	var o Setup
	o.Recipe.Train.Epochs = 1
	m, ds := trained(t, path, o)
	if rows, ok := m.HeldOut(ds); !ok || len(rows) != 9 {
		t.Errorf("held out %v (%v) of 60 rows", rows, ok)
	}
}
