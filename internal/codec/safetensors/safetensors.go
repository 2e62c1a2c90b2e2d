// Package safetensors reads and writes the safetensors format: a JSON header with names, shapes and
// offsets, then the raw little-endian tensors (https://github.com/huggingface/safetensors, format
// description in its README). Write and Read know F32 tensors alone (Write takes files, too); Parse
// returns tensors of every type as they lie in the file.
package safetensors

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"unsafe"
)

// maxHeader bounds the header before memory is taken, as the reference implementation does.
const maxHeader = 100 << 20

// Tensor is one named array.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
}

type entry struct {
	DType   DType    `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// Blob is a file that is kept as an array of bytes (U8).
type Blob struct {
	Name string
	Size int64
	Open func() (io.ReadCloser, error)
}

// Write writes metadata and tensors, then blobs; they keep their order in the file.
func Write(w io.Writer, metadata map[string]string, tensors []Tensor, blobs ...Blob) error {
	// A map's keys are sorted by encoding/json, so that equal models have equal bytes; offsets keep
	// the order of the data.
	header := map[string]any{}
	if len(metadata) > 0 {
		header["__metadata__"] = metadata
	}
	off := int64(0)
	for _, t := range tensors {
		n := 1
		for _, d := range t.Shape {
			n *= d
		}
		if n != len(t.Data) {
			return fmt.Errorf("cannot write tensor %s: shape %v of %d values", t.Name, t.Shape, len(t.Data))
		}
		if _, twice := header[t.Name]; twice {
			return fmt.Errorf("cannot write tensor %s twice", t.Name)
		}
		header[t.Name] = entry{F32, t.Shape, [2]int64{off, off + 4*int64(n)}}
		off += 4 * int64(n)
	}
	for _, b := range blobs {
		if _, twice := header[b.Name]; twice {
			return fmt.Errorf("cannot write tensor %s twice", b.Name)
		}
		header[b.Name] = entry{"U8", []int{int(b.Size)}, [2]int64{off, off + b.Size}}
		off += b.Size
	}
	head, err := json.Marshal(header)
	if err != nil {
		return err
	}
	for len(head)%8 != 0 { // the data begin at a multiple of 8
		head = append(head, ' ')
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(head)))); err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	for _, t := range tensors {
		if err := WriteValues(w, t.Data); err != nil {
			return err
		}
	}
	for _, b := range blobs {
		if err := b.write(w); err != nil {
			return fmt.Errorf("cannot write %s: %w", b.Name, err)
		}
	}
	return nil
}

func (b *Blob) write(w io.Writer) error {
	r, err := b.Open()
	if err != nil {
		return err
	}
	n, err := io.Copy(w, io.LimitReader(r, b.Size+1))
	if err == nil && n != b.Size {
		err = fmt.Errorf("it is not %d bytes long any more", b.Size)
	}
	return errors.Join(err, r.Close())
}

// values are the little-endian floats in b, which stay there if that is how this machine has them.
func values(b []byte) []float32 {
	n := len(b) / 4
	at := unsafe.Pointer(unsafe.SliceData(b))
	if n > 0 && binary.NativeEndian.Uint16([]byte{1, 0}) == 1 && uintptr(at)%4 == 0 {
		return unsafe.Slice((*float32)(at), n)
	}
	x := make([]float32, n)
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return x
}

// aliased reports whether v lies in b.
func aliased(v []float32, b []byte) bool {
	return unsafe.Pointer(unsafe.SliceData(v)) == unsafe.Pointer(unsafe.SliceData(b))
}

// WriteValues writes x as little-endian bytes, with little memory.
func WriteValues(w io.Writer, x []float32) error {
	var chunk [32 << 10]byte
	for len(x) > 0 {
		n := min(len(x), len(chunk)/4)
		for i, v := range x[:n] {
			binary.LittleEndian.PutUint32(chunk[4*i:], math.Float32bits(v))
		}
		if _, err := w.Write(chunk[:4*n]); err != nil {
			return err
		}
		x = x[n:]
	}
	return nil
}

// Read parses a whole file of F32 tensors, in which they may lie from then on. They come in the
// order of their data.
func Read(file []byte) (metadata map[string]string, tensors []Tensor, err error) {
	metadata, raw, err := Parse(file)
	if err != nil {
		return nil, nil, err
	}
	for _, t := range raw {
		if t.DType != F32 {
			return nil, nil, fmt.Errorf("cannot read tensor %s: type %s, only F32 is known", t.Name, t.DType)
		}
		tensors = append(tensors, Tensor{Name: t.Name, Shape: t.Shape, Data: values(t.Data)})
	}
	return metadata, tensors, nil
}
