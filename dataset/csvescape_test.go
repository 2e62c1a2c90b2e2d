package dataset

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// nasty are texts with everything that a dialect must write in a way of its own.
var nasty = []string{
	`He said "hi" to us`, `"quoted"`, `ends with "`, `C:\new\table`, `a backslash\`, `a "\" inside`, `one, two; three | four`,
	"tab\tin it", "two\nlines of \"text\"", `plain words`, `""`, `\"`, "", `\N is MySQL's`, `Größe "élégant" 你好`,
}

// TestBackslashQuotes reads what Python's csv writes with escapechar in all its ways.
func TestBackslashQuotes(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	rows := [][]string{{"label", "text", "n", "note"}}
	for i := range 60 {
		rows = append(rows, []string{[]string{"up", "down"}[i%2], nasty[i%len(nasty)], fmt.Sprint(i % 7), nasty[(i*7+3)%len(nasty)]})
	}
	const script = `
import csv, io, itertools, json, sys
rows = json.load(sys.stdin)
out = []
for quoting, comma, end, double in itertools.product(range(4), ",;\t|", ("\n", "\r\n"), (False, True)):
    if double and quoting == csv.QUOTE_NONE:
        continue
    f = io.StringIO()
    w = csv.writer(f, quoting=quoting, delimiter=comma, lineterminator=end, doublequote=double, escapechar=None if double else "\\")
    w.writerows([r if quoting != csv.QUOTE_NONNUMERIC else [int(c) if c.isdigit() else c for c in r] for r in rows])
    out.append({"Name": "%d %r %r double %s" % (quoting, comma, end, double), "Text": f.getvalue(), "Double": double})
json.dump(out, sys.stdout)`
	in, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", script)
	cmd.Stdin = bytes.NewReader(in)
	raw, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var files []struct {
		Name, Text string
		Double     bool
	}
	if err := json.Unmarshal(raw, &files); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		for _, name := range []string{"m.csv", "m.tsv"} {
			ds, err := Read(strings.NewReader(f.Text), name, Options{Label: "label"})
			if err != nil {
				t.Errorf("%s: %v", f.Name, err)
				continue
			}
			if got := slices.Contains(strings.Fields(codesOf(ds.Problems)), "csv.escape"); got == f.Double {
				t.Errorf("%s: escapes noted: %v", f.Name, got)
			}
			for i, want := range rows[1:] {
				if got := ds.Raw().Row(i); !slices.Equal(got, want) {
					t.Errorf("%s %s: row %d is %q, want %q", f.Name, name, i, got, want)
					break
				}
			}
		}
	}
	t.Logf("%d files", len(files))
}

// TestBackslashes reads what others write, and keeps RFC 4180 where it holds.
func TestBackslashes(t *testing.T) {
	f := func(row func(i int) string, want string, escaped bool) {
		t.Helper()
		ds := accepted(t, "m.csv", manifestOf(40, "text,label", row), Options{})
		if got := ds.Raw().Row(7)[0]; got != want || (codesOf(ds.Problems) == "csv.escape") != escaped {
			t.Errorf("%q: %q, %v", row(7), got, ds.Problems)
		}
	}
	label := func(i int) string { return string(rune('a' + i%2)) }
	f(func(i int) string { return `"number ` + fmt.Sprint(i) + ` is \"good\"",` + label(i) }, `number 7 is "good"`, true)
	f(func(i int) string { return `number ` + fmt.Sprint(i) + `\, and more,` + label(i) }, `number 7, and more`, true)
	f(func(i int) string { return `"C:\dir\` + fmt.Sprint(i) + `\",` + label(i) }, `C:\dir\7\`, false)
	f(func(i int) string { return `"a ""quote"" and \ ` + fmt.Sprint(i) + `",` + label(i) }, `a "quote" and \ 7`, false)
	f(func(i int) string { // only behind the rows that a dialect is judged by
		if i < 39 {
			return `"number ` + fmt.Sprint(i) + `",` + label(i)
		}
		return `"it is \"good\"",` + label(i)
	}, `number 7`, true)
	// A file that is neither is refused, with the place.
	text := manifestOf(40, "text,label", func(i int) string { return `"number \"` + fmt.Sprint(i) + `\"",` + label(i) })
	if got := refused(t, "m.csv", text+`"never "closed",a`+"\n", Options{}).Error(); !strings.Contains(got, "text after the closing quote of a cell that opens on line 2") {
		t.Error(got)
	}
	many := manifestOf(3*dialectRows, "text,label", func(i int) string {
		if i < 2*dialectRows {
			return "number " + fmt.Sprint(i) + "," + label(i)
		}
		return `"number \"` + fmt.Sprint(i) + `\"",` + label(i)
	})
	if ds := accepted(t, "m.csv", many, Options{}); ds.Raw().Row(500)[0] != `number "500"` {
		t.Errorf("%q, %v", ds.Raw().Row(500), ds.Problems)
	}
}
