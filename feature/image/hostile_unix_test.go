//go:build unix

package image

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/media"
)

// Cells that name pipes, devices, sockets, endless files and what lies outside are
// refused at once, by the names of a table and, confined to a root, by those of a request.
func TestHostileCells(t *testing.T) {
	outer := t.TempDir()
	dir := filepath.Join(outer, "in")
	secret := filepath.Join(outer, "secret.png")
	err := errors.Join(os.Mkdir(dir, 0o755), os.WriteFile(secret, []byte("secret"), 0o644), os.Mkdir(filepath.Join(dir, "folder"), 0o755),
		syscall.Mkfifo(filepath.Join(dir, "pipe.png"), 0o644), os.Symlink("pipe.png", filepath.Join(dir, "link.png")), os.Symlink("/dev/zero", filepath.Join(dir, "zero.png")),
		os.Symlink(secret, filepath.Join(dir, "abs.png")), os.Symlink("../secret.png", filepath.Join(dir, "up.png")), os.Symlink("loop.png", filepath.Join(dir, "loop.png")), os.Symlink("..", filepath.Join(dir, "parent")))
	if err != nil {
		t.Skipf("no pipes, links or sockets here: %v", err)
	}
	socket, err := net.Listen("unix", filepath.Join(dir, "socket.png"))
	if err != nil {
		t.Skipf("no pipes, links or sockets here: %v", err)
	}
	defer socket.Close()
	pipe, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	defer w.Close()
	names := []string{
		"pipe.png", "./pipe.png", "folder/../pipe.png", "link.png", "zero.png", "socket.png", "loop.png", "folder", ".", "folder/", "pipe.png;zero.png",
		"/dev/zero", "/dev/random", "/dev/urandom", "/dev/full", "/dev/null", "/dev/tty", "/dev/ptmx", "/dev/stdin", "/dev/console", fmt.Sprintf("/dev/fd/%d", pipe.Fd()), fmt.Sprintf("/proc/self/fd/%d", pipe.Fd()),
		"/proc/kcore", "/proc/kmsg", "/sys", "/proc/self", "//dev//zero", "none.png",
	}
	outside := []string{"abs.png", "up.png", "parent/secret.png", "../secret.png", "folder/../../secret.png", secret, "/etc/passwd", "parent/in/../secret.png"}
	root, err := media.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	refuse := func(name string, from media.Folder) {
		t.Helper()
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		cell := dataset.Cell{Files: []string{name}}
		if _, err := (modality{}).Open(ctx, &cell, nil, from); err == nil {
			t.Errorf("%s was opened", name)
		}
		if _, err := feature.ContentKey(ctx, cell.Sources(from)); err == nil && name != "folder" && name != "." && name != "folder/" && name != "/sys" && name != "/proc/self" {
			t.Errorf("%s was read", name)
		}
		if took := time.Since(start); took > 4*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
	for _, name := range names {
		refuse(name, media.Folder{Dir: dir})
	}
	for _, name := range append(names, outside...) {
		refuse(name, media.Folder{FS: root})
	}
	// A picture of that name opens: the refusals are not of every file.
	writePNG(t, dir, "fine.png", 8, 8)
	if _, err := (modality{}).Open(t.Context(), &dataset.Cell{Files: []string{"fine.png"}}, nil, media.Folder{FS: root}); err != nil {
		t.Error(err)
	}
}
