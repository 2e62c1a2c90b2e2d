package gs_test

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/fsouza/fake-gcs-server/fakestorage"

	"github.com/fusor-ml/fusor/engines/blob"
	_ "github.com/fusor-ml/fusor/engines/blob/gs"
)

// A folder of a bucket stores, lists and replaces what a job has.
func TestStorage(t *testing.T) {
	server, err := fakestorage.NewServerWithOptions(fakestorage.Options{Scheme: "http", Host: "127.0.0.1", PublicHost: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	server.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: "jobs"})
	t.Setenv("STORAGE_EMULATOR_HOST", strings.TrimPrefix(server.URL(), "http://"))
	ctx := t.Context()
	b, err := blob.Open(ctx, "gs://jobs/some/job")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close() //nolint:errcheck // what is written is written
	if _, err := b.Read(ctx, "none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reading what is not there: %v", err)
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
