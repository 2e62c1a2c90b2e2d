//go:build unix

package filemap

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

func mapFile(f *os.File, size int64) ([]byte, error) {
	if int64(int(size)) != size {
		return nil, unix.EFBIG
	}
	return unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_PRIVATE)
}

func unmap(data []byte) error { return unix.Munmap(data) }

// forget drops the whole pages of part. It is only advice: nothing depends on it.
func forget(part []byte) {
	page := uintptr(os.Getpagesize())
	at := uintptr(unsafe.Pointer(unsafe.SliceData(part)))
	skip := int(-at & (page - 1))
	if n := (len(part) - skip) &^ int(page-1); n > 0 {
		_ = unix.Madvise(part[skip:skip+n], unix.MADV_DONTNEED)
	}
}
