package dataset

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/fusor-ml/fusor/media"
)

// rowJSON is a row as JSON holds it, without loss: a NaN is null, a text that is no UTF-8 is
// Base64, and so are vectors and media by value.
type rowJSON struct {
	Number int        `json:"number"`
	ID     textJSON   `json:"id,omitempty"`
	Split  textJSON   `json:"split,omitempty"`
	Group  textJSON   `json:"group,omitempty"`
	Order  numberJSON `json:"order"`
	Label  textJSON   `json:"label,omitempty"`
	Class  int        `json:"class"`
	Labels []int      `json:"labels,omitzero"` // of a multi-label task; without any it is none
	Target numberJSON `json:"target"`
	Cells  []cellJSON `json:"cells"`
}

type cellJSON struct {
	Text       textJSON    `json:"text,omitempty"`
	Files      []textJSON  `json:"files,omitempty"`
	Data       []byte      `json:"data,omitempty"`
	Name       textJSON    `json:"name,omitempty"`
	Media      []mediaJSON `json:"media,omitempty"`
	Vector     vectorJSON  `json:"vector,omitempty"`
	Index      []uint32    `json:"index,omitempty"`
	Fields     []textJSON  `json:"fields,omitempty"`
	Incomplete bool        `json:"incomplete,omitempty"`
}

// mediaJSON is a medium by value: its bytes, or why they cannot be had.
type mediaJSON struct {
	Name  textJSON `json:"name,omitempty"`
	Data  []byte   `json:"data,omitempty"`
	Error string   `json:"error,omitempty"`
}

// MarshalJSON writes everything that r holds, media by value with their bytes.
func (r Row) MarshalJSON() ([]byte, error) { return json.Marshal(r.json()) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (r *Row) UnmarshalJSON(data []byte) error {
	var in rowJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return fmt.Errorf("cannot read a row: %w", err)
	}
	*r = Row{
		Number: in.Number, ID: string(in.ID), Split: string(in.Split), Group: string(in.Group), Order: float64(in.Order),
		Label: string(in.Label), Class: in.Class, Labels: in.Labels, Target: float64(in.Target),
	}
	if in.Cells != nil {
		r.Cells = make([]Cell, len(in.Cells))
	}
	for k := range in.Cells {
		r.Cells[k] = in.Cells[k].cell()
	}
	return nil
}

// MarshalJSON writes everything that c holds.
func (c Cell) MarshalJSON() ([]byte, error) { return json.Marshal(c.json()) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *Cell) UnmarshalJSON(data []byte) error {
	var in cellJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return fmt.Errorf("cannot read a cell: %w", err)
	}
	*c = in.cell()
	return nil
}

func (r *Row) json() rowJSON {
	out := rowJSON{
		r.Number, textJSON(r.ID), textJSON(r.Split), textJSON(r.Group), numberJSON(r.Order),
		textJSON(r.Label), r.Class, r.Labels, numberJSON(r.Target), nil,
	}
	cells := r.cells()
	if cells != nil {
		out.Cells = make([]cellJSON, len(cells))
	}
	for k := range cells {
		out.Cells[k] = cells[k].json()
	}
	return out
}

func (c *Cell) json() cellJSON {
	out := cellJSON{
		Text: textJSON(c.Text), Files: convert[textJSON](c.Files), Data: c.Data, Name: textJSON(c.Name),
		Vector: c.Vector, Index: c.Index, Fields: convert[textJSON](c.Fields), Incomplete: c.Incomplete,
	}
	for _, src := range c.Media {
		out.Media = append(out.Media, mediumJSON(src))
	}
	return out
}

func (c *cellJSON) cell() Cell {
	out := Cell{
		Text: string(c.Text), Files: convert[string](c.Files), Data: c.Data, Name: string(c.Name),
		Vector: c.Vector, Index: c.Index, Fields: convert[string](c.Fields), Incomplete: c.Incomplete,
	}
	for _, m := range c.Media {
		if m.Error != "" {
			out.Media = append(out.Media, media.Made(string(m.Name), func() ([]byte, error) { return nil, errors.New(m.Error) }))
			continue
		}
		out.Media = append(out.Media, media.Bytes(string(m.Name), m.Data))
	}
	return out
}

// mediumJSON reads a medium by value.
func mediumJSON(src media.Source) mediaJSON {
	out := mediaJSON{Name: textJSON(src.Name())}
	in, err := media.Open(context.Background(), src)
	if err == nil {
		out.Data, err = in.All(media.MaxFileBytes)
		err = errors.Join(err, in.Close())
	}
	if err != nil {
		out.Data, out.Error = nil, err.Error()
	}
	return out
}

func convert[To, From ~string](list []From) []To {
	if list == nil {
		return nil
	}
	out := make([]To, len(list))
	for i, s := range list {
		out[i] = To(s)
	}
	return out
}

// textJSON is a string of any bytes.
type textJSON string

// MarshalJSON writes a string, or {"$base64": …} of what is no UTF-8.
func (t textJSON) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(t)) {
		return json.Marshal(string(t))
	}
	return json.Marshal(map[string][]byte{"$base64": []byte(t)})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (t *textJSON) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '{' {
		var in map[string][]byte
		if err := json.Unmarshal(data, &in); err != nil {
			return err
		}
		*t = textJSON(in["$base64"])
		return nil
	}
	return json.Unmarshal(data, (*string)(t))
}

// numberJSON is a number, null for NaN and a string for an infinity.
type numberJSON float64

// MarshalJSON implements json.Marshaler.
func (n numberJSON) MarshalJSON() ([]byte, error) {
	switch v := float64(n); {
	case math.IsNaN(v):
		return []byte("null"), nil
	case math.IsInf(v, 1):
		return []byte(`"+Inf"`), nil
	case math.IsInf(v, -1):
		return []byte(`"-Inf"`), nil
	default:
		return json.Marshal(v)
	}
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *numberJSON) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case "null":
		*n = numberJSON(math.NaN())
	case `"+Inf"`:
		*n = numberJSON(math.Inf(1))
	case `"-Inf"`:
		*n = numberJSON(math.Inf(-1))
	default:
		return json.Unmarshal(data, (*float64)(n))
	}
	return nil
}

// vectorJSON is the Base64 of little-endian float32: exact, and half as long as digits.
type vectorJSON []float32

// MarshalText implements encoding.TextMarshaler.
func (v vectorJSON) MarshalText() ([]byte, error) {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return base64.StdEncoding.AppendEncode(nil, b), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (v *vectorJSON) UnmarshalText(text []byte) error {
	b, err := base64.StdEncoding.AppendDecode(nil, text)
	if err != nil || len(b)%4 != 0 {
		return errors.New("a vector is no Base64 of float32")
	}
	*v = make(vectorJSON, len(b)/4)
	for i := range *v {
		(*v)[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return nil
}
