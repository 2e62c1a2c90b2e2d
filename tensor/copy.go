package tensor

// Zero sets every element to zero.
func (t *Tensor) Zero() {
	clear(t.F32)
	clear(t.F64)
}

// Fill sets every element to v.
func (t *Tensor) Fill(v float64) {
	for i := range t.F64 {
		t.F64[i] = v
	}
	for i := range t.F32 {
		t.F32[i] = float32(v)
	}
}

// CopyFrom copies the elements of src, converted to t's element type. The number of elements must
// be equal; the shapes need not be.
func (t *Tensor) CopyFrom(src *Tensor) {
	if t.Len() != src.Len() {
		badCopy(t.Shape, src.Shape)
	}
	switch {
	case t.F64 != nil && src.F64 != nil:
		copy(t.F64, src.F64)
	case t.F64 != nil:
		for i, v := range src.F32 {
			t.F64[i] = float64(v)
		}
	case src.F64 != nil:
		for i, v := range src.F64 {
			t.F32[i] = float32(v)
		}
	default:
		copy(t.F32, src.F32)
	}
}

// Clone returns a copy with memory of its own.
func (t *Tensor) Clone() *Tensor {
	c := New(t.DType(), t.Shape...)
	c.CopyFrom(t)
	return c
}

// As returns t itself if it has the element type d, else a converted copy.
func (t *Tensor) As(d DType) *Tensor {
	if t.DType() == d {
		return t
	}
	c := New(d, t.Shape...)
	c.CopyFrom(t)
	return c
}
