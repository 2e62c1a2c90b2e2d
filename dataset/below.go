package dataset

import (
	"slices"
	"strings"
)

// What is told of rows below the header by the rows that follow.
const (
	maxBelow  = 2 // rows that are no samples
	belowRows = 8 // that follow, at least
)

// rowsBelow is how many of the rows directly below a header are no samples: rules as in Markdown
// and in what psql prints, and second lines of the header with units, types or names in another
// language.
func rowsBelow(header []string, rows [][]string) int {
	n := 0
	for n < maxBelow && n < len(rows) && (isRule(rows[n]) || describesColumns(header, rows[n], rows[n+1:])) {
		n++
	}
	return n
}

// noteBelow notes a row below the header that is left out.
func noteBelow(c *collector, line int, row []string) {
	cells := slices.DeleteFunc(slices.Clone(row), isBlank)
	c.note("csv.below", line, "", "", "the line below the header is no row and is left out: %.100q", strings.Join(cells, ", "))
}

// isRule reports whether all cells of a row are drawn lines, such as --- and :--:.
func isRule(row []string) bool {
	drawn := false
	for _, cell := range row {
		if cell = trim(cell); cell == "" {
			continue
		}
		if strings.Trim(cell, "-=:+ ") != "" || !strings.Contains(cell, "--") && !strings.Contains(cell, "==") {
			return false
		}
		drawn = true
	}
	return drawn
}

// describesColumns reports whether a row tells what the columns hold, by the rows that follow: it
// has a word where they have numbers, in several columns or in all where it has anything, and no
// value of theirs; or it names a type in every column.
func describesColumns(header, row []string, rows [][]string) bool {
	if len(row) != len(header) || len(rows) < belowRows || emptyEnd(row) == len(row) {
		return false
	}
	words, others := 0, 0
	types := true
	for k, cell := range row {
		cell = trim(cell)
		if cell == "" {
			continue
		}
		types = types && slices.Contains(typeNames, strings.ToLower(cell))
		_, number := anyNumber(cell)
		switch numbers, again := columnBelow(rows, k, cell); {
		case numbers && (number || isMissing(cell) || slices.Contains(unknownWords, strings.ToLower(cell))), again:
			return false
		case numbers:
			words++
		default:
			others++
		}
	}
	return words > 1 || words == 1 && others == 0 || types
}

// unknownWords are what people write in place of a number.
var unknownWords = []string{"unknown", "missing", "error", "invalid", "未知", "不详", "缺失", "无"}

// typeNames are names of types, in lower case.
var typeNames = []string{
	"int", "int32", "int64", "integer", "float", "float32", "float64", "double", "real", "decimal", "num", "numeric", "number",
	"str", "string", "text", "char", "varchar", "object", "factor", "category", "categorical", "bool", "boolean", "date", "datetime", "timestamp",
	"整数", "浮点数", "数值", "数字", "字符串", "文本", "日期", "类别",
}

// columnBelow reports whether nearly all cells of column k are numbers, and whether one is a cell.
func columnBelow(rows [][]string, k int, cell string) (numbers, again bool) {
	n, words := 0, 0
	for _, row := range rows {
		if k >= len(row) {
			continue
		}
		s := trim(row[k])
		if s == "" || isMissing(s) {
			continue
		}
		again = again || s == cell
		if _, ok := anyNumber(s); ok {
			n++
		} else {
			words++
		}
	}
	return n > 0 && float64(n) >= mostly*float64(n+words), again
}

// anyNumber reads a number with a decimal point or a decimal comma.
func anyNumber(s string) (float64, bool) {
	if v, ok := Notation("").number(s); ok {
		return v, true
	}
	return DecimalComma.number(s)
}
