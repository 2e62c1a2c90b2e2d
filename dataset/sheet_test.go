package dataset

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// sheetFile is a workbook with a hidden sheet, and one of the rows of texts and numbers.
func sheetFile(t testing.TB, rows [][]any, merged ...string) string {
	t.Helper()
	var cells, merges strings.Builder
	for i, row := range rows {
		fmt.Fprintf(&cells, `<row r="%d">`, i+1)
		for k, v := range row {
			switch v := v.(type) {
			case string:
				if v != "" {
					fmt.Fprintf(&cells, `<c r="%c%d" t="inlineStr"><is><t>%s</t></is></c>`, 'A'+k, i+1, v)
				}
			default:
				fmt.Fprintf(&cells, `<c r="%c%d"><v>%v</v></c>`, 'A'+k, i+1, v)
			}
		}
		cells.WriteString("</row>")
	}
	for _, ref := range merged {
		fmt.Fprintf(&merges, `<mergeCell ref="%s"/>`, ref)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, part := range [][2]string{
		{"_rels/.rels", `<Relationships><Relationship Id="r1" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns:r="rel"><sheets><sheet name="Lists" state="veryHidden" r:id="r1"/><sheet name="Data" r:id="r2"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="r1" Type="x/worksheet" Target="a.xml"/><Relationship Id="r2" Type="x/worksheet" Target="b.xml"/></Relationships>`},
		{"xl/a.xml", `<worksheet><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>`},
		{"xl/b.xml", "<worksheet><sheetData>" + cells.String() + "</sheetData><mergeCells>" + merges.String() + "</mergeCells></worksheet>"},
	} {
		w, err := z.Create(part[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(part[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Of two rows of names the lower one counts, behind the groups of names that there are twice; a
// hidden sheet is not the first.
func TestGroupedHeaders(t *testing.T) {
	f := func(head [][]any, width int, want, codes string, merged ...string) {
		t.Helper()
		rows := head
		for i := range 20 {
			row := []any{string(rune('a' + i%2)), "some words of row " + fmt.Sprint(i)}
			for k := len(row); k < width; k++ {
				row = append(row, i*k%7)
			}
			rows = append(rows, row)
		}
		ds := accepted(t, "m.xlsx", sheetFile(t, rows, merged...), Options{})
		if got := strings.Join(ds.Raw().Header, ","); got != want || len(ds.Rows) != 20 || codesOf(ds.Problems) != codes {
			t.Errorf("%v: %s, %d rows, %v", head, got, len(ds.Rows), ds.Problems)
		}
	}
	f([][]any{{"label", "text", "n"}}, 3, "label,text,n", "xlsx.sheet")
	f([][]any{{"People", "", "Numbers", ""}, {"label", "text", "n", "m"}}, 4, "label,text,n,m", "xlsx.sheet xlsx.groups", "A1:B1", "C1:D1")
	f([][]any{{"label", "text", "size", ""}, {"", "", "w", "h"}}, 4, "label,text,w,h", "xlsx.sheet xlsx.groups", "A1:A2", "B1:B2", "C1:D1")
	f([][]any{{"label", "text", "2023", "", "2024", ""}, {"", "", "w", "h", "w", "h"}}, 6, "label,text,2023.w,2023.h,2024.w,2024.h", "xlsx.sheet xlsx.groups", "A1:A2", "B1:B2", "C1:D1", "E1:F1")
	f([][]any{{"The report of the year", "", ""}, {"label", "text", "n"}}, 3, "label,text,n", "xlsx.sheet csv.titles", "A1:C1")
	// Merged, but with values below and not with names.
	f([][]any{{"label", "text", "n", ""}}, 3, "label,text,n", "xlsx.sheet", "C1:D1")
}
