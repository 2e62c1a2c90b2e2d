//go:build unix

package fusor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/train"
)

// failingFS fails with err on every read of the file bad from the open numbered from on.
type failingFS struct {
	fstest.MapFS
	bad   string
	from  int
	err   error
	opens *int
}

// Open implements fs.FS.
func (f failingFS) Open(name string) (fs.File, error) {
	file, err := f.MapFS.Open(name)
	if err != nil || name != f.bad {
		return file, err
	}
	if *f.opens++; *f.opens <= f.from {
		return file, nil
	}
	if errors.Is(f.err, syscall.EMFILE) || errors.Is(f.err, syscall.EACCES) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: f.err}
	}
	return failingFile{file, name, f.err}, nil
}

type failingFile struct {
	fs.File
	name string
	err  error
}

// Read implements fs.File.
func (f failingFile) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: f.name, Err: f.err}
}

// pictures are a table of 40 small pictures in two colors.
func pictures(t *testing.T) fstest.MapFS {
	t.Helper()
	files, table := fstest.MapFS{}, "photo,label\n"
	for i := range 40 {
		img := image.NewRGBA(image.Rect(0, 0, 8, 8))
		for k := range 64 {
			img.Set(k%8, k/8, color.RGBA{uint8(200 * (i % 2)), uint8(5*i + k%4), 90, 255})
		}
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("p%d.png", i)
		files[name] = &fstest.MapFile{Data: b.Bytes()}
		table += fmt.Sprintf("%s,%s\n", name, [...]string{"day", "night"}[i%2])
	}
	files["t.csv"] = &fstest.MapFile{Data: []byte(table)}
	return files
}

// Whenever the machine fails at a file, be it at the first look or in the middle of the work, the
// command ends with its error: no model is trained, and no score reported, without that file.
func TestFaultsOfTheMachine(t *testing.T) {
	files := pictures(t)
	s := Setup{NoCache: true, Seed: 1, Recipe: train.Recipe{Train: train.Config{Epochs: 1}}}
	steps := func(fsys fs.FS, m *Model) (step string, err error) {
		ds, err := dataset.OpenFS(fsys, "t.csv", dataset.Options{})
		if err != nil {
			return "open", err
		}
		if m != nil {
			_, err = m.Evaluate(context.Background(), ds, nil)
			return "evaluate", err
		}
		_, _, err = Train(context.Background(), ds, s.TrainOptions())
		return "train", err
	}
	ds, err := dataset.OpenFS(files, "t.csv", dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := Train(context.Background(), ds, s.TrainOptions())
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range []syscall.Errno{syscall.EIO, syscall.EMFILE, syscall.EACCES, syscall.ENOMEM} {
		for _, bad := range []string{"t.csv", "p7.png"} {
			for _, model := range []*Model{nil, m} {
				failed := map[string]bool{}
				for from := range 8 {
					opens := 0
					step, err := steps(failingFS{files, bad, from, fault, &opens}, model)
					if opens <= from { // it is not opened that often
						if err != nil {
							t.Errorf("%s fails at %s: %v", bad, step, err)
						}
						break
					}
					if err == nil || !strings.Contains(err.Error(), fault.Error()) || !strings.Contains(err.Error(), bad) {
						t.Errorf("%v at opening %d of %s: %s returned %v", fault, from+1, bad, step, err)
					}
					failed[step] = true
				}
				if want := map[bool]string{true: "train", false: "evaluate"}[model == nil]; bad != "t.csv" && !failed[want] {
					t.Errorf("%v of %s: %s never met it: %v", fault, bad, want, failed)
				}
			}
		}
	}
}
