// Package localstore is an S3 server in the memory of a test.
package localstore

import (
	"net/http/httptest"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// Open returns the address of a folder in a bucket of a server that ends with the test.
func Open(t *testing.T, folder string) string {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("jobs"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "a")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "b")
	return "s3://jobs/" + folder + "?region=us-east-1&use_path_style=true&disable_https=true&endpoint=" + server.URL
}
