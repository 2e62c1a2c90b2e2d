package dataset

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

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

// longCodes reports whether whole numbers are codes because they have more digits than a number
// keeps: some come several times or would become one with another, which those of a clock that
// counts in billionths of a second do too. It also returns one of them.
func longCodes(name string, values iter.Seq[string]) (example string, ok bool) {
	exact, kept, again := map[string]bool{}, map[float64]string{}, false
	n := 0
	for s := range values {
		if s = trim(s); s == "" || isMissing(s) {
			continue
		}
		if len(s) > longestNumber || strings.Trim(strings.TrimPrefix(s, "-"), "0123456789") != "" {
			return "", false
		}
		if n++; len(s) < longWhole {
			continue
		}
		v, _ := ParseNumber(s)
		lost := losesDigits(s)
		if lost {
			if example == "" {
				example = s
			}
			again = again || exact[s]
			exact[s] = true
		}
		one, seen := kept[v]
		again = again || seen && one != s
		kept[v] = s
	}
	return example, again && float64(len(exact)) >= codesShare*float64(n) && !namesTime(name)
}

// longWhole is the number of digits of 2^53 + 1, the first whole number that float64 has not.
const longWhole = len("9007199254740993")

// losesDigits reports whether a whole number is not the number that float64 has of it.
func losesDigits(s string) bool {
	s = strings.TrimPrefix(s, "-")
	if len(s) < longWhole || len(s) > longestNumber || !allDigits(s) {
		return false
	}
	v, err := strconv.ParseFloat(s, 64)
	return err == nil && strconv.FormatFloat(v, 'f', 0, 64) != strings.TrimLeft(s, "0")
}

// Whole numbers that name something are categories if there are so few of them, each on so many
// rows.
const (
	maxCodes = 1000
	codeRows = 5
)

// What the view of numbers tells apart value by value, whatever their order: so many values, each
// on so many rows on average. Up to there codes are learned as numbers as well as they are as
// categories; beyond it, categories of 20 schools on 600 rows, 30 on 1,200 and 50 on 6,000 were
// right 4 to 10 points more often.
const (
	binnedValues = 32
	binnedRows   = 64
)

// noteCodes decides whether column i, read as a kind, holds codes, and notes it.
func noteCodes(t *Table, i int, kind media.Kind, c *collector) media.Kind {
	name := t.Header[i]
	keep := fmt.Sprintf("--kind %s=number takes them as numbers", shellName(name))
	switch kind {
	case media.Category:
		if share, example := leadingZeros(t.texts(i)); share >= codesShare {
			c.note("column.codes", 0, name, keep, "cells such as %q begin with 0, so they are codes rather than numbers: taken as categories", example)
		} else if example, ok := longCodes(name, t.texts(i)); ok {
			c.note("column.codes", 0, name, keep, "cells such as %q have more digits than a number keeps, so they are codes: taken as categories", example)
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
		named := namesCodes(name)
		if !named && !numbersThings(name) {
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
		case d <= maxCodes && n >= codeRows*d && named:
			c.note("column.codes", 0, name, keep, "by its name its %d whole numbers are codes: taken as categories", d)
			return media.Category
		case !named && (d <= min(binnedValues, n/binnedRows) || d > maxCodes || n < codeRows*d):
		case !named || 2*d < n || namesRows(name):
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
	if len(w) > 1 && w[0] == "id" {
		return true
	}
	switch w[len(w)-1] {
	case "id", "ids", "code", "codes", "cd", "sic", "naics", "isic", "nace", "zip", "zipcode", "postcode", "plz", "postal", "fips", "sku", "isbn", "ean", "gtin", "hash", "uuid", "guid", "key", "pk", "phone", "tel", "telephone", "mobile", "fax", "iban", "ssn", "imei":
		return true
	}
	for _, s := range []string{"编号", "代码", "编码", "邮编", "电话", "手机"} {
		if strings.HasSuffix(name, s) {
			return true
		}
	}
	return false
}

// things are what tables have numbers of, which say nothing of an amount.
var things = []string{
	"school", "store", "shop", "branch", "department", "dept", "region", "district", "county", "state", "country", "province", "city", "station", "site",
	"hospital", "clinic", "ward", "teacher", "doctor", "customer", "client", "user", "product", "item", "brand", "vendor", "seller", "supplier", "merchant",
	"driver", "vehicle", "device", "sensor", "machine", "plant", "factory", "warehouse", "airport", "airline", "team", "player", "category", "type", "occupation", "profession",
	"学校", "门店", "店铺", "部门", "班级", "地区", "城市", "省份", "科室", "类型", "品牌", "职业",
}

// amounts are what comes before "number" in the name of an amount, an order or a time.
var amounts = []string{
	"page", "row", "line", "record", "obs", "sample", "seq", "sequence", "serial", "day", "week", "month", "year", "hour", "quarter", "floor", "level", "step",
	"trial", "round", "lap", "episode", "season", "chapter", "volume", "atomic", "mass", "wave", "reynolds", "mach", "order", "rank", "visit", "attempt", "cycle",
	"iteration", "epoch", "frame", "position", "index", "total", "max", "min", "avg", "mean", "average", "sum",
}

// numbersThings reports whether whole numbers of a column of that name may well be those of things:
// school, store_type, house_no.
func numbersThings(name string) bool {
	w := words(name)
	for len(w) > 1 && strings.Trim(w[len(w)-1], "0123456789") == "" { // category_1
		w = w[:len(w)-1]
	}
	if len(w) == 0 {
		return false
	}
	last := w[len(w)-1]
	switch last {
	case "no", "nr", "nbr", "num", "number":
		return len(w) > 1 && !slices.Contains(amounts, w[len(w)-2])
	}
	return slices.ContainsFunc(things, func(s string) bool {
		return last == s || strings.HasSuffix(last, s) && s[0] >= utf8.RuneSelf
	})
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
