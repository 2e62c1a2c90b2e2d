// Package buffer holds slices that are used again and again.
package buffer

// Grow returns n elements of unspecified content, in the memory of s where that is enough, else in
// new memory with room for a quarter more.
func Grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	return s[:n]
}
