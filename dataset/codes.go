package dataset

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/fusor-ml/fusor/media"
)

// codesShare is the share of whole numbers with leading zeros from which a column holds codes
// rather than numbers.
const codesShare = 0.01

// leadingZeros is the share of cells that are whole numbers written with zeros in front, and one of
// them; 0 if some cells are no whole numbers.
func leadingZeros(values iter.Seq[string]) (share float64, example string) {
	n, zeros := 0, 0
	for s := range values {
		if s = trim(s); s == "" || isMissing(s) {
			continue
		}
		if len(s) > longestNumber || strings.Trim(s, "0123456789") != "" {
			return 0, ""
		}
		if n++; len(s) > 1 && s[0] == '0' {
			if zeros++; example == "" {
				example = s
			}
		}
	}
	if zeros == 0 {
		return 0, ""
	}
	return float64(zeros) / float64(n), example
}

// Whole numbers that name something are categories if there are so few of them, each on so many
// rows.
const (
	maxCodes = 1000
	codeRows = 5
)

// noteCodes decides whether column i, read as a kind, holds codes, and notes it.
func noteCodes(t *Table, i int, kind media.Kind, c *collector) media.Kind {
	name := t.Header[i]
	keep := fmt.Sprintf("--kind %s=number takes them as numbers", shellName(name))
	switch kind {
	case media.Category:
		if share, example := leadingZeros(t.texts(i)); share >= codesShare {
			c.note("column.codes", 0, name, keep, "cells such as %q begin with 0, so they are codes rather than numbers: taken as categories", example)
		}
	case media.Number:
		if _, example := leadingZeros(t.texts(i)); example != "" {
			c.note("column.codes", 0, name, fmt.Sprintf("--kind %s=category takes them as codes", shellName(name)), "%q begins with 0 as codes do, but hardly any other cell: taken as numbers", example)
			return kind
		}
		if w := words(name); len(w) > 0 && slices.Contains([]string{"version", "versions", "ver", "release", "firmware"}, w[len(w)-1]) {
			c.note("column.codes", 0, name, keep, "by its name it holds versions, of which 1.10 is not 1.1: taken as categories")
			return media.Category
		}
		if !namesCodes(name) {
			return kind
		}
		distinct, n := map[string]bool{}, 0
		for _, cell := range t.column(i) {
			s := trim(cell)
			if s == "" || isMissing(s) {
				continue
			}
			if v, ok := ParseNumber(s); !ok || v != math.Trunc(v) || v < 0 {
				return kind
			}
			distinct[s] = true
			n++
		}
		switch d := len(distinct); {
		case d < 3 || d == n:
		case d <= maxCodes && n >= codeRows*d:
			c.note("column.codes", 0, name, keep, "by its name its %d whole numbers are codes: taken as categories", d)
			return media.Category
		case 2*d < n || d < n && namesRows(name):
			c.note("column.codes", 0, name, fmt.Sprintf("--kind %s=category takes them as codes", shellName(name)), "by its name its %d whole numbers may be codes; taken as numbers", d)
		}
	}
	return kind
}

// words divides a column's name into its words, in lower case: userId, user_id, "User ID".
func words(name string) []string {
	var out []string
	var word strings.Builder
	flush := func() {
		if word.Len() > 0 {
			out = append(out, word.String())
			word.Reset()
		}
	}
	lower := false
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			flush()
			lower = false
			continue
		}
		if unicode.IsUpper(r) && lower {
			flush()
		}
		lower = unicode.IsLower(r) || unicode.IsDigit(r)
		word.WriteRune(unicode.ToLower(r))
	}
	flush()
	return out
}

// namesCodes reports whether a name is one that columns of codes have: zip, school_id, ProductCode.
func namesCodes(name string) bool {
	w := words(name)
	if len(w) == 0 {
		return false
	}
	switch w[len(w)-1] {
	case "id", "ids", "code", "codes", "zip", "zipcode", "postcode", "plz", "postal", "fips", "sku", "isbn", "ean", "gtin", "hash", "uuid", "guid", "key", "pk", "phone", "tel", "telephone", "mobile", "fax", "iban", "ssn", "imei":
		return true
	}
	for _, s := range []string{"编号", "代码", "编码", "邮编", "电话", "手机"} {
		if strings.HasSuffix(name, s) {
			return true
		}
	}
	return false
}

// namesRows reports whether a name is one that numbers or names of rows have.
func namesRows(name string) bool {
	if namesCodes(name) {
		return true
	}
	lower := strings.ToLower(trim(name))
	switch strings.Join(words(name), " ") {
	case "index", "idx", "no", "nr", "num", "number", "row", "rows", "rowid", "rownum", "row number", "row no", "row nr", "row index", "record", "unnamed 0", "obs", "seq", "sequence number", "serial", "serial number", "serial no", "sr no", "s no", "sno", "line", "line number", "rownames", "row names", "sample", "sample number":
		return true
	}
	switch lower {
	case "#", "序号", "行号", "编号", "番号", "번호":
		return true
	}
	return strings.HasPrefix(lower, "unnamed: ")
}
