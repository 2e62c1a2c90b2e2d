package dataset

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"github.com/fusor-ml/fusor/media"
)

// Plain numbers are those of a regular expression, whatever stands at whichever place.
func TestPlain(t *testing.T) {
	plain := regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)$`)
	for _, s := range []string{"", "-", ".", "-.", "5.", ".5", "1.2.3", "12345678", "1234567/", "1234567:", "-0.1234567890123456", "12345678.12345678", "１２３"} {
		if isPlain(s) != plain.MatchString(s) {
			t.Errorf("%q is plain: %t", s, isPlain(s))
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		b := rapid.SliceOfN(rapid.SampledFrom([]byte("01234567890123456789.")), 1, 40).Draw(rt, "digits")
		for range rapid.IntRange(0, 2).Draw(rt, "others") {
			b[rapid.IntRange(0, len(b)-1).Draw(rt, "place")] = rapid.Byte().Draw(rt, "byte")
		}
		if s := string(b); isPlain(s) != plain.MatchString(s) {
			rt.Errorf("%q is plain: %t", s, isPlain(s))
		}
	})
}

// A column is plain exactly if the walk over it finds numbers that are kept as they are.
func TestPlainColumns(t *testing.T) {
	cells := []string{"", "1", "-2.5", "12345678901", "1.234", "1,5", "007", "0.7", "0", " 3", "4 kg", "x", "[]", "[1, 2]", "NaN", "true", "2024-01-01"}
	rapid.Check(t, func(rt *rapid.T) {
		rows := rapid.SliceOfN(rapid.SliceOfN(rapid.SampledFrom(cells[:rapid.IntRange(3, len(cells)).Draw(rt, "kinds")]), 3, 3), 1, 8).Draw(rt, "rows")
		table := &Table{Header: []string{"a", "b", "c"}, rows: rows}
		for c, plain := range plainColumns(table, []int{0, 1, 2}) {
			if !plain {
				continue
			}
			is, err := inferKind("a", table.texts(c), media.Folder{}, nil)
			if err != nil {
				rt.Fatal(err)
			}
			if want := (inferred{kind: media.Number}); is != want {
				rt.Errorf("a plain column of %q is %+v", rows, is)
			}
			for i := range rows {
				f := Field{Kind: media.Number}
				if value, wrong := f.read(rows[i][c], false); value != rows[i][c] || wrong != "" {
					rt.Errorf("the plain cell %q is read as %q, %s", rows[i][c], value, wrong)
				}
			}
		}
	})
	all := func(column ...string) bool {
		table := &Table{Header: []string{"a"}}
		for _, s := range column {
			table.rows = append(table.rows, []string{s})
		}
		return plainColumns(table, []int{0})[0]
	}
	if !all("", "1", "-2.5") || all("", "") || all("1", "x") || all("01", "2") {
		t.Error("what is plain is not found, or more than that")
	}
}
