// Package machine shows faults of the machine from what is wrong with a file. A
// cell whose file is damaged is left out and reported; a machine that has run
// out of descriptors, memory or space, may not read, or fails to, ends the
// command: what it would go on with is not what the user asked for.
package machine

import (
	"errors"
	"io/fs"
)

// Fault reports whether err comes from the machine: too many open files, no
// permission, an I/O error, no memory, no space. It is the only place that decides this.
func Fault(err error) bool {
	if err == nil {
		return false
	}
	var m machineError
	if errors.Is(err, fs.ErrPermission) || errors.As(err, &m) {
		return true
	}
	for _, e := range faults {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// Blame marks err as the machine's fault where its cause does not show that:
// a process that cannot be started, say.
func Blame(err error) error { return machineError{err} }

type machineError struct{ error }

// Unwrap returns the cause.
func (e machineError) Unwrap() error { return e.error }
