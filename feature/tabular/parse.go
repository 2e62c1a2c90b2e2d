package tabular

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// Missing reports whether a cell says that its value is not known.
func Missing(s string) bool {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "", "na", "n/a", "nan", "null", "none", "nil", "-", "?", "#n/a", "无", "未知":
		return true
	}
	return false
}

// ParseNumber reads a finite number as tables write it: 3.5, 1e3, 1,234.5, 3,14
// (a lone comma that is no thousands separator is a decimal comma), 50% (0.5), $12, ¥12, €12, and
// full-width digits.
func ParseNumber(s string) (float64, error) {
	t := strings.TrimSpace(s)
	if v, err := strconv.ParseFloat(t, 64); err == nil {
		return finite(s, v)
	}
	t = strings.TrimSpace(norm.NFKC.String(t))
	t = strings.Replace(t, "\u2212", "-", 1) // minus sign
	scale := 1.0
	if u, ok := strings.CutSuffix(t, "%"); ok {
		t, scale = strings.TrimSpace(u), 0.01
	}
	sign := ""
	if strings.HasPrefix(t, "-") || strings.HasPrefix(t, "+") {
		sign, t = t[:1], t[1:]
	}
	for _, c := range [...]string{"$", "¥", "€", "£"} {
		t = strings.TrimSpace(strings.TrimPrefix(t, c))
	}
	if sign != "" && (strings.HasPrefix(t, "-") || strings.HasPrefix(t, "+")) {
		return 0, fmt.Errorf("%.40q is no number", s)
	}
	t, ok := withoutCommas(t)
	if !ok {
		return 0, fmt.Errorf("%.40q is no number", s)
	}
	v, err := strconv.ParseFloat(sign+t, 64)
	if err != nil {
		return 0, fmt.Errorf("%.40q is no number", s)
	}
	return finite(s, v*scale)
}

func finite(s string, v float64) (float64, error) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%.40q is no finite number", s)
	}
	return v, nil
}

// withoutCommas drops thousands separators, or turns a decimal comma into a point.
func withoutCommas(t string) (string, bool) {
	parts := strings.Split(t, ",")
	if len(parts) == 1 {
		return t, true
	}
	thousands := len(parts[0]) >= 1 && len(parts[0]) <= 3 && parts[0] != "0"
	for i, p := range parts[1:] {
		if i == len(parts)-2 {
			p, _, _ = strings.Cut(p, ".")
		}
		thousands = thousands && len(p) == 3
	}
	switch {
	case thousands:
		return strings.Join(parts, ""), true
	case len(parts) == 2 && !strings.Contains(t, "."):
		return parts[0] + "." + parts[1], true
	}
	return "", false
}

// dateLayouts are tried in order. Of 01/02/2006 the first number is the month,
// unless it is above 12.
var dateLayouts = [...]string{
	time.RFC3339Nano,
	"2006-01-02", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04",
	"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 MST",
	"2006/1/2", "2006/1/2 15:04:05", "2006/1/2 15:04", "2006-1-2", "2006.1.2",
	"1/2/2006", "1/2/2006 15:04", "1/2/2006 15:04:05", "1/2/2006 3:04 PM", "2/1/2006", "2/1/2006 15:04", "2/1/2006 15:04:05",
	"2.1.2006", "2.1.2006 15:04", "2.1.2006 15:04:05",
	"2006年1月2日", "2006年1月2日 15:04", "2006年1月2日 15:04:05", "2006年1月2日15时4分", "2006年1月",
	"Jan 2, 2006", "January 2, 2006", "2 Jan 2006", "2 January 2006", "2006-01",
	time.RFC1123, time.RFC1123Z, time.RFC850, time.ANSIC, time.RubyDate, "20060102", "20060102150405",
}

// ParseDate reads a date, with or without a time of day, in the layouts that
// tables use: ISO 8601, 2006/1/2, 1/2/2006, 2.1.2006, 2006年1月2日, Jan 2, 2006 and
// their like. A date without a zone is UTC.
func ParseDate(s string) (time.Time, error) {
	t := strings.TrimSpace(s)
	if len(t) > 64 {
		return time.Time{}, fmt.Errorf("%.40q… is no date", t)
	}
	for _, layout := range dateLayouts {
		if d, err := time.Parse(layout, t); err == nil {
			return d, nil
		}
	}
	return time.Time{}, fmt.Errorf("%.40q is no date", s)
}

// ParseBool reads true/false, yes/no, t/f, y/n, on/off, 1/0, 是/否, 真/假, 有/无, 对/错.
func ParseBool(s string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "yes", "t", "y", "on", "1", "1.0", "是", "真", "有", "对":
		return true, nil
	case "false", "no", "f", "n", "off", "0", "0.0", "否", "假", "无", "错":
		return false, nil
	}
	return false, fmt.Errorf("%.40q is neither true nor false", s)
}

// MaxVector bounds the values of a vector cell.
const MaxVector = 1 << 20

// ParseVector reads a JSON array of numbers. One that is null or beyond float32 is
// an error: a vector is whole or left out.
func ParseVector(s string) ([]float32, error) {
	var raw []*float64
	if err := json.Unmarshal([]byte(s), &raw); err != nil {
		return nil, fmt.Errorf("cannot read a JSON array of numbers: %w", err)
	}
	if len(raw) == 0 {
		return nil, errors.New("cannot read a JSON array of numbers: it is empty")
	}
	if len(raw) > MaxVector {
		return nil, fmt.Errorf("cannot read a JSON array of %d numbers: the limit is %d", len(raw), MaxVector)
	}
	v := make([]float32, len(raw))
	for i, p := range raw {
		if p == nil {
			return nil, fmt.Errorf("cannot read number %d of a JSON array: it is missing (null)", i+1)
		}
		v[i] = float32(*p)
		if math.IsInf(float64(v[i]), 0) {
			return nil, fmt.Errorf("cannot read number %d of a JSON array: %g is beyond float32", i+1, *p)
		}
	}
	return v, nil
}
