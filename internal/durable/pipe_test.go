//go:build unix

package durable

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// What is no file is written to and not replaced by one: as root, --json /dev/null would take the
// device away.
func TestPipeStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("no pipes here: ", err)
	}
	got := make(chan []byte, 1)
	go func() {
		data, _ := os.ReadFile(path)
		got <- data
	}()
	if err := WriteFile(path, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if data := <-got; string(data) != "x" {
		t.Errorf("%q came through", data)
	}
	if info, err := os.Stat(path); err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		t.Errorf("the pipe became %v, %v", info.Mode(), err)
	}
}
