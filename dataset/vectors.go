package dataset

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/fusor-ml/fusor/internal/codec/jsontext"
)

// parseVector reads a JSON array of numbers, or one as NumPy prints it: [1. 2.5 3.].
func parseVector(s string) ([]float32, error) {
	s = strings.TrimSpace(s)
	if len(s) < 2 || s[0] != '[' || s[len(s)-1] != ']' {
		return nil, fmt.Errorf("not a JSON array of numbers")
	}
	body := s[1 : len(s)-1]
	if isBlank(body) {
		return nil, nil
	}
	if strings.IndexByte(body, ',') < 0 {
		body = strings.Join(strings.Fields(body), ",")
	}
	out := make([]float32, 0, 1+strings.Count(body, ","))
	if v, ok := jsontext.AppendFloats(out, s); ok {
		return v, nil
	}
	for {
		item, rest, more := strings.Cut(body, ",")
		item = strings.TrimSpace(item)
		v, err := strconv.ParseFloat(item, 32)
		switch {
		case item == "null" || (err == nil && math.IsNaN(v)):
			return nil, fmt.Errorf("the number at place %d is missing (NaN)", len(out)+1)
		case err != nil || math.IsInf(v, 0):
			return nil, fmt.Errorf("%.20q at place %d is not a number", item, len(out)+1)
		}
		out = append(out, float32(v))
		if !more {
			return out, nil
		}
		body = rest
	}
}

// looksLikeVector is a cheap test for an array of numbers.
func looksLikeVector(s string) bool {
	if len(s) < 2 || s[0] != '[' || s[len(s)-1] != ']' {
		return false
	}
	body := s[1 : len(s)-1]
	first, _, listed := strings.Cut(body, ",")
	first = strings.TrimSpace(first)
	if !listed {
		if i := strings.IndexAny(first, " \t\n"); i >= 0 { // as NumPy prints it, in lines of 75 columns
			last := first[strings.LastIndexAny(first, " \t\n")+1:]
			if _, number := ParseNumber(last); !number && !isMissing(last) {
				return false
			}
			first = first[:i]
		}
	}
	if first == "" || first == "NaN" || first == "null" {
		return true
	}
	_, ok := ParseNumber(first)
	return ok
}

// Numbers of a list without brackets.
const (
	fewListed   = 3       // beside commas, semicolons or bars
	manyListed  = 8       // beside blanks, since 030 123 4567 is no vector
	longestList = 1 << 20 // numbers
)

// bareList writes a list of numbers without brackets, or in round or curly ones, as one in
// brackets: the pixels of a picture with blanks between, the corners of a box, 48.85, 2.35. n is
// how many there are, 0 if s is no list.
func bareList(s string) (list string, n int) {
	if s == "" || s[0] > '9' && s[0] != '{' || s[0] < '(' {
		return "", 0
	}
	few := fewListed
	if last := s[len(s)-1]; s[0] == '(' && last == ')' || s[0] == '{' && last == '}' {
		s, few = s[1:len(s)-1], 2
	}
	sep := byte(' ')
	for _, c := range []byte(",;|") {
		if strings.IndexByte(s, c) >= 0 {
			sep = c
			break
		}
	}
	b := append(make([]byte, 0, len(s)+2), '[')
	points := true // each has one
	for part := range strings.SplitSeq(s, string(sep)) {
		if part = trim(part); part == "" && sep == ' ' {
			continue
		}
		_, number := ParseNumber(part)
		digits := strings.TrimPrefix(part, "-")
		if !number || len(digits) > 1 && digits[0] == '0' && digits[1]-'0' <= 9 || part[0] == '+' || n == longestList {
			return "", 0
		}
		points = points && strings.IndexByte(part, '.') >= 0
		if n++; n > 1 {
			b = append(b, ',')
		}
		b = append(b, part...)
	}
	if n < 2 || !points && (sep == ' ' && n < manyListed || n < few) {
		return "", 0
	}
	return string(append(b, ']')), n
}

// bareLists reports whether nearly all cells are lists of equally many numbers.
func bareLists(cells []string) bool {
	width, lists, others := 0, 0, 0
	for _, s := range cells {
		if isMissing(s) {
			continue
		}
		if _, n := bareList(s); n > 0 && (n == width || width == 0) {
			width = n
			lists++
			continue
		}
		if others++; mostly*float64(others) > (1-mostly)*float64(len(cells)-others)+1 { // whatever follows
			return false
		}
	}
	return lists > 0 && float64(lists) >= mostly*float64(lists+others)
}
