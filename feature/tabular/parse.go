package tabular

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
)

// Missing reports whether a cell reports that its value is not known.
func Missing(s string) bool {
	if d := strings.TrimPrefix(s, "-"); d != "" && d[0] >= '0' && d[0] <= '9' {
		return false
	}
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "", "na", "n/a", "nan", "null", "none", "nil", "-", "?", "#n/a", "无", "未知":
		return true
	}
	return false
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
