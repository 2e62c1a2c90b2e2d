package feature

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/fusor-ml/fusor/internal/buffer"
)

// A record is a Raw as bytes, in the store and in the cache: Dim, Steps, the
// number of values and of indices as uint32, the values, the indices; all little-endian.
const recordHead = 16

func recordLen(r Raw) int { return recordHead + 4*(len(r.Values)+len(r.Index)) }

func appendRecord(dst []byte, r Raw) []byte {
	le := binary.LittleEndian
	dst = le.AppendUint32(dst, uint32(r.Dim))
	dst = le.AppendUint32(dst, uint32(r.Steps))
	dst = le.AppendUint32(dst, uint32(len(r.Values)))
	dst = le.AppendUint32(dst, uint32(len(r.Index)))
	for _, v := range r.Values {
		dst = le.AppendUint32(dst, math.Float32bits(v))
	}
	for _, v := range r.Index {
		dst = le.AppendUint32(dst, v)
	}
	return dst
}

// recordCounts checks a record's length and returns how many values and indices it holds.
func recordCounts(b []byte) (values, index int, err error) {
	if len(b) < recordHead {
		return 0, 0, fmt.Errorf("cannot read extracted features: record of %d bytes", len(b))
	}
	le := binary.LittleEndian
	v, i := uint64(le.Uint32(b[8:])), uint64(le.Uint32(b[12:]))
	if uint64(len(b)-recordHead) != 4*(v+i) {
		return 0, 0, fmt.Errorf("cannot read extracted features: record of %d bytes announces %d values", len(b), v+i)
	}
	return int(v), int(i), nil
}

// readRecord reads a record into r, reusing its memory.
func readRecord(b []byte, r *Raw) error {
	values, index, err := recordCounts(b)
	if err != nil {
		return err
	}
	le := binary.LittleEndian
	r.Dim, r.Steps = int(le.Uint32(b)), int(le.Uint32(b[4:]))
	r.Values, r.Index = buffer.Grow(r.Values, values), buffer.Grow(r.Index, index)
	b = b[recordHead:]
	for i := range r.Values {
		r.Values[i] = math.Float32frombits(le.Uint32(b[4*i:]))
	}
	b = b[4*values:]
	for i := range r.Index {
		r.Index[i] = le.Uint32(b[4*i:])
	}
	return nil
}
