package feature_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
)

// A cache folder that cannot be written is said, but is no fault of the data, nor are copies of
// rows cells that cannot be read: strict reading goes on.
func TestUnwritableCacheIsAWarning(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const pixel = "GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
	file("a.gif", pixel)
	cache := filepath.Join(file("no-folder", ""), "cache") // beneath a file: not even root can make it
	path := file("m.csv", "label,picture\nx,a.gif\ny,a.gif\nx,a.gif\ny,a.gif\n")
	ds, err := fusor.Open(path, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ds, err = fusor.Inspect(context.Background(), ds, nil, fusor.Options{Strict: true, CacheDir: cache})
	if err != nil {
		t.Fatal(err)
	}
	problems := ds.Problems
	if n := len(problems); n != 2 || !strings.Contains(problems[0].What, "4 of 4 rows are exact copies") || !strings.Contains(problems[1].What, "cannot write the feature cache") {
		t.Errorf("%v", problems)
	}
}
