//go:build unix

package media

import "syscall"

// nonblock keeps the opening of a pipe, which may have taken a file's place, from waiting for a
// writer.
const nonblock = syscall.O_NONBLOCK
