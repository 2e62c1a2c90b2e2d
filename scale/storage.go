package scale

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/fusor-ml/fusor/internal/durable"
)

// Storage is where a job lies. Names are paths with slashes, below the job.
type Storage interface {
	// Read returns a file's content; the error of one that is not there wraps [fs.ErrNotExist].
	Read(ctx context.Context, name string) ([]byte, error)
	// Write makes or replaces a file, which is whole or not there whatever happens meanwhile. It
	// must not keep data.
	Write(ctx context.Context, name string, data []byte) error
	// List returns the names of the files in a folder, without the folder's; none where there is no
	// such folder.
	List(ctx context.Context, folder string) ([]string, error)
}

// Dir is the storage of a job in a folder, on a disk or a mount that all machines see.
type Dir string

var _ Storage = Dir("")

func (d Dir) path(name string) string { return filepath.Join(string(d), filepath.FromSlash(name)) }

// Read implements Storage.
func (d Dir) Read(_ context.Context, name string) ([]byte, error) { return os.ReadFile(d.path(name)) }

// Write implements Storage: under a temporary name, synced, then renamed.
func (d Dir) Write(_ context.Context, name string, data []byte) error {
	path := d.path(name)
	err := durable.WriteFile(path, data)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		err = durable.WriteFile(path, data)
	}
	return err
}

// List implements Storage.
func (d Dir) List(_ context.Context, folder string) ([]string, error) {
	entries, err := os.ReadDir(d.path(folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}
