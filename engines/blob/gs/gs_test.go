package gs_test

import (
	"strings"
	"testing"

	"github.com/fsouza/fake-gcs-server/fakestorage"

	"github.com/fusor-ml/fusor/engines/blob"
	_ "github.com/fusor-ml/fusor/engines/blob/gs"
	"github.com/fusor-ml/fusor/engines/blob/internal/storagetest"
)

func TestStorage(t *testing.T) {
	server, err := fakestorage.NewServerWithOptions(fakestorage.Options{Scheme: "http", Host: "127.0.0.1", PublicHost: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	server.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: "jobs"})
	t.Setenv("STORAGE_EMULATOR_HOST", strings.TrimPrefix(server.URL(), "http://"))
	b, err := blob.Open(t.Context(), "gs://jobs/some/job")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close() //nolint:errcheck // what is written is written
	storagetest.Check(t, b)
}
