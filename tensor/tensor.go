// Package tensor holds dense row-major arrays of float32 or float64.
//
// A tensor carries its element type at run time, so that layers and fusion methods need no type
// parameters: models train in float32, gradient checks run the same code in float64. A misuse of
// shapes panics with a message that names the operation and the shapes; see errors.go.
package tensor

// DType is the element type of a tensor.
type DType uint8

const (
	F32 DType = iota // float32, what models train and predict in
	F64              // float64, what gradient checks run in
)

// String returns "float32" or "float64".
func (d DType) String() string {
	if d == F64 {
		return "float64"
	}
	return "float32"
}

// Tensor is a contiguous row-major array: the last index moves fastest. Exactly one of F32 and F64
// is in use, except that a tensor without elements may have neither. A shape without axes is a
// scalar with one element.
type Tensor struct {
	Shape []int
	F32   []float32
	F64   []float64
}

// New returns a tensor of zeros.
func New(d DType, shape ...int) *Tensor {
	n := Size(shape)
	t := &Tensor{Shape: append([]int{}, shape...)}
	if d == F64 {
		t.F64 = make([]float64, n)
	} else {
		t.F32 = make([]float32, n)
	}
	return t
}

// FromF32 returns a tensor over data, which it keeps: len(data) must be the product of shape.
func FromF32(data []float32, shape ...int) *Tensor {
	checkSize("FromF32", len(data), shape)
	return &Tensor{Shape: append([]int{}, shape...), F32: data}
}

// FromF64 returns a tensor over data, which it keeps: len(data) must be the product of shape.
func FromF64(data []float64, shape ...int) *Tensor {
	checkSize("FromF64", len(data), shape)
	return &Tensor{Shape: append([]int{}, shape...), F64: data}
}

// Size returns the number of elements of a shape, 1 for a scalar.
func Size(shape []int) int {
	n := 1
	for _, d := range shape {
		if d < 0 {
			badShape("Size", shape)
		}
		n *= d
	}
	return n
}

// DType returns the element type.
func (t *Tensor) DType() DType {
	if t.F64 != nil {
		return F64
	}
	return F32
}

// Len returns the number of elements.
func (t *Tensor) Len() int {
	if t.F64 != nil {
		return len(t.F64)
	}
	return len(t.F32)
}

// Rank returns the number of axes.
func (t *Tensor) Rank() int { return len(t.Shape) }

// Dim returns the length of axis i; a negative i counts from the end.
func (t *Tensor) Dim(i int) int {
	if i < 0 {
		i += len(t.Shape)
	}
	if i < 0 || i >= len(t.Shape) {
		badAxis(i, t.Shape)
	}
	return t.Shape[i]
}

// offset returns the place of an element in the data.
func (t *Tensor) offset(index []int) int {
	if len(index) != len(t.Shape) {
		badIndex(index, t.Shape)
	}
	at := 0
	for i, x := range index {
		if x < 0 || x >= t.Shape[i] {
			badIndex(index, t.Shape)
		}
		at = at*t.Shape[i] + x
	}
	return at
}

// At returns one element.
func (t *Tensor) At(index ...int) float64 { return t.Flat(t.offset(index)) }

// Set stores one element, rounded to the element type.
func (t *Tensor) Set(v float64, index ...int) { t.SetFlat(v, t.offset(index)) }

// Flat returns the element at a place of the data.
func (t *Tensor) Flat(i int) float64 {
	if t.F64 != nil {
		return t.F64[i]
	}
	return float64(t.F32[i])
}

// SetFlat stores the element at a place of the data, rounded to the element type.
func (t *Tensor) SetFlat(v float64, i int) {
	if t.F64 != nil {
		t.F64[i] = v
		return
	}
	t.F32[i] = float32(v)
}

// SameShape reports whether two shapes are equal.
func SameShape(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
