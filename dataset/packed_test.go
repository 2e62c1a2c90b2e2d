package dataset

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
)

// Packed tables are read as their programs read them: of several members, filled up with zeros,
// with something behind, behind a frame to skip.
func TestPackedParts(t *testing.T) {
	text := good(40)
	half := strings.Index(text[len(text)/2:], "\n") + len(text)/2 + 1
	gz := func(s string) string { return packedAs(t, "gz", s) }
	zst := func(s string) string { return packedAs(t, "zst", s) }
	want := summary(accepted(t, "m.csv", text, Options{}))
	f := func(data, codes string) {
		t.Helper()
		ds := accepted(t, "m.csv.gz", data, Options{})
		if got := summary(ds); got != want || codesOf(ds.Problems) != codes {
			t.Errorf("%s, %v", got, ds.Problems)
		}
	}
	f(gz(text[:half])+gz(text[half:]), "")
	f(gz(text[:half])+gz("")+gz(text[half:])+strings.Repeat("\x00", 10000), "")
	f(gz(text)+"and some junk", "file.packed")
	f(gz(text)+"\x1f", "file.packed")
	f(zst(text[:half])+zst(text[half:]), "")
	f("\x5e\x2a\x4d\x18\x03\x00\x00\x00abc"+zst(text)+"\x50\x2a\x4d\x18\x00\x00\x00\x00", "")
	got := refused(t, "m.csv.gz", gz(text[:half])+gz(text[half:])[:40], Options{}).Error()
	if !strings.Contains(got, "cannot unpack (gzip): unexpected EOF") {
		t.Error(got)
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got = refused(t, "m.csv.gz", strings.Repeat(b.String(), 1000), Options{}).Error()
	if !strings.Contains(got, "the manifest is empty") {
		t.Error(got)
	}
}

// Lines end as in one of three systems, or as in two of them where a file went through both.
func TestLineEnds(t *testing.T) {
	text := good(40)
	want := summary(accepted(t, "m.csv", text, Options{}))
	f := func(text string) {
		t.Helper()
		if got := summary(accepted(t, "m.csv", text, Options{})); got != want {
			t.Errorf("%.60q: %s", text, got)
		}
	}
	mac := strings.ReplaceAll(text, "\n", "\r")
	f(mac)
	f(mac + "\n")
	f(strings.ReplaceAll(text, "\n", "\r\n"))
	f(strings.Replace(text, "\n", "\r\n", 20))
	f(mac[:len(mac)/2] + strings.Replace(mac[len(mac)/2:], "\r", "\r\n", 2))
}
