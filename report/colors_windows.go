package report

import (
	"os"

	"golang.org/x/sys/windows"
)

// takesColors reports whether a console understands ANSI sequences, and switches them on: a console
// of Windows shows them as they are until a program asks for more, and before Windows 10 always.
// Text needs nothing of the kind: Go writes UTF-16 to a console, whatever its code page.
func takesColors(f *os.File) bool {
	const wanted = windows.ENABLE_PROCESSED_OUTPUT | windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING
	var mode uint32
	console := windows.Handle(f.Fd())
	if windows.GetConsoleMode(console, &mode) != nil {
		return false
	}
	return mode&wanted == wanted || windows.SetConsoleMode(console, mode|wanted) == nil
}
