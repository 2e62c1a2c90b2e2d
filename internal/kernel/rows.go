package kernel

import "github.com/fusor-ml/fusor/internal/kernel/ref"

// AddRow sets dst[r] = x[r] + b for every row of len(b) elements. dst may be x.
func AddRow[T Float](dst, x, b []T) { ref.AddRow(dst, x, b) }

// MulRow sets dst[r] = x[r] w for every row of len(w) elements.
func MulRow[T Float](dst, x, w []T) { ref.MulRow(dst, x, w) }

// MulAddRow adds x[r] w to dst[r] for every row of len(w) elements.
func MulAddRow[T Float](dst, x, w []T) { ref.MulAddRow(dst, x, w) }

// ColSum adds the sum over the rows of x to dst, one row being len(dst) elements.
func ColSum[T Float](dst, x []T) { ref.ColSum(dst, x) }

// ColDot adds the sum over the rows of a b to dst, one row being len(dst) elements.
func ColDot[T Float](dst, a, b []T) { ref.ColDot(dst, a, b) }

// ScaleRows sets dst[r] = c[r] x[r] for rows of cols elements.
func ScaleRows[T Float](dst, x, c []T, cols int) { ref.ScaleRows(dst, x, c, cols) }

// ScaleRowsAdd adds c[r] x[r] to dst[r] for rows of cols elements.
func ScaleRowsAdd[T Float](dst, x, c []T, cols int) { ref.ScaleRowsAdd(dst, x, c, cols) }

// RowDot adds the sum over row r of a b to dst[r], rows of cols elements.
func RowDot[T Float](dst, a, b []T, cols int) { ref.RowDot(dst, a, b, cols) }

// RowSum sets dst[r] to the sum of row r of x, rows of cols elements.
func RowSum[T Float](dst, x []T, cols int) { ref.RowSum(dst, x, cols) }

// SpreadRows adds dy[r] to every element of row r of dx, rows of cols elements.
func SpreadRows[T Float](dx, dy []T, cols int) { ref.SpreadRows(dx, dy, cols) }

// CopyCols copies cols columns of rows rows from src to dst, whose rows lie lds and ldd elements apart.
func CopyCols[T Float](dst []T, ldd int, src []T, lds int, rows, cols int) {
	ref.CopyCols(dst, ldd, src, lds, rows, cols)
}

// AddCols is CopyCols that adds.
func AddCols[T Float](dst []T, ldd int, src []T, lds int, rows, cols int) {
	ref.AddCols(dst, ldd, src, lds, rows, cols)
}

// WhereRows sets dst[r] = x[r] where mask[r] is not zero, else alt, or zeros if alt is nil. Rows of cols elements; what
// stands in a masked row of x is not read.
func WhereRows[T Float](dst, x, alt []T, mask []float32, cols int) {
	ref.WhereRows(dst, x, alt, mask, cols)
}

// WhereRowsGrad adds dy[r] to dx[r] where mask[r] is not zero, else to dalt. dx and dalt may be nil.
func WhereRowsGrad[T Float](dx, dalt, dy []T, mask []float32, cols int) {
	ref.WhereRowsGrad(dx, dalt, dy, mask, cols)
}

// Transpose sets dst [cols, rows] to the transpose of x [rows, cols].
func Transpose[T Float](dst, x []T, rows, cols int) { ref.Transpose(dst, x, rows, cols) }

// TransposeAdd adds the transpose of x [rows, cols] to dst [cols, rows].
func TransposeAdd[T Float](dst, x []T, rows, cols int) { ref.TransposeAdd(dst, x, rows, cols) }

// Outer sets dst[r] [m, n] to the outer product of a[r] [m] and b[r] [n], a slowest, for rows rows.
func Outer[T Float](dst, a, b []T, rows, m, n int) { ref.Outer(dst, a, b, rows, m, n) }

// OuterGrad adds the gradients of Outer to da and db; either may be nil.
func OuterGrad[T Float](da, db, a, b, dy []T, rows, m, n int) {
	ref.OuterGrad(da, db, a, b, dy, rows, m, n)
}

// WeightedSum sets dst[r] [cols] to the sum over v of w[r, v] x[r, v] [cols], v < views. Views of weight zero are not
// read, so that what stands in an absent view stays out.
func WeightedSum[T Float](dst, x, w []T, views, cols int) { ref.WeightedSum(dst, x, w, views, cols) }

// WeightedSumGrad adds the gradients of WeightedSum to dx and dw; either may be nil.
func WeightedSumGrad[T Float](dx, dw, x, w, dy []T, views, cols int) {
	ref.WeightedSumGrad(dx, dw, x, w, dy, views, cols)
}
