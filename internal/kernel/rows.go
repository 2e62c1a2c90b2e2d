package kernel

import "github.com/fusor-ml/fusor/internal/kernel/ref"

// AddRow sets dst[r] = x[r] + b for every row of len(b) elements. dst may be x.
func AddRow[T Float](dst, x, b []T) {
	if vectors[T]() != nil {
		n := len(b)
		for at := 0; at+n <= len(x) && n > 0; at += n {
			Add(dst[at:at+n], x[at:at+n], b)
		}
		return
	}
	ref.AddRow(dst, x, b)
}

// MulRow sets dst[r] = x[r] w for every row of len(w) elements.
func MulRow[T Float](dst, x, w []T) {
	if vectors[T]() != nil {
		n := len(w)
		for at := 0; at+n <= len(x) && n > 0; at += n {
			Mul(dst[at:at+n], x[at:at+n], w)
		}
		return
	}
	ref.MulRow(dst, x, w)
}

// MulAddRow adds x[r] w to dst[r] for every row of len(w) elements.
func MulAddRow[T Float](dst, x, w []T) {
	if vectors[T]() != nil {
		n := len(w)
		for at := 0; at+n <= len(x) && n > 0; at += n {
			MulAdd(dst[at:at+n], x[at:at+n], w)
		}
		return
	}
	ref.MulAddRow(dst, x, w)
}

// ColSum adds the sum over the rows of x to dst, one row being len(dst) elements.
func ColSum[T Float](dst, x []T) {
	if v := vectors[T](); v != nil {
		if n := len(dst); n > 0 && len(x) >= n {
			v.vcolsum(n, at(dst), at(x), len(x)/n, 4*n)
		}
		return
	}
	ref.ColSum(dst, x)
}

// ColDot adds the sum over the rows of a b to dst, one row being len(dst) elements.
func ColDot[T Float](dst, a, b []T) {
	if vectors[T]() != nil {
		n := len(dst)
		for at := 0; at+n <= len(a) && n > 0; at += n {
			MulAdd(dst, a[at:at+n], b[at:at+n])
		}
		return
	}
	ref.ColDot(dst, a, b)
}

// ScaleRows sets dst[r] = c[r] x[r] for rows of cols elements.
func ScaleRows[T Float](dst, x, c []T, cols int) {
	if vectors[T]() != nil {
		for r, f := range c {
			Scale(dst[r*cols:(r+1)*cols], f, x[r*cols:(r+1)*cols])
		}
		return
	}
	ref.ScaleRows(dst, x, c, cols)
}

// ScaleRowsAdd adds c[r] x[r] to dst[r] for rows of cols elements.
func ScaleRowsAdd[T Float](dst, x, c []T, cols int) {
	if vectors[T]() != nil {
		for r, f := range c {
			Axpy(f, x[r*cols:(r+1)*cols], dst[r*cols:(r+1)*cols])
		}
		return
	}
	ref.ScaleRowsAdd(dst, x, c, cols)
}

// RowDot adds the sum over row r of a b to dst[r], rows of cols elements.
func RowDot[T Float](dst, a, b []T, cols int) {
	if vectors[T]() != nil {
		for r := range dst {
			dst[r] += Dot(a[r*cols:(r+1)*cols], b[r*cols:(r+1)*cols])
		}
		return
	}
	ref.RowDot(dst, a, b, cols)
}

// RowSum sets dst[r] to the sum of row r of x, rows of cols elements.
func RowSum[T Float](dst, x []T, cols int) {
	if vectors[T]() != nil {
		for r := range dst {
			dst[r] = Sum(x[r*cols : (r+1)*cols])
		}
		return
	}
	ref.RowSum(dst, x, cols)
}

// SpreadRows adds dy[r] to every element of row r of dx, rows of cols elements.
func SpreadRows[T Float](dx, dy []T, cols int) { ref.SpreadRows(dx, dy, cols) }

// CopyCols copies cols columns of rows rows from src to dst, whose rows lie lds and ldd elements
// apart.
func CopyCols[T Float](dst []T, ldd int, src []T, lds int, rows, cols int) {
	ref.CopyCols(dst, ldd, src, lds, rows, cols)
}

// AddCols is CopyCols that adds.
func AddCols[T Float](dst []T, ldd int, src []T, lds int, rows, cols int) {
	if vectors[T]() != nil {
		for r := range rows {
			Accumulate(dst[r*ldd:r*ldd+cols], src[r*lds:r*lds+cols])
		}
		return
	}
	ref.AddCols(dst, ldd, src, lds, rows, cols)
}

// WhereRows sets dst[r] = x[r] where mask[r] is not zero, else alt, or zeros if alt is nil. Rows of
// cols elements; what is in a masked row of x is not read.
func WhereRows[T Float](dst, x, alt []T, mask []float32, cols int) {
	ref.WhereRows(dst, x, alt, mask, cols)
}

// WhereRowsGrad adds dy[r] to dx[r] where mask[r] is not zero, else to dalt. dx and dalt may be
// nil.
func WhereRowsGrad[T Float](dx, dalt, dy []T, mask []float32, cols int) {
	if vectors[T]() != nil {
		for r, m := range mask {
			g := dy[r*cols : (r+1)*cols]
			if m != 0 && dx != nil {
				Accumulate(dx[r*cols:(r+1)*cols], g)
			} else if m == 0 && dalt != nil {
				Accumulate(dalt, g)
			}
		}
		return
	}
	ref.WhereRowsGrad(dx, dalt, dy, mask, cols)
}

// Transpose sets dst [cols, rows] to the transpose of x [rows, cols].
func Transpose[T Float](dst, x []T, rows, cols int) { ref.Transpose(dst, x, rows, cols) }

// TransposeAdd adds the transpose of x [rows, cols] to dst [cols, rows].
func TransposeAdd[T Float](dst, x []T, rows, cols int) { ref.TransposeAdd(dst, x, rows, cols) }

// Outer sets dst[r] [m, n] to the outer product of a[r] [m] and b[r] [n], a slowest, for rows rows.
func Outer[T Float](dst, a, b []T, rows, m, n int) {
	if vectors[T]() != nil {
		for r := range rows {
			y := b[r*n : (r+1)*n]
			for i, v := range a[r*m : (r+1)*m] {
				Scale(dst[(r*m+i)*n:(r*m+i+1)*n], v, y)
			}
		}
		return
	}
	ref.Outer(dst, a, b, rows, m, n)
}

// OuterGrad adds the gradients of Outer to da and db; either may be nil.
func OuterGrad[T Float](da, db, a, b, dy []T, rows, m, n int) {
	if vectors[T]() != nil {
		for i := range rows * m {
			g, r := dy[i*n:(i+1)*n], i/m
			if da != nil {
				da[i] += Dot(g, b[r*n:(r+1)*n])
			}
			if db != nil {
				Axpy(a[i], g, db[r*n:(r+1)*n])
			}
		}
		return
	}
	ref.OuterGrad(da, db, a, b, dy, rows, m, n)
}

// WeightedSum sets dst[r] [cols] to the sum over v of w[r, v] x[r, v] [cols], v < views. Views of
// weight zero are not read, so that the content of an absent view stays out.
func WeightedSum[T Float](dst, x, w []T, views, cols int) {
	if vectors[T]() != nil {
		clear(dst)
		for i, f := range w {
			if f != 0 {
				r := i / views
				Axpy(f, x[i*cols:(i+1)*cols], dst[r*cols:(r+1)*cols])
			}
		}
		return
	}
	ref.WeightedSum(dst, x, w, views, cols)
}

// WeightedSumGrad adds the gradients of WeightedSum to dx and dw; either may be nil.
func WeightedSumGrad[T Float](dx, dw, x, w, dy []T, views, cols int) {
	if vectors[T]() != nil {
		for i, f := range w {
			g := dy[i/views*cols : (i/views+1)*cols]
			if dx != nil && f != 0 {
				Axpy(f, g, dx[i*cols:(i+1)*cols])
			}
			if dw != nil {
				dw[i] += Dot(g, x[i*cols:(i+1)*cols])
			}
		}
		return
	}
	ref.WeightedSumGrad(dx, dw, x, w, dy, views, cols)
}
