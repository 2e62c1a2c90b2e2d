package kernel

import (
	"syscall"
	"unsafe"
)

// hugePage is the size of the pages that advise asks for, madvHugePage how it asks.
const (
	hugePage     = 2 << 20
	madvHugePage = 14
)

// advise asks for large pages in memory of n bytes from p on, which nothing has been written to
// yet: a product that goes through much memory in long strides then misses the table of pages less
// often.
func advise(p unsafe.Pointer, n int) {
	skip := int(-uintptr(p) % hugePage)
	if n -= skip; n < hugePage {
		return
	}
	// It is only advice: where it is not taken all works as before.
	_ = syscall.Madvise(unsafe.Slice((*byte)(unsafe.Add(p, skip)), n&^(hugePage-1)), madvHugePage)
}
