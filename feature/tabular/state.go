package tabular

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/fusor-ml/fusor/feature"
)

// fieldState is how one field becomes numbers.
type fieldState struct {
	Kind      string         `json:"kind"`             // number, category, date or boolean
	Scale     string         `json:"scale,omitempty"`  // of a number: standard, log or quantile
	Mean      float64        `json:"mean,omitempty"`   // of a number after log, of a date in days
	Inverse   float64        `json:"inv,omitempty"`    // 1/deviation, 0 if constant
	Quantiles feature.Floats `json:"q,omitempty"`      // of a quantile-scaled number, ascending
	Bins      *bins          `json:"bins,omitempty"`   // of a number; nil: it has none
	Levels    [][]byte       `json:"levels,omitempty"` // of a category, most frequent first
	Rare      bool           `json:"rare,omitempty"`   // a dimension for every other level
	Times     bool           `json:"times,omitempty"`  // of a date: the time of day shows
	Indicator bool           `json:"missing,omitempty"`
}

// dim is the width of the field, its indicator included.
func (s *fieldState) dim() int {
	n := 1
	switch s.Kind {
	case "number":
		n += s.Bins.dim()
	case "category":
		n = len(s.Levels)
		if s.Rare {
			n++
		}
	case "date":
		n = 5
		if s.Times {
			n = 7
		}
	}
	if s.Indicator {
		n++
	}
	return n
}

type fieldsState struct {
	Fields []fieldState `json:"fields"`
	// Only are the dimensions that are left of the fields', ascending; nil: all of them.
	Only []int `json:"only,omitempty"`

	dim    int
	levels []map[string]int // of each category, where a level is
	only   [][]int          // of each field, the places of the dimensions that are left
}

// Narrow returns the state with the given dimensions alone, which ascend.
func (s *fieldsState) Narrow(keep []int) (feature.State, error) {
	out := &fieldsState{Fields: s.Fields, Only: keep}
	if s.Only != nil {
		out.Only = make([]int, len(keep))
		for i, k := range keep {
			out.Only[i] = s.Only[k]
		}
	}
	return out, out.prepare()
}

var _ feature.State = (*fieldsState)(nil)

func loadFields(data json.RawMessage) (feature.State, error) {
	var s fieldsState
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("cannot read the table's scaling: %w", err)
	}
	if err := s.prepare(); err != nil {
		return nil, fmt.Errorf("cannot read the table's scaling: %w", err)
	}
	return &s, nil
}

func (s *fieldsState) prepare() error {
	if len(s.Fields) == 0 {
		return errors.New("it has no fields")
	}
	s.dim, s.levels = 0, make([]map[string]int, len(s.Fields))
	for i := range s.Fields {
		f := &s.Fields[i]
		if err := f.check(); err != nil {
			return fmt.Errorf("field %d: %w", i, err)
		}
		s.dim += f.dim()
		if f.Kind == "category" {
			s.levels[i] = make(map[string]int, len(f.Levels))
			for k, level := range f.Levels {
				s.levels[i][string(level)] = k
			}
		}
	}
	if s.dim == 0 {
		return errors.New("no field varies")
	}
	if s.Only == nil {
		return nil
	}
	s.only = make([][]int, len(s.Fields))
	at, field, last := 0, 0, -1
	for _, k := range s.Only {
		if k <= last || k >= s.dim {
			return errors.New("the dimensions that are left are not in ascending order")
		}
		for last = k; k-at >= s.Fields[field].dim(); field++ {
			at += s.Fields[field].dim()
		}
		s.only[field] = append(s.only[field], k-at)
	}
	if s.dim = len(s.Only); s.dim == 0 {
		return errors.New("no dimension is left")
	}
	return nil
}

func (s *fieldState) check() error {
	if v := s.Mean + s.Inverse; math.IsNaN(v) || math.IsInf(v, 0) {
		return errors.New("its scale is not finite")
	}
	switch s.Kind {
	case "category", "date", "boolean":
	case "number":
		switch {
		case s.Scale == "standard" || s.Scale == "log":
		case s.Scale == "quantile" && len(s.Quantiles) >= 2 && slices.IsSorted(s.Quantiles) &&
			s.Quantiles[0] >= -math.MaxFloat32 && s.Quantiles[len(s.Quantiles)-1] <= math.MaxFloat32:
		default:
			return fmt.Errorf("unknown scale %q of %d quantiles", s.Scale, len(s.Quantiles))
		}
		return s.Bins.check()
	default:
		return fmt.Errorf("unknown kind %q", s.Kind)
	}
	return nil
}

// Dim implements feature.State.
func (s *fieldsState) Dim() int { return s.dim }

// room is memory for a row that is taken apart.
type room struct {
	cells []cell
	bytes []byte
}

var rooms = sync.Pool{New: func() any { return new(room) }}

// take returns the cells of r, in m; nil where it is no record of fields.
func (m *room) take(r feature.Raw) []cell {
	row, mem, ok := cells(m.cells, m.bytes, r)
	if m.bytes = mem; !ok {
		return nil
	}
	m.cells = row
	return row
}

// Takes reports whether Apply makes a vector of r.
func (s *fieldsState) Takes(r feature.Raw) bool {
	m := rooms.Get().(*room)
	defer rooms.Put(m)
	row := m.take(r)
	if len(row) != len(s.Fields) {
		return false
	}
	for i := range row {
		if kindNames[row[i].kind] != s.Fields[i].Kind {
			return false
		}
	}
	return true
}

// Apply implements feature.State. A record of other fields than the fitted ones becomes absent.
func (s *fieldsState) Apply(dst *feature.Raw, r feature.Raw) {
	dst.Values, dst.Index, dst.Dim, dst.Steps = dst.Values[:0], dst.Index[:0], s.dim, 0
	m := rooms.Get().(*room)
	defer rooms.Put(m)
	row := m.take(r)
	if len(row) != len(s.Fields) {
		return
	}
	for i := range s.Fields {
		f := &s.Fields[i]
		if kindNames[row[i].kind] != f.Kind {
			dst.Values = dst.Values[:0]
			return
		}
		if s.only == nil {
			dst.Values = f.append(dst.Values, row[i], s.levels[i])
			continue
		}
		if len(s.only[i]) == 0 {
			continue
		}
		at := len(dst.Values)
		dst.Values = f.append(dst.Values, row[i], s.levels[i])
		for j, k := range s.only[i] {
			dst.Values[at+j] = dst.Values[at+k]
		}
		dst.Values = dst.Values[:at+len(s.only[i])]
	}
}

var kindNames = [fieldKinds]string{numberField: "number", categoryField: "category", dateField: "date", booleanField: "boolean"}

// append adds the field's dimensions.
func (s *fieldState) append(v []float32, c cell, levels map[string]int) []float32 {
	at, n := len(v), s.dim()
	v = slices.Grow(v, n)[:at+n]
	out := v[at:]
	clear(out)
	if len(c.bytes) == 0 {
		if s.Indicator {
			out[len(out)-1] = 1
		}
		return v
	}
	switch s.Kind {
	case "number":
		v := math.Float64frombits(c.bits())
		out[0] = s.number(v)
		if s.Bins != nil {
			s.Bins.encode(out[1:1+s.Bins.dim()], v)
		}
	case "category":
		if k, ok := levels[string(c.bytes)]; ok {
			out[k] = 1
		} else if s.Rare {
			out[len(s.Levels)] = 1
		}
	case "date":
		s.date(out, int64(c.bits()))
	default:
		out[0] = 2*float32(c.bytes[0]&1) - 1
	}
	return v
}

// Levels implements feature.Leveler.
func (s *fieldsState) Levels() [][]string {
	out := make([][]string, len(s.Fields))
	for i, f := range s.Fields {
		for _, l := range f.Levels {
			out[i] = append(out[i], string(l))
		}
	}
	return out
}
