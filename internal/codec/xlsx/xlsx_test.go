package xlsx

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// rows are all rows of a sheet, each as wide as the widest.
type rows struct {
	*Sheet
	Rows  [][]string
	Lines []int
}

func readAll(data []byte, sheet string) (*rows, error) {
	s, err := Open(bytes.NewReader(data), int64(len(data)), sheet)
	if err != nil {
		return &rows{Sheet: s}, err
	}
	out, width := &rows{Sheet: s}, 0
	err = s.Each(func(row []string, number int) bool {
		width = max(width, len(row))
		out.Rows, out.Lines = append(out.Rows, slices.Clone(row)), append(out.Lines, number)
		return true
	})
	for i, row := range out.Rows {
		out.Rows[i] = append(row, make([]string, width-len(row))...)
	}
	return out, err
}

func load(t testing.TB, name, sheet string) (*rows, error) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return readAll(data, sheet)
}

// bothWays has sheets read into memory and row by row.
func bothWays(t *testing.T, f func(t *testing.T)) {
	t.Run("held", f)
	t.Run("by row", func(t *testing.T) {
		defer func(n uint64) { heldBytes = n }(heldBytes)
		heldBytes = 0
		f(t)
	})
}

// The fixtures were written by openpyxl and XlsxWriter (testdata/make.py); the values are those
// that went in.
func TestRead(t *testing.T) { bothWays(t, testRead) }

func testRead(t *testing.T) {
	for _, name := range []string{"openpyxl.xlsx", "mac1904.xlsx"} {
		s, err := load(t, name, "")
		if err != nil {
			t.Fatal(err)
		}
		want := [][]string{
			{"text", "number", "date", "time", "clock", "flag", "code", "formula", "error"},
			{"a <&> \"b\"\nc é 好 😀", "0.3", "2024-02-29", "2024-02-29 13:05:59", "07:30:00", "true", "00042", "", ""},
			{"", "-0.0000001", "1950-01-01", "1999-12-31 23:59:59", "23:59:59", "false", "00007", "", ""},
			{"  blanks  ", "12345678901234", "", "", "", "", "123456", "", "ok"},
		}
		if !reflect.DeepEqual(s.Rows, want) {
			t.Errorf("%s: %q", name, s.Rows)
		}
		if got := fmt.Sprint([]string{s.Name}, s.Names, s.Lines, s.Errors); got != "[First] [First Other one] [1 2 3 4] [{2 7 a formula that was never computed} {2 8 the error #N/A}]" {
			t.Errorf("%s: %s", name, got)
		}
		other, err := load(t, name, "other one")
		if err != nil || !reflect.DeepEqual(other.Rows, [][]string{{"", "x", "", ""}, {"", "", "", "1"}}) || fmt.Sprint(other.Lines) != "[3 5]" {
			t.Errorf("%s: the other sheet is %q %v, %v", name, other.Rows, other.Lines, err)
		}
		if s, err := load(t, name, "none"); !errors.Is(err, ErrSheet) || len(s.Names) != 2 {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, err := load(t, "xlsxwriter.xlsx", "")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"a bold word", "2024-02-03 04:05:06", "2024-02-03 04:05:06", "2024-02-03", "04:05:06", "36:00:00", "0.12345", "10.555", "xy", "0.25", "true", "", "2024-02-01", "0.0000000015"},
		{"", "1900-01-01", "1900-02-28", "1900-03-01", "", "", "", "", "", "", "", "", "", ""},
	}
	if !reflect.DeepEqual(s.Rows[1:], want) || fmt.Sprint(s.Errors) != "[{2 11 the error #DIV/0!}]" {
		t.Errorf("%q\n%q %v", s.Rows[1:], want, s.Errors)
	}
}

// Cells that were merged down a column are one value for each of its rows; a merged title is one.
func TestMergedCells(t *testing.T) { bothWays(t, testMergedCells) }

func testMergedCells(t *testing.T) {
	s, err := load(t, "merged.xlsx", "")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"A title", "", ""},
		{"shop", "n", "label"},
		{"north", "1", "a"},
		{"north", "2", "a"},
		{"north", "3", "b"},
		{"south", "4", ""},
		{"south", "5", "a"},
		{"wide", "", "b"},
	}
	if !reflect.DeepEqual(s.Rows, want) || len(s.Filled) != 4 {
		t.Errorf("%d merged: %q", s.Filled, s.Rows)
	}
}

func TestParseFormat(t *testing.T) {
	f := func(code string, want format) {
		t.Helper()
		if got := parseFormat(code); got != want {
			t.Errorf("%s: %+v, want %+v", code, got, want)
		}
	}
	f("General", format{})
	f("0.00", format{})
	f("#,##0.00 \"days\"", format{})
	f("0.00E+00", format{})
	f("[Red]-0.0;[h]", format{})
	f("yyyy\\-mm\\-dd", format{date: true})
	f("[$-409]d\\-mmm\\-yy;@", format{date: true})
	f("mmm", format{date: true})
	f("mm:ss", format{clock: true})
	f("h:mm AM/PM", format{clock: true})
	f("dd/mm/yyyy hh:mm:ss", format{date: true, clock: true})
	f("yyyy\"年\"m\"月\"d\"日\"", format{date: true})
	f("[h]:mm", format{clock: true, elapsed: true})
	f("aaaa", format{date: true})
	f("[$-804]aaaa;@", format{date: true})
	f("00000", format{zeros: 5})
	f("0", format{})
	f("@", format{})
	f("\"", format{})
	f("[", format{})
	f("\\", format{})
}

// workbook makes a file of parts.
func workbook(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	base := map[string]string{
		"_rels/.rels":                `<Relationships><Relationship Id="r1" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns:r="rel"><sheets><sheet name="A" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="x/sharedStrings" Target="/xl/s.xml"/></Relationships>`,
		"xl/s.xml":                   `<sst><si><t>one</t></si><si><r><t>t</t></r><r><t>wo</t></r><rPh><t>no</t></rPh></si></sst>`,
	}
	for name, content := range parts {
		base[name] = content
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range base {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestOddSheets(t *testing.T) { bothWays(t, testOddSheets) }

func testOddSheets(t *testing.T) {
	f := func(rows, want string) {
		t.Helper()
		data := workbook(t, map[string]string{"xl/worksheets/sheet1.xml": "<worksheet><sheetData>" + rows + "</sheetData></worksheet>"})
		s, err := readAll(data, "")
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprintf("%q %v", s.Rows, s.Lines)
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", rows, got, want)
		}
	}
	f(`<row r="2"><c r="B2" t="s"><v>0</v></c></row><row r="4"><c r="A4" t="s"><v>1</v></c></row>`, `[["" "one"] ["two" ""]] [2 4]`)
	f(`<row><c t="s"><v>0</v></c><c/><c><v>3</v></c></row><row><c><v>1</v></c></row>`, `[["one" "" "3"] ["1" "" ""]] [1 2]`) // no references
	f(`<row><c t="inlineStr"><is><r><t>a</t></r><r><t xml:space="preserve"> b</t></r></is></c></row>`, `[["a b"]]`)
	f(`<row><c t="inlineStr"><is><t>x_x000D_y_x0041_</t></is></c></row>`, `[["xyA"]]`)
	f(`<row><c t="d"><v>2024-02-03T00:00:00</v></c></row>`, `[["2024-02-03"]]`)
	f(`<row><c t="b"><v>1</v></c><c t="b"><v>0</v></c></row>`, `[["true" "false"]]`)
	f(`<row><c t="s"><v>2</v></c></row>`, "a text number")
	f(`<row><c><v>x</v></c></row>`, "is no number")
	f(`<row r="3"/><row r="2"/>`, "row 2 comes after row 3")
	f(`<row r="9999999"><c><v>1</v></c></row>`, "more than 1048576 rows")
	f(`<row><c r="ZZZZ1"><v>1</v></c></row>`, "a cell at")
	f(`<row><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>`, "column 1 twice")
	f(`<row><c>`+strings.Repeat("<x>", 100), "nested too deep")
	defer func(cells int, bytes int64) { freeCells, freeUnpacked = cells, bytes }(freeCells, freeUnpacked)
	freeCells, freeUnpacked = 1<<18, 1<<20
	f(strings.Repeat(`<row><c r="XFD1"><v>1</v></c></row>`, 5000), "cells")
	data := workbook(t, map[string]string{"xl/worksheets/sheet1.xml": "<worksheet>" + strings.Repeat(" ", 2<<20) + "</worksheet>"})
	if _, err := readAll(data, ""); !errors.Is(err, errBomb) {
		t.Errorf("a bomb of %d bytes: %v", len(data), err)
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"openpyxl.xlsx", "xlsxwriter.xlsx"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "<row/>")
	}
	f.Add([]byte(nil), `<row r="1"><c r="A1" t="s" s="1"><f>1</f><v>0</v></c></row>`)
	f.Fuzz(func(t *testing.T, data []byte, rows string) {
		if len(data) == 0 { // else hardly any input gets through the archive
			data = workbook(t, map[string]string{"xl/worksheets/sheet1.xml": "<worksheet><sheetData>" + rows + "</sheetData></worksheet>"})
		}
		s, err := readAll(data, "")
		if err != nil {
			return
		}
		if len(s.Rows) != len(s.Lines) {
			t.Fatalf("%d rows, %d numbers", len(s.Rows), len(s.Lines))
		}
		for i, row := range s.Rows {
			if len(row) != len(s.Rows[0]) || i > 0 && s.Lines[i] <= s.Lines[i-1] {
				t.Fatalf("row %d (%d) has %d cells", i, s.Lines[i], len(row))
			}
		}
	})
}

// A sheet that is empty, or has a few remarks, is not read where another one is a table.
func TestSheetThatIsATable(t *testing.T) {
	row := func(cells ...string) string {
		s := "<row>"
		for _, c := range cells {
			s += `<c t="inlineStr"><is><t>` + c + "</t></is></c>"
		}
		return s + "</row>"
	}
	table := row("label", "n") + row("a", "1") + row("b", "2") + row("a", "3")
	f := func(want string, sheets ...string) {
		t.Helper()
		parts := map[string]string{}
		book, rels := `<workbook xmlns:r="rel"><sheets>`, `<Relationships>`
		for i, cells := range sheets {
			book += fmt.Sprintf(`<sheet name="%c" r:id="r%d"/>`, 'A'+i, i)
			rels += fmt.Sprintf(`<Relationship Id="r%d" Type="x/worksheet" Target="%d.xml"/>`, i, i)
			parts[fmt.Sprintf("xl/%d.xml", i)] = "<worksheet><sheetData>" + cells + "</sheetData></worksheet>"
		}
		parts["xl/workbook.xml"], parts["xl/_rels/workbook.xml.rels"] = book+"</sheets></workbook>", rels+"</Relationships>"
		file := workbook(t, parts)
		s, err := Open(bytes.NewReader(file), int64(len(file)), "")
		if err != nil || s.Name != want || len(s.Names) != len(sheets) {
			t.Errorf("%q: %+v, %v", sheets, s, err)
		}
	}
	remarks := row("Read me") + row("Contact: us")
	f("A", table, table+table)
	f("B", "", table)
	f("B", remarks, table)
	f("C", remarks, row("a")+row("b"), table)
	f("A", table, "")
	f("A", row("text")+row("a")+row("b")+row("c")+row("d"), table) // texts
	f("A", remarks, "")
	f("A", "", "")
	f("B", "", table, "<row><c><v>")
	f("A", remarks, "<row><c><v>")
}
