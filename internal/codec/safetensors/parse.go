package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"unicode"
	"unicode/utf8"
)

// DType is the type of a tensor's elements, as the header spells it.
type DType string

// The types that Raw.Floats converts; the others are only measured.
const (
	F64  DType = "F64"
	F32  DType = "F32"
	F16  DType = "F16"
	BF16 DType = "BF16"
)

// sizes holds the bytes of an element.
var sizes = map[DType]int64{
	F64: 8, F32: 4, F16: 2, BF16: 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1,
	"BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1,
}

// Raw is a tensor as it lies in the file.
type Raw struct {
	Name  string
	DType DType
	Shape []int
	Data  []byte
}

// Len returns the number of elements.
func (t *Raw) Len() int { return len(t.Data) / int(sizes[t.DType]) }

// IsFloat reports whether the elements are floating-point numbers that Floats converts.
func (t *Raw) IsFloat() bool {
	return t.DType == F32 || t.DType == F16 || t.DType == BF16 || t.DType == F64
}

// View returns the elements of an F32 tensor where they lie, if this machine can read them there.
func (t *Raw) View() ([]float32, bool) {
	if t.DType != F32 {
		return nil, false
	}
	v := values(t.Data)
	return v, len(v) == 0 || aliased(v, t.Data)
}

// Floats converts elements from on to float32 until dst is full. It panics if IsFloat is false or
// there are too few.
func (t *Raw) Floats(dst []float32, from int) {
	switch b := t.Data; t.DType {
	case F32:
		copy(dst, values(b[4*from:4*(from+len(dst))]))
	case F16:
		b = b[2*from : 2*(from+len(dst))]
		for i := range dst {
			dst[i] = half(binary.LittleEndian.Uint16(b[2*i:]))
		}
	case BF16:
		b = b[2*from : 2*(from+len(dst))]
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(b[2*i:])) << 16)
		}
	case F64:
		b = b[8*from : 8*(from+len(dst))]
		for i := range dst {
			dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:])))
		}
	default:
		panic("safetensors: " + string(t.DType) + " is not a floating-point type")
	}
}

// half returns an IEEE 754 binary16 number, subnormal ones, infinities and NaN included.
func half(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10&31), uint32(h&1023)
	switch exp {
	case 0:
		x := float32(frac) * (1.0 / (1 << 24))
		return math.Float32frombits(math.Float32bits(x) | sign)
	case 31:
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}

// Parse returns the tensors of a whole file, in the order of their data, which stay where they lie.
// The header must describe every byte behind it exactly once, as in the reference implementation.
func Parse(file []byte) (metadata map[string]string, tensors []Raw, err error) {
	if len(file) < 8 {
		return nil, nil, errors.New("not a safetensors file")
	}
	n := binary.LittleEndian.Uint64(file)
	if n > maxHeader || n > uint64(len(file)-8) {
		if what := mistaken(file); what != "" {
			return nil, nil, fmt.Errorf("not a safetensors file: %s", what)
		}
		if n <= maxHeader && bytes.HasPrefix(file[8:], []byte("{")) {
			return nil, nil, fmt.Errorf("cut off: of a header of %d bytes there are %d", n, len(file)-8)
		}
		return nil, nil, errors.New("not a safetensors file")
	}
	metadata, all, err := parseHeader(file[8 : 8+n])
	if err != nil {
		return nil, nil, fmt.Errorf("not a safetensors file: header: %w", err)
	}
	data := file[8+n:]
	slices.SortFunc(all, func(a, b located) int {
		return cmp.Or(cmp.Compare(a.Offsets[0], b.Offsets[0]), cmp.Compare(a.Offsets[1], b.Offsets[1]), cmp.Compare(a.name, b.name))
	})
	end := int64(0)
	for _, e := range all {
		size, ok := sizes[e.DType]
		if !ok {
			return nil, nil, fmt.Errorf("cannot read tensor %s: unknown type %.40q", e.name, e.DType)
		}
		count := int64(1)
		for _, d := range e.Shape {
			if d < 0 || (d > 0 && count > int64(len(data))/int64(d)) {
				return nil, nil, fmt.Errorf("cannot read tensor %s: shape %v does not fit the file", e.name, e.Shape)
			}
			count *= int64(d)
		}
		if e.Offsets[0] == end && e.Offsets[1] == end+size*count && e.Offsets[1] > int64(len(data)) {
			return nil, nil, fmt.Errorf("cut off: tensor %s ends at byte %d of %d", e.name, e.Offsets[1], len(data))
		}
		if e.Offsets[0] != end || e.Offsets[1] != end+size*count || e.Offsets[1] > int64(len(data)) {
			return nil, nil, fmt.Errorf("cannot read tensor %s: offsets %v do not fit shape %v of %s in %d bytes", e.name, e.Offsets, e.Shape, e.DType, len(data))
		}
		tensors = append(tensors, Raw{Name: e.name, DType: e.DType, Shape: e.Shape, Data: data[end:e.Offsets[1]]})
		end = e.Offsets[1]
	}
	if end != int64(len(data)) {
		return nil, nil, fmt.Errorf("cannot read safetensors: %d bytes after the last tensor", int64(len(data))-end)
	}
	return metadata, tensors, nil
}

// mistaken returns what a file that is something else is known to be.
func mistaken(file []byte) string {
	switch {
	case bytes.HasPrefix(file, []byte("version https://git-lfs")):
		return "it is a Git LFS pointer: fetch the file itself (git lfs pull)"
	case bytes.HasPrefix(bytes.ToLower(file[:min(len(file), 16)]), []byte("<!doctype")) || bytes.HasPrefix(file, []byte("<html")):
		return "it is a web page: the download failed"
	case bytes.HasPrefix(file, []byte("PK\x03\x04")) || bytes.HasPrefix(file, []byte("\x80\x02")):
		return "it is a pickle of PyTorch"
	case isText(file[:min(len(file), 512)]):
		return "it is a text file"
	}
	return ""
}

// isText reports whether the head of a file is text: the length of a header has a zero among its
// eight bytes.
func isText(head []byte) bool {
	return !bytes.ContainsFunc(head, func(r rune) bool { return r < ' ' && !unicode.IsSpace(r) || r == utf8.RuneError })
}

type located struct {
	name string
	entry
}

// parseHeader reads the header with a decoder of tokens, since a map would hide a name that comes
// twice.
func parseHeader(head []byte) (metadata map[string]string, all []located, err error) {
	d := json.NewDecoder(bytes.NewReader(head))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, nil, cmp.Or(err, errors.New("it is no JSON object"))
	}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, nil, err
		}
		name := t.(string) // a key of an object
		if seen[name] {
			return nil, nil, fmt.Errorf("the name %.200q comes twice", name)
		}
		seen[name] = true
		if name == "__metadata__" {
			if err := d.Decode(&metadata); err != nil {
				return nil, nil, fmt.Errorf("metadata: %w", err)
			}
			continue
		}
		e := located{name: name}
		if err := d.Decode(&e.entry); err != nil {
			return nil, nil, fmt.Errorf("tensor %.200q: %w", name, err)
		}
		if e.DType == "" || e.Shape == nil {
			return nil, nil, fmt.Errorf("tensor %.200q has no type or no shape", name)
		}
		all = append(all, e)
	}
	if _, err := d.Token(); err != nil {
		return nil, nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, nil, errors.New("more after the object")
	}
	return metadata, all, nil
}
