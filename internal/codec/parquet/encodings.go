package parquet

import (
	"encoding/binary"
	"fmt"
	"math"

	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// valueReader reads the values of a page one by one, nulls left out. A value is valid until the
// next page is read.
type valueReader interface {
	next() (pq.Value, error)
}

// physical is how the values of a column are stored.
type physical struct {
	kind   pq.Kind
	length int // bytes of a FIXED_LEN_BYTE_ARRAY
}

// width is how many bytes a value takes, 0 where that differs.
func (p physical) width() int {
	switch p.kind {
	case pq.Int32, pq.Float:
		return 4
	case pq.Int64, pq.Double:
		return 8
	case pq.Int96:
		return 12
	case pq.FixedLenByteArray:
		return p.length
	}
	return 0
}

// value makes a value of its plain bytes.
func (p physical) value(b []byte) pq.Value {
	le := binary.LittleEndian
	switch p.kind {
	case pq.Int32:
		return pq.Int32Value(int32(le.Uint32(b)))
	case pq.Float:
		return pq.FloatValue(math.Float32frombits(le.Uint32(b)))
	case pq.Int64:
		return pq.Int64Value(int64(le.Uint64(b)))
	case pq.Double:
		return pq.DoubleValue(math.Float64frombits(le.Uint64(b)))
	case pq.Int96:
		return pq.Int96Value(deprecated.Int96{le.Uint32(b), le.Uint32(b[4:]), le.Uint32(b[8:])})
	case pq.FixedLenByteArray:
		return pq.FixedLenByteArrayValue(b)
	}
	return pq.ByteArrayValue(b)
}

// reader returns what reads the values of an encoding, n at most.
func (p physical) reader(e format.Encoding, b []byte, n int, dictionary []pq.Value) (valueReader, error) {
	bytes := p.kind == pq.ByteArray || p.kind == pq.FixedLenByteArray
	whole := p.kind == pq.Int32 || p.kind == pq.Int64
	switch {
	case e == format.Plain && p.kind == pq.Boolean:
		return &booleans{hybrid{packed: b[:len(b):len(b)], left: 8 * len(b), width: 1}}, nil
	case e == format.Plain:
		return &plainReader{physical: p, b: b}, nil
	case e == format.PlainDictionary || //nolint:staticcheck // deprecated for writers; files have it
		e == format.RLEDictionary:
		if dictionary == nil {
			return nil, fmt.Errorf("a page of dictionary indices without a dictionary")
		}
		if len(b) == 0 {
			return &dictionaryReader{}, nil // of nulls alone
		}
		if b[0] > 32 {
			return nil, errEncoding
		}
		return &dictionaryReader{hybrid{b: b[1:], width: int(b[0])}, dictionary}, nil
	case e == format.RLE && p.kind == pq.Boolean:
		if len(b) < 4 || uint64(binary.LittleEndian.Uint32(b)) > uint64(len(b)-4) {
			return nil, errEncoding
		}
		return &booleans{hybrid{b: b[4:][:binary.LittleEndian.Uint32(b)], width: 1}}, nil
	case e == format.ByteStreamSplit && p.width() > 0 && p.kind != pq.Int96:
		return &splitReader{physical: p, b: b, n: len(b) / p.width(), out: make([]byte, p.width())}, nil
	case e == format.DeltaBinaryPacked && whole:
		d, err := newDeltas(b, n)
		return &deltaReader{d, p.kind}, err
	case e == format.DeltaLengthByteArray && bytes:
		return newDeltaLengths(p, b, n)
	case e == format.DeltaByteArray && bytes:
		return newDeltaBytes(p, b, n)
	}
	return nil, fmt.Errorf("values of type %s in encoding %s are not supported", p.kind, e)
}

// plainReader reads values as they stand, text behind its length.
type plainReader struct {
	physical
	b []byte
}

func (r *plainReader) next() (pq.Value, error) {
	n := r.width()
	if r.kind == pq.ByteArray {
		if len(r.b) < 4 {
			return pq.Value{}, errEncoding
		}
		size := binary.LittleEndian.Uint32(r.b)
		r.b = r.b[4:]
		if uint64(size) > uint64(len(r.b)) {
			return pq.Value{}, errEncoding
		}
		n = int(size)
	}
	if n > len(r.b) {
		return pq.Value{}, errEncoding
	}
	v := r.value(r.b[:n:n])
	r.b = r.b[n:]
	return v, nil
}

type booleans struct{ hybrid }

func (r *booleans) next() (pq.Value, error) {
	v, err := r.hybrid.next()
	return pq.BooleanValue(v != 0), err
}

type dictionaryReader struct {
	hybrid
	values []pq.Value
}

func (r *dictionaryReader) next() (pq.Value, error) {
	i, err := r.hybrid.next()
	if err != nil {
		return pq.Value{}, err
	}
	if int64(i) >= int64(len(r.values)) {
		return pq.Value{}, fmt.Errorf("index %d into a dictionary of %d values", i, len(r.values))
	}
	return r.values[i], nil
}

// splitReader reads BYTE_STREAM_SPLIT: byte k of all n values is in stream k.
type splitReader struct {
	physical
	b     []byte
	n, at int
	out   []byte
}

func (r *splitReader) next() (pq.Value, error) {
	if r.at >= r.n {
		return pq.Value{}, errEncoding
	}
	for k := range r.out {
		r.out[k] = r.b[k*r.n+r.at]
	}
	r.at++
	return r.value(r.out), nil
}
