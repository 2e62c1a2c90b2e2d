package dataset

import (
	"strings"
	"testing"
	"time"
)

// JSON nested 200,000 deep is a problem of its line, found in no time, and the next line is read.
func TestDeepJSON(t *testing.T) {
	schema := read(t, "x,label\n1,a\n2,b\n3,a\n4,b\n", Options{}).Schema
	const depth = 200_000
	for name, deep := range map[string]string{
		"arrays":     strings.Repeat("[", depth) + strings.Repeat("]", depth),
		"open":       strings.Repeat("[", depth),
		"objects":    strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth),
		"media-like": strings.Repeat(`{"$base64":`, depth) + `""` + strings.Repeat("}", depth),
	} {
		start := time.Now()
		lines, fatal := 0, 0
		for line, err := range ReadJSONLines(strings.NewReader(`{"x":`+deep+"}\n"+`{"x":1}`+"\n"), nil, &schema) {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			lines++
			fatal += len(line.Problems.Fatal())
		}
		if lines != 2 || fatal != 1 {
			t.Errorf("%s: %d lines, %d of them cannot be read", name, lines, fatal)
		}
		if _, err := Read(strings.NewReader("["+deep+"]"), "rows.json", Options{}); err == nil {
			t.Errorf("%s: no error of a table", name)
		}
		if got := cellLabels(deep, "|"); len(got) > 1 {
			t.Errorf("%s: %d labels", name, len(got))
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: %v", name, took)
		}
	}
}
