package kernel

import "sync"

// freeList keeps objects for reuse. Unlike sync.Pool it never drops them, so a steady state does
// not allocate.
type freeList[T any] struct {
	mu   sync.Mutex
	list []*T
}

// take returns a used object as it was given back, or a new one.
func (f *freeList[T]) take() *T {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.list)
	if n == 0 {
		return new(T)
	}
	x := f.list[n-1]
	f.list = f.list[:n-1]
	return x
}

// give keeps x for the next take.
func (f *freeList[T]) give(x *T) {
	f.mu.Lock()
	f.list = append(f.list, x)
	f.mu.Unlock()
}
