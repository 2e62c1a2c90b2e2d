package feature

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// Floats is a float32 list whose JSON is the base64 of its little-endian bytes: exact and compact.
type Floats []float32

// MarshalJSON implements json.Marshaler.
func (f Floats) MarshalJSON() ([]byte, error) {
	raw := make([]byte, 4*len(f))
	for i, v := range f {
		binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(v))
	}
	return json.Marshal(base64.StdEncoding.EncodeToString(raw))
}

// UnmarshalJSON implements json.Unmarshaler.
func (f *Floats) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	if len(data) < 2 || data[0] != '"' {
		return errors.New("cannot read floats: no string")
	}
	text := data[1 : len(data)-1] // base64 needs no escapes
	raw := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(raw, text)
	if err != nil {
		return fmt.Errorf("cannot read floats: %w", err)
	}
	raw = raw[:n]
	if len(raw)%4 != 0 {
		return fmt.Errorf("cannot read floats: %d bytes is no multiple of 4", len(raw))
	}
	*f = make(Floats, len(raw)/4)
	for i := range *f {
		(*f)[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return nil
}

// Finite reports whether f holds neither NaN nor an infinity, of which no state is made.
func (f Floats) Finite() bool {
	for _, v := range f {
		if v-v != 0 {
			return false
		}
	}
	return true
}

// Ids is a uint32 list whose JSON is the base64 of its little-endian bytes.
type Ids []uint32

// MarshalJSON implements json.Marshaler.
func (d Ids) MarshalJSON() ([]byte, error) {
	f := make(Floats, len(d))
	for i, v := range d {
		f[i] = math.Float32frombits(v)
	}
	return f.MarshalJSON()
}

// UnmarshalJSON implements json.Unmarshaler.
func (d *Ids) UnmarshalJSON(data []byte) error {
	var f Floats
	if err := f.UnmarshalJSON(data); err != nil {
		return err
	}
	*d = make(Ids, len(f))
	for i, v := range f {
		(*d)[i] = math.Float32bits(v)
	}
	return nil
}
