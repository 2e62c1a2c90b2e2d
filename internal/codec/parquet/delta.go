package parquet

import (
	"encoding/binary"

	pq "github.com/parquet-go/parquet-go"
)

// deltas reads DELTA_BINARY_PACKED numbers (parquet-format, Encodings.md, DELTA_ENC = 5).
type deltas struct {
	b           []byte
	left        int // values to come
	value       int64
	first       bool
	perMini     int
	smallest    int64  // delta of the current block
	widths      []byte // of its miniblocks to come
	minis       int
	mini        []byte // the current miniblock
	width, at   int
	miniPending int // its deltas to come
}

// newDeltas reads the head of a run that must have no more than n values.
func newDeltas(b []byte, n int) (*deltas, error) {
	d := &deltas{b: b, first: true}
	var head [3]uint64
	for i := range head {
		v, k := binary.Uvarint(d.b)
		if k <= 0 {
			return nil, errEncoding
		}
		head[i], d.b = v, d.b[k:]
	}
	block, minis, count := head[0], head[1], head[2]
	if minis == 0 || minis > 1<<10 || block == 0 || block > 1<<20 || block%minis != 0 || block/minis%8 != 0 || count > uint64(n) {
		return nil, errEncoding
	}
	v, k := binary.Varint(d.b)
	if k <= 0 {
		return nil, errEncoding
	}
	d.value, d.b = v, d.b[k:]
	d.left, d.minis, d.perMini = int(count), int(minis), int(block/minis)
	return d, nil
}

func (d *deltas) next() (int64, error) {
	if d.left == 0 {
		return 0, errEncoding
	}
	d.left--
	if d.first {
		d.first = false
		return d.value, nil
	}
	if d.miniPending == 0 {
		if err := d.miniblock(); err != nil {
			return 0, err
		}
	}
	d.miniPending--
	d.value += d.smallest + int64(bitsAt(d.mini, d.at, d.width)) // wraps around, as the writer's did
	d.at += d.width
	return d.value, nil
}

func (d *deltas) miniblock() error {
	if len(d.widths) == 0 {
		v, k := binary.Varint(d.b)
		if k <= 0 || d.minis > len(d.b)-k {
			return errEncoding
		}
		d.smallest = v
		d.widths, d.b = d.b[k:k+d.minis], d.b[k+d.minis:]
	}
	d.width, d.widths, d.at = int(d.widths[0]), d.widths[1:], 0
	size := d.perMini / 8 * d.width
	if d.width > 64 || size > len(d.b) {
		return errEncoding
	}
	d.mini, d.b, d.miniPending = d.b[:size], d.b[size:], d.perMini
	return nil
}

// all reads every value, each of 0 to limit; what is behind them is left in d.b.
func (d *deltas) all(limit int) ([]int, error) {
	out := make([]int, 0, d.left)
	for d.left > 0 {
		v, err := d.next()
		if err != nil {
			return nil, err
		}
		if v < 0 || v > int64(limit) {
			return nil, errEncoding
		}
		out = append(out, int(v))
	}
	return out, nil
}

type deltaReader struct {
	*deltas
	kind pq.Kind
}

func (r *deltaReader) next() (pq.Value, error) {
	v, err := r.deltas.next()
	if r.kind == pq.Int32 {
		return pq.Int32Value(int32(v)), err
	}
	return pq.Int64Value(v), err
}

// deltaLengths reads DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes.
type deltaLengths struct {
	physical
	lengths []int
	b       []byte
}

func newDeltaLengths(p physical, b []byte, n int) (*deltaLengths, error) {
	d, err := newDeltas(b, n)
	if err != nil {
		return nil, err
	}
	lengths, err := d.all(len(b))
	return &deltaLengths{p, lengths, d.b}, err
}

func (r *deltaLengths) bytes() ([]byte, error) {
	if len(r.lengths) == 0 || r.lengths[0] > len(r.b) {
		return nil, errEncoding
	}
	n := r.lengths[0]
	out := r.b[:n:n]
	r.lengths, r.b = r.lengths[1:], r.b[n:]
	return out, nil
}

func (r *deltaLengths) next() (pq.Value, error) {
	b, err := r.bytes()
	if err == nil && r.kind == pq.FixedLenByteArray && len(b) != r.length {
		err = errEncoding
	}
	return r.value(b), err
}

// deltaBytes reads DELTA_BYTE_ARRAY: how much each text shares with the one before, then the rest.
type deltaBytes struct {
	deltaLengths
	shared []int
	last   []byte
}

func newDeltaBytes(p physical, b []byte, n int) (*deltaBytes, error) {
	d, err := newDeltas(b, n)
	if err != nil {
		return nil, err
	}
	shared, err := d.all(1<<31 - 1)
	if err != nil {
		return nil, err
	}
	rest, err := newDeltaLengths(p, d.b, n)
	if err != nil {
		return nil, err
	}
	return &deltaBytes{deltaLengths: *rest, shared: shared}, nil
}

func (r *deltaBytes) next() (pq.Value, error) {
	rest, err := r.bytes()
	if err != nil {
		return pq.Value{}, err
	}
	if len(r.shared) == 0 || r.shared[0] > len(r.last) {
		return pq.Value{}, errEncoding
	}
	r.last = append(r.last[:r.shared[0]], rest...)
	r.shared = r.shared[1:]
	if r.kind == pq.FixedLenByteArray && len(r.last) != r.length {
		return pq.Value{}, errEncoding
	}
	return r.value(r.last), nil
}
