// Package safetensors reads and writes the safetensors format: a JSON header
// with names, shapes and offsets, then the raw little-endian tensors
// (https://github.com/huggingface/safetensors, format description in its README).
// Only F32 tensors are known here.
package safetensors

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"sort"
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
	DType   string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// Write writes metadata and tensors; the tensors keep their order in the file.
func Write(w io.Writer, metadata map[string]string, tensors []Tensor) error {
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
		header[t.Name] = entry{"F32", t.Shape, [2]int64{off, off + 4*int64(n)}}
		off += 4 * int64(n)
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
	return nil
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

// Read parses a whole file, which the tensors may lie in from then on. They come in the order of their data.
func Read(file []byte) (metadata map[string]string, tensors []Tensor, err error) {
	if len(file) < 8 {
		return nil, nil, fmt.Errorf("not a safetensors file: %d bytes", len(file))
	}
	n := binary.LittleEndian.Uint64(file)
	if n > maxHeader || n > uint64(len(file)-8) {
		return nil, nil, fmt.Errorf("not a safetensors file: a header of %d bytes in a file of %d", n, len(file))
	}
	head, data := file[8:8+n], file[8+n:]
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(head, &raw); err != nil {
		return nil, nil, fmt.Errorf("not a safetensors file: header: %w", err)
	}
	type located struct {
		name string
		entry
	}
	var all []located
	for name, r := range raw {
		if name == "__metadata__" {
			if err := json.Unmarshal(r, &metadata); err != nil {
				return nil, nil, fmt.Errorf("cannot read the metadata: %w", err)
			}
			continue
		}
		var e entry
		if err := json.Unmarshal(r, &e); err != nil {
			return nil, nil, fmt.Errorf("cannot read tensor %s: %w", name, err)
		}
		all = append(all, located{name, e})
	}
	sort.Slice(all, func(i, j int) bool {
		if all[i].Offsets[0] != all[j].Offsets[0] {
			return all[i].Offsets[0] < all[j].Offsets[0]
		}
		return all[i].name < all[j].name
	})
	end := int64(0)
	for _, e := range all {
		count := int64(1)
		for _, d := range e.Shape {
			if d < 0 || (d > 0 && count > int64(len(data))/int64(d)) {
				return nil, nil, fmt.Errorf("cannot read tensor %s: shape %v does not fit the file", e.name, e.Shape)
			}
			count *= int64(d)
		}
		switch {
		case e.DType != "F32":
			return nil, nil, fmt.Errorf("cannot read tensor %s: type %s, only F32 is known", e.name, e.DType)
		case e.Offsets[0] != end || e.Offsets[1] != end+4*count || e.Offsets[1] > int64(len(data)):
			return nil, nil, fmt.Errorf("cannot read tensor %s: offsets %v do not fit shape %v in %d bytes", e.name, e.Offsets, e.Shape, len(data))
		}
		tensors = append(tensors, Tensor{Name: e.name, Shape: e.Shape, Data: values(data[end:e.Offsets[1]])})
		end = e.Offsets[1]
	}
	if end != int64(len(data)) {
		return nil, nil, fmt.Errorf("cannot read safetensors: %d bytes after the last tensor", int64(len(data))-end)
	}
	return metadata, tensors, nil
}
