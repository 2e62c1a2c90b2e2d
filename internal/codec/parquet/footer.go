package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Limits of a footer. What is decoded of a record takes up to half a kilobyte,
// of which the file may hold one byte.
const (
	maxFooter  = 256 << 20
	maxRecords = 2 << 20 // in all lists; 10,000 columns in 200 row groups
	maxNesting = 32
)

var errFooter = errors.New("the footer is damaged")

// footerWalk goes through a footer in Thrift's compact protocol without keeping
// anything. The decoder takes memory for as many elements as a list claims
// before it reads one, so the claims are checked first.
// (github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md)
type footerWalk struct {
	b       []byte
	records int
}

// checkLists refuses a footer whose lists claim more elements than it holds.
func checkLists(r io.ReaderAt, at, n int64) error {
	if n > maxFooter {
		return fmt.Errorf("the footer claims %d bytes; more than %d are refused", n, maxFooter)
	}
	b := make([]byte, n)
	if _, err := r.ReadAt(b, at); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	w := footerWalk{b: b}
	return w.value(wireStruct, 0)
}

// Types on the wire. In a field the two booleans are the type itself.
const (
	wireTrue   = 1
	wireFalse  = 2
	wireByte   = 3
	wireInt64  = 6 // 4, 5, 6: integers of varying length
	wireDouble = 7
	wireBinary = 8
	wireList   = 9
	wireSet    = 10
	wireMap    = 11
	wireStruct = 12
	wireUUID   = 13
)

func (w *footerWalk) skip(n uint64) error {
	if n > uint64(len(w.b)) {
		return errFooter
	}
	w.b = w.b[n:]
	return nil
}

func (w *footerWalk) byte() (byte, error) {
	if len(w.b) == 0 {
		return 0, errFooter
	}
	c := w.b[0]
	w.b = w.b[1:]
	return c, nil
}

func (w *footerWalk) varint() (uint64, error) {
	v, n := binary.Uvarint(w.b)
	if n <= 0 {
		return 0, errFooter
	}
	w.b = w.b[n:]
	return v, nil
}

// value passes over a value of a type.
func (w *footerWalk) value(kind byte, depth int) error {
	if depth > maxNesting {
		return errFooter
	}
	switch kind {
	case wireTrue, wireFalse, wireByte: // in a list a boolean takes a byte
		return w.skip(1)
	case wireInt64, wireInt64 - 1, wireInt64 - 2:
		_, err := w.varint()
		return err
	case wireDouble:
		return w.skip(8)
	case wireUUID:
		return w.skip(16)
	case wireBinary:
		n, err := w.varint()
		if err != nil {
			return err
		}
		return w.skip(n)
	case wireList, wireSet:
		return w.list(depth)
	case wireMap:
		return w.pairs(depth)
	case wireStruct:
		return w.fields(depth)
	}
	return errFooter
}

func (w *footerWalk) fields(depth int) error {
	for {
		head, err := w.byte()
		if err != nil || head == 0 {
			return err
		}
		if head>>4 == 0 { // the field's number follows
			if _, err := w.varint(); err != nil {
				return err
			}
		}
		if kind := head & 15; kind != wireTrue && kind != wireFalse {
			if err := w.value(kind, depth+1); err != nil {
				return err
			}
		}
	}
}

func (w *footerWalk) list(depth int) error {
	head, err := w.byte()
	if err != nil {
		return err
	}
	n := uint64(head >> 4)
	if n == 15 {
		if n, err = w.varint(); err != nil {
			return err
		}
	}
	if n > uint64(len(w.b)) {
		return fmt.Errorf("a list in the footer claims %d elements in %d bytes", n, len(w.b))
	}
	if w.records += int(n); w.records > maxRecords {
		return fmt.Errorf("the footer lists more than %d records", maxRecords)
	}
	for range n {
		if err := w.value(head&15, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (w *footerWalk) pairs(depth int) error {
	n, err := w.varint()
	if err != nil || n == 0 {
		return err
	}
	kinds, err := w.byte()
	if err != nil {
		return err
	}
	for range n {
		if err := w.value(kinds>>4, depth+1); err != nil {
			return err
		}
		if err := w.value(kinds&15, depth+1); err != nil {
			return err
		}
	}
	return nil
}
