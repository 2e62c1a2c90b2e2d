package artifact

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/fusor-ml/fusor/encoder"
	"github.com/fusor-ml/fusor/feature/pretrained"
	"github.com/fusor-ml/fusor/internal/codec/safetensors"
	"github.com/fusor-ml/fusor/internal/filemap"
)

// encoderPrefix begins the names of the arrays that hold an encoder's files: encoder/SHA256/NAME.
const encoderPrefix = "encoder/"

// EmbedEncoders makes Encode write the files of all encoders, so that the model needs no others.
func (a *Artifact) EmbedEncoders() {
	for i := range a.Encoders {
		a.Encoders[i].Embedded = true
	}
}

// embedded returns the files of the encoders to write, each encoder once, the largest file first so
// that weights lie where they can be read without copying.
func (a *Artifact) embedded() []safetensors.Blob {
	var blobs []safetensors.Blob
	done := map[string]bool{}
	for _, id := range a.Encoders {
		e := a.Pretrained[id.Column]
		if !id.Embedded || done[id.SHA256] || e == nil {
			continue
		}
		done[id.SHA256] = true
		files := slices.Clone(id.Files)
		slices.SortFunc(files, func(a, b encoder.File) int { return cmp.Or(cmp.Compare(b.Size, a.Size), cmp.Compare(a.Name, b.Name)) })
		for _, f := range files {
			blobs = append(blobs, safetensors.Blob{
				Name: encoderPrefix + id.SHA256 + "/" + f.Name, Size: f.Size,
				Open: func() (io.ReadCloser, error) { return e.Folder.Open(f.Name) },
			})
		}
	}
	return blobs
}

// divide distinguishes the weights from the files of encoders, by the encoder's hash.
func divide(raw []safetensors.Raw) (tensors []safetensors.Tensor, files map[string]folder, err error) {
	files = map[string]folder{}
	for _, t := range raw {
		if rest, ok := strings.CutPrefix(t.Name, encoderPrefix); ok && t.DType == "U8" {
			sum, name, _ := strings.Cut(rest, "/")
			if files[sum] == nil {
				files[sum] = folder{}
			}
			files[sum][name] = t.Data
			continue
		}
		if t.DType != safetensors.F32 {
			return nil, nil, fmt.Errorf("cannot read tensor %s: type %s, only F32 is known", t.Name, t.DType)
		}
		x, ok := t.View()
		if !ok {
			x = make([]float32, t.Len())
			t.Floats(x, 0)
		}
		tensors = append(tensors, safetensors.Tensor{Name: t.Name, Shape: t.Shape, Data: x})
	}
	return tensors, files, nil
}

// restoreEncoders opens the encoders of the manifest: from files where they are embedded, else
// those that find returns.
func (a *Artifact) restoreEncoders(files map[string]folder, find pretrained.Finder) error {
	var wanted []pretrained.Identity
	for i := range a.Encoders {
		id := &a.Encoders[i]
		if !id.Embedded {
			wanted = append(wanted, *id)
			continue
		}
		e, err := pretrained.OpenFS(&a.Schema, id, files[id.SHA256])
		if err != nil {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		a.set(e)
	}
	if len(wanted) == 0 {
		return nil
	}
	if find == nil {
		find = pretrained.Find(nil)
	}
	found, err := find(&a.Schema, wanted)
	if err != nil {
		return err
	}
	for _, id := range wanted {
		e := found[id.Column]
		if e == nil || e.SHA256 != id.SHA256 {
			return fmt.Errorf("column %s: the encoder %s was not found", id.Column, &id)
		}
		a.set(e)
	}
	return nil
}

func (a *Artifact) set(e *pretrained.Encoder) {
	if a.Pretrained == nil {
		a.Pretrained = pretrained.Set{}
	}
	a.Pretrained[e.Column] = e
}

// folder is a file system of files in memory.
type folder map[string][]byte

var _ fs.ReadDirFS = folder(nil)

// Open implements fs.FS.
func (f folder) Open(name string) (fs.File, error) {
	data, ok := f[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &file{*bytes.NewReader(data), path.Base(name), data}, nil
}

// ReadDir implements fs.ReadDirFS. It lists files alone.
func (f folder) ReadDir(name string) ([]fs.DirEntry, error) {
	var entries []fs.DirEntry
	for p, data := range f {
		if path.Dir(p) == path.Clean(name) {
			entries = append(entries, fs.FileInfoToDirEntry(&file{*bytes.NewReader(data), path.Base(p), data}))
		}
	}
	if len(entries) == 0 {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// file is an open file of a folder, and its own description.
type file struct {
	bytes.Reader
	name string
	data []byte
}

var (
	_ filemap.Held = (*file)(nil)
	_ fs.FileInfo  = (*file)(nil)
)

func (f *file) Bytes() []byte              { return f.data }
func (f *file) Stat() (fs.FileInfo, error) { return f, nil }
func (f *file) Close() error               { return nil }
func (f *file) Name() string               { return f.name }
func (f *file) Mode() fs.FileMode          { return 0o444 }
func (f *file) ModTime() time.Time         { return time.Time{} }
func (f *file) IsDir() bool                { return false }
func (f *file) Sys() any                   { return nil }
