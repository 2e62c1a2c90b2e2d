// Package storagetest holds what every object store must do for a job.
package storagetest

import (
	"errors"
	"io/fs"
	"slices"
	"testing"

	"github.com/fusor-ml/fusor/engines/blob"
)

// Check reads, writes and lists in a folder that is empty.
func Check(t *testing.T, b *blob.Bucket) {
	t.Helper()
	ctx := t.Context()
	if _, err := b.Read(ctx, "none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reading what is not there: %v", err)
	}
	if names, err := b.List(ctx, "parts"); len(names) > 0 || err != nil {
		t.Errorf("a folder that is not there has %v, %v", names, err)
	}
	for _, name := range []string{"parts/b", "parts/a", "parts/more/c", "job.json"} {
		for _, content := range []string{"old", name} {
			if err := b.Write(ctx, name, []byte(content)); err != nil {
				t.Fatal(err)
			}
		}
		if data, err := b.Read(ctx, name); string(data) != name || err != nil {
			t.Errorf("%s holds %q, %v", name, data, err)
		}
	}
	if names, err := b.List(ctx, "parts"); !slices.Equal(names, []string{"a", "b", "more"}) || err != nil {
		t.Errorf("the folder has %v, %v", names, err)
	}
}
