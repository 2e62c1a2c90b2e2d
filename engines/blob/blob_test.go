package blob_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/fusor-ml/fusor"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/engines/blob"
	"github.com/fusor-ml/fusor/engines/blob/internal/localstore"
	"github.com/fusor-ml/fusor/engines/blob/internal/storagetest"
	"github.com/fusor-ml/fusor/scale"
)

// open returns a folder of a bucket of a local S3 server.
func open(t *testing.T) *blob.Bucket {
	t.Helper()
	b, err := blob.Open(t.Context(), localstore.Open(t, "some/job"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func TestStorage(t *testing.T) { storagetest.Check(t, open(t)) }

// What a command makes in a copy of the job is stored, and nothing else.
func TestCopy(t *testing.T) {
	b, ctx, dir := open(t), t.Context(), t.TempDir()
	if err := b.Write(ctx, "rows/1", []byte("one")); err != nil {
		t.Fatal(err)
	}
	c, err := b.Fetch(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // it was read and written
	if data, err := os.ReadFile(filepath.Join(dir, "rows", "1")); string(data) != "one" || err != nil {
		t.Errorf("fetched %q, %v", data, err)
	}
	if n, err := c.Store(ctx); n != 0 || err != nil {
		t.Errorf("%d files of an unchanged copy are stored, %v", n, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "rows", "2"), []byte("two"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Store(ctx); n != 1 || err != nil {
		t.Errorf("%d files are stored, %v", n, err)
	}
	if data, err := b.Read(ctx, "rows/2"); string(data) != "two" || err != nil {
		t.Errorf("stored %q, %v", data, err)
	}
}

// A comparison whose job lies in a bucket, done by two workers, has the result of one machine.
func TestCompare(t *testing.T) {
	var table bytes.Buffer
	table.WriteString("label,text,price\n")
	for i := range 60 {
		fmt.Fprintf(&table, "%s,a thing that is %s in row %d,%d\n", []string{"neg", "pos"}[i%2], []string{"bad", "good"}[(i+i/7%2)%2], i%9, i%5)
	}
	path := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(path, table.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	o := fusor.CompareOptions{Options: fusor.Options{NoCache: true, Threads: 1}}
	o.Fusions, o.Folds = []string{"mean"}, 2
	o.Recipe.Train.Epochs = 2
	ds, err := fusor.Open(path, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o.Dir = t.TempDir() // with the model
	plain, err := fusor.Compare(t.Context(), ds, o)
	if err != nil {
		t.Fatal(err)
	}
	o.Dir = ""
	b := open(t)
	if ds, err = fusor.Open(path, dataset.Options{Deferred: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := scale.NewCompare(t.Context(), ds, o, scale.Setup{Storage: b, Block: 20}); err != nil {
		t.Fatal(err)
	}
	worker := func() *scale.Worker {
		w, err := scale.Open(t.Context(), b)
		if err == nil {
			err = w.Compare(t.Context(), o)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		})
		return w
	}
	for _, stage := range worker().Job().Stages {
		for half := range 2 { // two workers, each of which begins anew in every stage
			w := worker()
			var tasks []scale.Task
			for _, task := range w.Tasks() {
				if task.Stage == stage.Name && task.Task%2 == half {
					tasks = append(tasks, task)
				}
			}
			if failed, waiting, err := w.Do(t.Context(), tasks); failed+waiting > 0 || err != nil {
				t.Fatalf("%s: %d failed, %d wait, %v", stage.Name, failed, waiting, err)
			}
		}
	}
	merged, err := worker().MergeCompare(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	if result(t, merged) != result(t, plain) {
		t.Error("the model or the leaderboard is not that of one machine")
	}
}

// result is the model and the leaderboard of a comparison, without its times.
func result(t *testing.T, c *fusor.Comparison) string {
	t.Helper()
	c.Run.Seconds, c.Run.Command = 0, nil
	for i := range c.Rows {
		c.Rows[i].FitSeconds = 0
	}
	var out bytes.Buffer
	if err := c.Model.Encode(&out); err != nil {
		t.Fatal(err)
	}
	if err := json.NewEncoder(&out).Encode(c.Comparison); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
