//go:build !windows

package report

import (
	"os"

	"golang.org/x/term"
)

// takesColors reports whether f is a terminal; all of them understand ANSI sequences.
func takesColors(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }
