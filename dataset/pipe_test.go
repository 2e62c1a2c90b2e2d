//go:build unix

package dataset

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A pipe is refused at once: reading it twice would wait for ever.
func TestPipeIsNoManifest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.csv")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("no pipes here: ", err)
	}
	if _, err := Open(path, Options{}); err == nil || !strings.Contains(err.Error(), "a pipe or device, not a file") {
		t.Errorf("error %v", err)
	}
}
