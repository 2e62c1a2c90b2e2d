//go:build unix

package machine

import "syscall"

// faults lists the errors of the system that are no fault of a file.
var faults = []error{
	syscall.EMFILE, syscall.ENFILE, // too many open files
	syscall.ENOMEM,
	syscall.EIO, syscall.ESTALE, // a disk or a network share fails
	syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS,
}
