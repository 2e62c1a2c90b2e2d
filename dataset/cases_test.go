package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// casesDir is where small odd tables lie, each with its right value.
const casesDir = "../../shared/cases"

// summary is what a reader made of a table: its columns, and the rows of each class.
func summary(ds *Dataset) string {
	count := map[string]int{}
	for i := range ds.Rows {
		if r := &ds.Rows[i]; r.Labeled() {
			count[r.Label]++
		}
	}
	return fmt.Sprintf("%s; %d rows %v", describe(&ds.Schema), len(ds.Rows), count)
}

// codesOf lists the kinds of problems.
func codesOf(ps Problems) string {
	var out []string
	for _, p := range ps {
		if !strings.Contains(strings.Join(out, " "), p.Code) {
			out = append(out, p.Code)
		}
	}
	return strings.Join(out, " ")
}

func TestCases(t *testing.T) {
	if _, err := os.Stat(casesDir); err != nil {
		t.Skip("no " + casesDir)
	}
	f := func(name, want, codes string) {
		t.Helper()
		ds, err := Open(filepath.Join(casesDir, filepath.FromSlash(name)), Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		if got := summary(ds); got != want {
			t.Errorf("%s: %s\nwant %s", name, got, want)
		}
		if got := codesOf(ds.Problems); got != codes {
			t.Errorf("%s: problems %q, want %q", name, got, codes)
		}
	}
	f("csv-first-line-is-no-header/export.csv", "review:text, table:table price=number colour=category; 60 rows map[bad:30 good:30]", "")
	f("csv-separator-by-quoted-comma/eu.csv", "review:text, table:table price, EUR=number colour=category; 60 rows map[bad:30 good:30]", "csv.separator")
	f("csv-space-before-quote/spaced.csv", "review:text, table:table price=number colour=category; 80 rows map[bad:40 good:40]", "")
	f("labels-nan-word/labels.csv", "review:text, table:table price=number; 160 rows map[bad:68 good:69]", "label.missing-word")
	f("labels-that-look-alike/labels.csv", "review:text, table:table price=number; 160 rows map[bad:80 good:80]", "class.alike")
	f("number-codes-leading-zeros/codes.csv", "table:table price=number zip=category; 160 rows map[bad:80 good:80]", "column.codes")
	f("numbers-in-parentheses/ledger.csv", "table:table colour=category amount=number; 160 rows map[bad:80 good:80]", "")
	f("row-number-leaks/sorted.csv", "table:table price=number; 160 rows map[bad:80 good:80]", "column.row-names")
	f("parquet-pandas-index/frame.parquet", "review:text, table:table price=number colour=category; 160 rows map[bad:80 good:80]", "column.index")
}
