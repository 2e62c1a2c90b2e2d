package tabular

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/media"
)

// A row of fields travels as a feature.Raw that describes itself: for every field
// one header in Index, kind | bytes<<8, then the bytes of its value, four to an
// entry. Values [fields] repeats the numbers in float32, NaN elsewhere.
//
// A number is its float64, a date its Unix seconds (in its own zone, so that the
// hour is the one that was written), a boolean one byte. A category is its
// string, so that a fitted level can be shown by name; of one longer than 40
// bytes the first 32 and a hash of all.
const (
	numberField = iota
	categoryField
	dateField
	booleanField
	fieldKinds
)

const (
	maxLevelBytes  = 40
	keptLevelBytes = 32
)

func kindCode(k media.Kind) (uint32, bool) {
	switch k {
	case media.Number:
		return numberField, true
	case media.Category:
		return categoryField, true
	case media.Date:
		return dateField, true
	case media.Boolean:
		return booleanField, true
	}
	return 0, false
}

// recorder writes a Raw field by field.
type recorder struct{ raw feature.Raw }

// newRecorder returns one with room for a row of so many fields.
func newRecorder(fields int) recorder {
	return recorder{feature.Raw{Index: make([]uint32, 0, 3*fields), Values: make([]float32, 0, fields)}}
}

// reset leaves no field, but their memory.
func (w *recorder) reset() {
	w.raw = feature.Raw{Index: w.raw.Index[:0], Values: w.raw.Values[:0]}
}

func (w *recorder) put(kind uint32, value []byte) {
	w.raw.Index = append(w.raw.Index, kind|uint32(len(value))<<8)
	for len(value) > 0 {
		var four [4]byte
		value = value[copy(four[:], value):]
		w.raw.Index = append(w.raw.Index, binary.LittleEndian.Uint32(four[:]))
	}
	w.raw.Values = append(w.raw.Values, float32(math.NaN()))
	w.raw.Dim++
}

// eight is put of a value of eight bytes.
func (w *recorder) eight(kind uint32, bits uint64) {
	w.raw.Index = append(w.raw.Index, kind|8<<8, uint32(bits), uint32(bits>>32))
	w.raw.Values = append(w.raw.Values, float32(math.NaN()))
	w.raw.Dim++
}

func (w *recorder) number(v float64) {
	w.eight(numberField, math.Float64bits(v))
	w.raw.Values[w.raw.Dim-1] = float32(v)
}

func (w *recorder) date(t time.Time) {
	_, offset := t.Zone()
	w.eight(dateField, uint64(t.Unix()+int64(offset)))
}

func (w *recorder) boolean(b bool) {
	one := []byte{0}
	if b {
		one[0] = 1
	}
	w.put(booleanField, one)
}

func (w *recorder) category(s string) {
	if len(s) > maxLevelBytes {
		s = s[:keptLevelBytes] + string(binary.LittleEndian.AppendUint64(nil, xxhash.Sum64String(s)))
	}
	w.put(categoryField, []byte(s))
}

// cell is one field's value as it was recorded; bytes is empty where it is missing.
type cell struct {
	kind  uint32
	bytes []byte
}

// number returns the value of a number or date field.
func (c cell) bits() uint64 { return binary.LittleEndian.Uint64(c.bytes) }

// cells takes a Raw apart; ok is false where it is no record of fields.
func cells(dst []cell, buf []byte, r feature.Raw) (out []cell, mem []byte, ok bool) {
	out, mem = dst[:0], buf[:0]
	if need := 4 * len(r.Index); cap(mem) < need {
		mem = make([]byte, 0, need)
	}
	for x := r.Index; len(x) > 0; {
		kind, n := x[0]&0xff, int(x[0]>>8)
		words := (n + 3) / 4
		if kind >= fieldKinds || n > maxLevelBytes || len(x) < 1+words || !fits(kind, n) {
			return nil, mem, false
		}
		at := len(mem)
		if words == 2 { // as of a number
			mem = binary.LittleEndian.AppendUint64(mem, uint64(x[1])|uint64(x[2])<<32)
		} else {
			for _, w := range x[1 : 1+words] {
				mem = binary.LittleEndian.AppendUint32(mem, w)
			}
		}
		out = append(out, cell{kind, mem[at : at+n]})
		x = x[1+words:]
	}
	return out, mem, len(out) > 0
}

func fits(kind uint32, n int) bool {
	switch kind {
	case numberField, dateField:
		return n == 0 || n == 8
	case booleanField:
		return n <= 1
	}
	return true
}
