package dataset

import (
	"fmt"
	"strings"
	"testing"
)

// JSON as JavaScript, Python and people write it is the same table as strict JSON, with a note.
func TestLooseJSON(t *testing.T) {
	const want = "text:text, table:table price=number ok=boolean; 40 rows map[a:20 b:20]"
	rows := func(format string) (out []string) {
		for i := range 40 {
			out = append(out, fmt.Sprintf(format, i, 'a'+i%2, i*i))
		}
		return out
	}
	strict := rows(`{"text": "it's the sample %d here", "label": "%c", "price": %d, "ok": true}`)
	python := rows(`{'text': "it's the sample %d here", 'label': '%c', 'price': %d, 'ok': True}`)
	bare := rows(`{text: 'it\'s the sample %d here', label: "%c", price: %d, ok: true,}`)
	f := func(name, content, codes string) {
		t.Helper()
		ds := accepted(t, name, content, Options{})
		if got := summary(ds); got != want || ds.Rows[7].Cells[0].Text != "it's the sample 7 here" || ds.Rows[7].Cells[1].Fields[0] != "49" || codesOf(ds.Problems) != codes {
			t.Errorf("%.80q: %s, %v", content, got, ds.Problems)
		}
	}
	list := func(rows []string, sep, end string) string { return "[" + strings.Join(rows, sep) + end + "]" }
	f("m.json", list(strict, ",\n", ""), "")
	f("m.json", list(strict, ",\n", ",\n"), "json.loose")
	f("m.json", "// from the shop\n"+list(strict, ",\n", ""), "json.loose")
	f("m.json", "callback("+list(strict, ",\n", "")+");", "json.loose")
	f("m.json", "var rows = "+list(strict, ",", "")+";\n", "json.loose")
	f("m.json", list(python, ", ", ""), "json.loose")
	f("m.json", list(bare, ",\n", ""), "json.loose")
	f("m.json", `{"status": "ok", "data": `+list(strict, ",", ",")+"}", "json.loose")
	f("m.json", "{\n  'data': "+list(python, ",\n", "")+"\n}", "json.loose")
	f("m.jsonl", strings.Join(python, "\n"), "json.loose")
	f("m.jsonl", strings.Join(bare, "\n"), "json.loose")
	f("m.jsonl", strings.Join(append(strict[:39:39], python[39]), "\n"), "json.loose")
	f("m.json", `{"result": {"items": `+list(strict, ",", "")+`, "total": 40}, "status": "ok"}`, "")
	f("m.json", `{"response": {"status": 200, "body": {"rows": `+list(strict, ",\n", "")+`}}}`, "")

	ds := accepted(t, "m.json", `{"train": `+list(strict[:30], ",\n", "")+`, "test": `+list(strict[30:], ",\n", "")+`}`, Options{})
	if got := summary(ds); got != want || ds.Rows[29].Split != "train" || ds.Rows[30].Split != "test" || codesOf(ds.Problems) != "json.splits" || ds.Rows[30].Number != 30 {
		t.Errorf("%s, %+v, %v", got, ds.Rows[30], ds.Problems)
	}
	// Equal parts, an empty row, and rows that have the column.
	ds = accepted(t, "m.json", `{"train": `+list(strict, ",\n", "")+`, "dev": `+list(strict, ",\n", "")+`, "test": [{"split": "train", "label": "a"}, {}]}`, Options{})
	if len(ds.Rows) != 82 || ds.Rows[79].Split != "val" || ds.Rows[80].Split != "train" {
		t.Errorf("%d rows, %v", len(ds.Rows), ds.Problems)
	}
}

// What is neither JSON nor anything near it is refused as before, and requests are strict.
func TestJSONThatIsNone(t *testing.T) {
	for content, want := range map[string]string{
		`[{"label": "a"}, {"label": "b"`:                           "the JSON is cut off",
		`[{"label": "a"} {"label": "b"}]`:                          "not valid JSON",
		`{"label": "a", "text": oops}` + "\n":                      "not valid JSON",
		`{"users": [{"a": 1}, {"a": 2}], "items": [{"b": 1}, {}]}`: "several arrays of objects could be the rows: users, items",
	} {
		if got := refused(t, "m.json", content, Options{}).Error(); !strings.Contains(got, want) {
			t.Errorf("%s: %s", content, got)
		}
	}
	schema := accepted(t, "m.csv", good(20), Options{}).Schema
	if line := NewRowReader(nil, &schema).Read(`{'text': 'some words'}`, 1); len(line.Problems.Fatal()) == 0 {
		t.Errorf("%v", line.Problems)
	}
}
