package machine

import "syscall"

// faults lists the errors of the system that are no fault of a file (winerror.h).
var faults = []error{
	syscall.Errno(4),    // ERROR_TOO_MANY_OPEN_FILES
	syscall.Errno(8),    // ERROR_NOT_ENOUGH_MEMORY
	syscall.Errno(14),   // ERROR_OUTOFMEMORY
	syscall.Errno(23),   // ERROR_CRC: the disk fails
	syscall.Errno(112),  // ERROR_DISK_FULL
	syscall.Errno(1117), // ERROR_IO_DEVICE
	syscall.Errno(1450), // ERROR_NO_SYSTEM_RESOURCES
}
