package dataset

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

// The formats of other programs are told by their bytes, whatever the name; the heads are of files
// that pyarrow, pandas and SciPy wrote, the record's checksum is of another CRC-32C.
func TestForeignBytes(t *testing.T) {
	f := func(what, head string) {
		t.Helper()
		if got := refused(t, "m.csv", head+strings.Repeat("\x00", 600), Options{}).Error(); !strings.Contains(got, "m.csv: "+what+", which fusor does not read; ") {
			t.Errorf("%q: %s", head, got)
		}
	}
	raw := func(s string) string {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	f("an Arrow stream", raw("ffffffff900300001000000000000a000e00060005000800"))
	f("a Stata file", raw("720201000400280000000000000000000000000000000000"))
	f("a Stata file", "<stata_dta><header><release>118")
	f("a TFRecord file", raw("0a00000000000000aea3bf3a7265636f7264206f6e65d398"))
	f("an ORC file", raw("4f52430a061204082850000a150a03000000120e08282208"))
	f("an Arrow or Feather file", "ARROW1\x00\x00")
	f("a MATLAB file", "MATLAB 5.0 MAT-file Platform: nt")
	f("a MATLAB file", "MATLAB 7.3 MAT-file, Platform: GLNXA64")
	f("a SAS file", strings.Repeat("\x00", 12)+"\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\x00\x09\xc7\x31\x8c\x18\x1f\x10\x11")
	f("a SAS file", "HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!000000000000000000000000000000")
	f("an SPSS file", "$FL2@(#) SPSS DATA FILE")
	f("an R file", "X\n\x00\x00\x00\x03")
	f("an R file", "RDX3\nX\n")
	f("an Access database", "\x00\x01\x00\x00Standard ACE DB\x00")
	f("an LMDB database", strings.Repeat("\x00", 16)+"\xde\xc0\xef\xbe")
	f("an OpenDocument spreadsheet", "PK\x03\x04"+strings.Repeat("\x00", 22)+"\x08\x00\x00\x00mimetypeapplication/vnd.oasis.opendocument.spreadsheet")
	f("a Python pickle", "\x80\x05\x95\x10")
	f("an archive", "m.csv"+strings.Repeat("\x00", 252)+"ustar\x0000")
	f("an archive", "PK\x03\x04")
	f("a web page", "\ufeff\r\n <TABLE border=1><tr>")
	f("an Excel file of XML", `<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>`)
	f("an XML file", `<?xml version="1.0"?><rows>`)
}

// A header may begin with the letters of a format.
func TestHeadersLikeForeignBytes(t *testing.T) {
	for _, name := range []string{"parent", "ORC", "orc_id", "fea1", "FEA1", "RDX", "PARE", "Obj", "BZh", "ARROW1", "1AY&SY", "tablet"} {
		content := strings.Replace(good(40), "price", name, 1)
		content = strings.ReplaceAll(content, "id,label,text,"+name, name+",label,text,id")
		if ds := accepted(t, "m.csv", content, Options{}); ds.Raw().Header[0] != name || len(ds.Rows) != 40 {
			t.Errorf("%s: %v", name, ds.Raw().Header)
		}
	}
}

// Text is read by its content, whatever ending it is under, if it can be told for a table or JSON.
func TestTextUnderOtherEndings(t *testing.T) {
	const want = "text:text, table:table price=number; 40 rows map[a:20 b:20]"
	f := func(content string, codes map[string]string) {
		t.Helper()
		for name, codes := range codes {
			ds := accepted(t, name, content, Options{})
			if summary(ds) != want || codesOf(ds.Problems) != codes {
				t.Errorf("%s: %s, %v", name, summary(ds), ds.Problems)
			}
		}
	}
	tabs := strings.ReplaceAll(good(40), ",", "\t")
	f(tabs, map[string]string{
		"m.xls": "file.format csv.separator", "m.dat": "csv.separator", "m.data": "csv.separator", "m.json": "file.format csv.separator", "m.jsonl": "file.format csv.separator",
		"m.parquet": "file.format csv.separator", "m.xlsx": "file.format csv.separator", "m.csv.bak": "file.format csv.separator", "m.log": "file.format csv.separator",
	})
	f(good(40), map[string]string{"m.parquet": "file.format", "m.xlsm": "file.format", "m.csv(1)": "file.format", "m.csv": "", "m.tab": ""})
	var lines strings.Builder
	for i, row := range strings.Split(strings.TrimSpace(good(40)), "\n")[1:] {
		cells := strings.Split(row, ",")
		fmt.Fprintf(&lines, "{\"label\":%q,\"text\":%q,\"price\":%d}\n", cells[1], cells[2], i*i)
	}
	array := "[" + strings.ReplaceAll(strings.TrimSpace(lines.String()), "\n", ",") + "]"
	for _, content := range []string{lines.String(), array} {
		f(content, map[string]string{"m.parquet": "file.format", "m.tsv": "file.format", "m.json.txt": "file.format", "m.log": "file.format", "m.jsonl": ""})
	}
}

// What is no table has its ending named, and a Parquet file that is cut is told to be one.
func TestOtherEndingsWithoutTables(t *testing.T) {
	f := func(name, content, want string) {
		t.Helper()
		if got := refused(t, name, content, Options{}).Error(); !strings.Contains(got, want) {
			t.Errorf("%s: %s", name, got)
		}
	}
	prose := strings.Repeat("Some words, and others.\nMore of them, or less, who knows?\n\nThe end\n", 20)
	f("m.md", prose, `the ending ".md" is not that of a manifest`)
	f("m.py", strings.Repeat("def f(a, b):\n    return a + b\n\n", 20), `the ending ".py"`)
	f("m.parquet", "\x15\x00\x15\x04"+strings.Repeat("\x00\x01", 300), "not a parquet file, or cut")
}
