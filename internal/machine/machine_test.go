//go:build unix

package machine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"testing"
)

func TestFault(t *testing.T) {
	f := func(err error, want bool) {
		t.Helper()
		if got := Fault(err); got != want {
			t.Errorf("%v: %v", err, got)
		}
	}
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.EACCES, syscall.EPERM, syscall.EIO, syscall.ENOMEM, syscall.ENOSPC, syscall.EDQUOT} {
		f(&os.PathError{Op: "open", Path: "a", Err: e}, true)
		f(fmt.Errorf("cannot read: %w", errors.Join(io.EOF, &fs.PathError{Err: e})), true)
	}
	for _, e := range []error{nil, io.EOF, io.ErrUnexpectedEOF, fs.ErrNotExist, syscall.ENOENT, syscall.EISDIR, syscall.ENAMETOOLONG, syscall.ELOOP, syscall.EINVAL, context.Canceled, errors.New("no picture")} {
		f(e, false)
	}
}
