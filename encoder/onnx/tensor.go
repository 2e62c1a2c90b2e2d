package onnx

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// Type is an element type, numbered as ONNX does.
type Type uint8

// The element types that are supported. Float16 and BFloat16 are held as float32 and rounded to
// their precision after every operator.
const (
	Float32  Type = 1
	Uint8    Type = 2
	Int8     Type = 3
	Int32    Type = 6
	Int64    Type = 7
	Bool     Type = 9
	Float16  Type = 10
	Float64  Type = 11
	BFloat16 Type = 16
)

var typeNames = [...]string{
	"undefined", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "float64",
	"uint32", "uint64", "complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2",
	"float8e5m2fnuz", "uint4", "int4",
}

// String returns the name of the type.
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return fmt.Sprintf("type %d", uint8(t))
}

// supported reports whether tensors of this type can be computed with.
func (t Type) supported() bool {
	switch t {
	case Float32, Uint8, Int8, Int32, Int64, Bool, Float16, Float64, BFloat16:
		return true
	}
	return false
}

// stored is the number of bytes that an element takes in a file.
func (t Type) stored() int {
	switch t {
	case Uint8, Int8, Bool:
		return 1
	case Float16, BFloat16:
		return 2
	case Float64, Int64:
		return 8
	}
	return 4
}

// held is the number of bytes that an element takes in memory.
func (t Type) held() int {
	if t.half() {
		return 4
	}
	return t.stored()
}

func (t Type) half() bool  { return t == Float16 || t == BFloat16 }
func (t Type) float() bool { return t == Float32 || t == Float64 || t.half() }

// maxRank is the most axes that a tensor may have.
const maxRank = 16

// Tensor is an array, row-major.
type Tensor struct {
	Type  Type
	Shape []int
	// Data is a []float32 (Float32, Float16, BFloat16), []float64, []int64, []int32, []uint8, []int8
	// or []bool with as many elements as Shape asks for.
	Data any

	buf  *buffer // memory that goes back to the arena, or nil
	last bool    // the elements lie in the order of axes 0, 2, 3, ..., 1 (channels last)
}

// element is what Data may be a slice of.
type element interface {
	number | bool
}

type number interface {
	float | int64 | int32 | uint8 | int8
}

type float interface{ float32 | float64 }

// NewTensor returns a tensor of the given data, whose type must be one of Tensor.Data's.
func NewTensor[T element](data []T, shape ...int) *Tensor {
	return &Tensor{Type: typeOf[T](), Shape: shape, Data: data}
}

func typeOf[T element]() Type {
	var z T
	switch any(z).(type) {
	case float32:
		return Float32
	case float64:
		return Float64
	case int64:
		return Int64
	case int32:
		return Int32
	case uint8:
		return Uint8
	case int8:
		return Int8
	}
	return Bool
}

// Len returns the number of elements.
func (t *Tensor) Len() int { return size(t.Shape) }

// data returns the elements; T must fit the type.
func data[T element](t *Tensor) []T {
	d, ok := t.Data.([]T)
	if !ok {
		failf("%v is not an element type that it can be used with", t.Type)
	}
	return d
}

func (t *Tensor) f32() []float32 { return data[float32](t) }

// check reports a tensor from outside whose data does not fit its type and shape.
func (t *Tensor) check() error {
	n, ok := count(t.Shape)
	if !ok || len(t.Shape) > maxRank {
		return fmt.Errorf("the shape %v is not valid", t.Shape)
	}
	have := -1
	switch d := t.Data.(type) {
	case []float32:
		if t.Type == Float32 || t.Type.half() {
			have = len(d)
		}
	case []float64:
		have = lengthIf(t.Type == Float64, len(d))
	case []int64:
		have = lengthIf(t.Type == Int64, len(d))
	case []int32:
		have = lengthIf(t.Type == Int32, len(d))
	case []uint8:
		have = lengthIf(t.Type == Uint8, len(d))
	case []int8:
		have = lengthIf(t.Type == Int8, len(d))
	case []bool:
		have = lengthIf(t.Type == Bool, len(d))
	}
	if have < 0 {
		return fmt.Errorf("data of type %T does not fit %v", t.Data, t.Type)
	}
	if have != n {
		return fmt.Errorf("%d elements do not fill the shape %v", have, t.Shape)
	}
	return nil
}

func lengthIf(ok bool, n int) int {
	if !ok {
		return -1
	}
	return n
}

// size is the number of elements of a shape that is known to be valid.
func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// count is the number of elements of a shape; ok is false if an axis is negative or the number too
// large.
func count(shape []int) (n int, ok bool) {
	p := uint64(1)
	for _, d := range shape {
		if d < 0 {
			return 0, false
		}
		if d == 0 {
			p = 0
		}
	}
	for _, d := range shape {
		hi, lo := bits.Mul64(p, uint64(d))
		if hi != 0 || lo > math.MaxInt64/16 {
			return 0, false
		}
		p = lo
	}
	return int(p), true
}

// ints returns the elements of an integer tensor.
func (t *Tensor) ints() []int {
	switch d := t.Data.(type) {
	case []int64:
		return convert[int](d)
	case []int32:
		return convert[int](d)
	}
	failf("the type %v is not int64 or int32", t.Type)
	return nil
}

func convert[To, From number | int](from []From) []To {
	to := make([]To, len(from))
	for i, x := range from {
		to[i] = To(x)
	}
	return to
}

// scalar returns the only element of a tensor as a float64.
func (t *Tensor) scalar() float64 {
	if t.Len() != 1 {
		failf("a single number is needed, not the shape %v", t.Shape)
	}
	switch d := t.Data.(type) {
	case []float32:
		return float64(d[0])
	case []float64:
		return d[0]
	case []int64:
		return float64(d[0])
	case []int32:
		return float64(d[0])
	case []uint8:
		return float64(d[0])
	case []int8:
		return float64(d[0])
	}
	failf("a number is needed, not %v", t.Type)
	return 0
}

// roundHalf rounds the elements to the precision of the type.
func roundHalf(t Type, x []float32) {
	if t == Float16 {
		for i, v := range x {
			x[i] = fromF16(toF16(v))
		}
		return
	}
	for i, v := range x {
		x[i] = fromBF16(toBF16(v))
	}
}

func fromBF16(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }

// toBF16 rounds half to even.
func toBF16(v float32) uint16 {
	b := math.Float32bits(v)
	if v != v {
		return uint16(b>>16) | 0x40
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}

func fromF16(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10&31), uint32(h&1023)
	switch exp {
	case 0:
		v := float32(frac) * (1.0 / (1 << 24))
		return math.Float32frombits(math.Float32bits(v) | sign)
	case 31:
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}

// toF16 rounds half to even.
func toF16(v float32) uint16 {
	b := math.Float32bits(v)
	sign := uint16(b >> 16 & 0x8000)
	b &= 1<<31 - 1
	switch {
	case b > 0xff<<23:
		return sign | 0x7e00
	case b >= 0x477ff000: // 65520 and more
		return sign | 0x7c00
	case b < 0x38800000: // denormal in float16: the addition rounds at 2⁻²⁴
		return sign | uint16(math.Float32bits(math.Float32frombits(b)+0.5)-0x3f000000)
	}
	b += 0xfff + b>>13&1
	return sign | uint16((b-112<<23)>>13)
}

// axis returns a as an axis of a tensor of the given rank; negative ones count from the end.
func axis(a, rank int) int {
	at := a
	if at < 0 {
		at += rank
	}
	if at < 0 || at >= rank {
		failf("axis %d is not in a tensor of %d axes", a, rank)
	}
	return at
}

// axisSet returns the axes named as one flag for each axis; none named are all.
func axisSet(axes []int, rank int) []bool {
	set := make([]bool, rank)
	for _, a := range axes {
		i := axis(a, rank)
		if set[i] {
			failf("axis %d is named twice", a)
		}
		set[i] = true
	}
	return set
}

// strides are the distances of neighbors along each axis of a row-major array.
func strides(shape []int) []int {
	s := make([]int, len(shape))
	n := 1
	for i := len(shape) - 1; i >= 0; i-- {
		s[i] = n
		n *= shape[i]
	}
	return s
}

// lastShape is the shape in the order in which a channels-last tensor lies.
func lastShape(shape []int) []int {
	s := slices.Clone(shape)
	copy(s[1:], shape[2:])
	s[len(s)-1] = shape[1]
	return s
}
