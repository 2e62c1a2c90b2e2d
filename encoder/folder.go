package encoder

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/internal/codec/safetensors"
	"github.com/fusor-ml/fusor/internal/filemap"
)

// File is a file of a model's folder that its vectors depend on.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// folder reads the files of a model and keeps a list of them.
type folder struct {
	fsys  fs.FS
	files []File
}

// maxText bounds the JSON files of a model, those of tokenizers aside.
const maxText = 16 << 20

// local returns the path of a file that a JSON file in dir names, which must lie in the folder.
func local(dir, name string) (string, error) {
	p := path.Join(dir, name)
	if strings.Contains(name, `\`) || strings.HasPrefix(name, "/") || !fs.ValidPath(p) || slices.Contains(strings.Split(name, "/"), "..") {
		return "", fmt.Errorf("the path %.200q leads out of the folder", name)
	}
	return p, nil
}

// exists reports whether there is such a file.
func (f *folder) exists(name string) bool {
	_, err := fs.Stat(f.fsys, name)
	return err == nil
}

// open maps a file and takes it into the list.
func (f *folder) open(name string) (*filemap.File, error) {
	m, err := filemap.Open(f.fsys, name)
	if err != nil {
		return nil, err
	}
	f.noteContent(name, m)
	return m, nil
}

// hash takes a file that another package reads into the list, if it is there.
func (f *folder) hash(name string) error {
	m, err := filemap.Open(f.fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	f.noteContent(name, m)
	return m.Close()
}

// noteContent takes a mapped file into the list, of which a part lies in memory at a time.
func (f *folder) noteContent(name string, m *filemap.File) {
	sum := sha256.New()
	for part := range slices.Chunk(m.Data, 4<<20) {
		sum.Write(part)
		m.Forget(part)
	}
	f.note(File{name, int64(len(m.Data)), hex.EncodeToString(sum.Sum(nil))})
}

// note takes a file into the list once.
func (f *folder) note(file File) {
	if !slices.Contains(f.files, file) {
		f.files = append(f.files, file)
	}
}

// read returns a small file.
func (f *folder) read(name string) ([]byte, error) {
	info, err := fs.Stat(f.fsys, name)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxText {
		return nil, fmt.Errorf("cannot read %s: %d bytes are more than %d", name, info.Size(), maxText)
	}
	data, err := fs.ReadFile(f.fsys, name)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	f.note(File{name, int64(len(data)), hex.EncodeToString(sum[:])})
	return data, nil
}

// decode reads a JSON file into to and reports whether it is there.
func (f *folder) decode(name string, to any) (bool, error) {
	data, err := f.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := json.Unmarshal(data, to); err != nil {
		return false, fmt.Errorf("cannot read %s: %w", name, err)
	}
	return true, nil
}

// hasTensors reports whether there are weights as safetensors in dir.
func (f *folder) hasTensors(dir string) bool {
	return f.exists(path.Join(dir, "model.safetensors")) || f.exists(path.Join(dir, "model.safetensors.index.json"))
}

// tensors returns the tensors of the model in dir, from one file or several, which stay mapped for
// as long as a tensor is reachable. done returns the memory
// of a tensor that was copied to the system.
func (f *folder) tensors(dir string) (all []safetensors.Raw, done func(*safetensors.Raw), err error) {
	at := map[*byte]*filemap.File{}
	var maps []*filemap.File
	one := func(name string) ([]safetensors.Raw, error) {
		m, err := f.open(name)
		if err != nil {
			return nil, err
		}
		maps = append(maps, m)
		_, raw, err := safetensors.Parse(m.Data)
		if err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", name, err)
		}
		for i := range raw {
			if len(raw[i].Data) > 0 {
				at[&raw[i].Data[0]] = m
			}
		}
		return raw, nil
	}
	done = func(t *safetensors.Raw) {
		if len(t.Data) > 0 {
			at[&t.Data[0]].Forget(t.Data)
		}
	}
	single, index := path.Join(dir, "model.safetensors"), path.Join(dir, "model.safetensors.index.json")
	switch {
	case f.exists(single):
		all, err = one(single)
	case f.exists(index):
		all, err = f.shards(dir, index, one)
	default:
		err = f.otherWeights(dir)
	}
	if err != nil || len(all) == 0 {
		closeAll(maps)
		return nil, done, err
	}
	runtime.AddCleanup(&all[0], closeAll, maps)
	return all, done, nil
}

func closeAll(maps []*filemap.File) {
	for _, m := range maps {
		m.Close() //nolint:errcheck // nothing was written
	}
}

// shards returns the tensors of all files that an index names: exactly those that it names.
func (f *folder) shards(dir, index string, one func(string) ([]safetensors.Raw, error)) ([]safetensors.Raw, error) {
	var list struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if _, err := f.decode(index, &list); err != nil {
		return nil, err
	}
	if len(list.WeightMap) == 0 {
		return nil, fmt.Errorf("cannot read %s: weight_map names no tensor", index)
	}
	byFile := map[string][]string{}
	var names []string
	for tensor, file := range list.WeightMap {
		if byFile[file] == nil {
			names = append(names, file)
		}
		byFile[file] = append(byFile[file], tensor)
	}
	// A fixed order of the files, as the hash of the encoder and the errors go by it.
	slices.Sort(names)
	var all []safetensors.Raw
	for _, name := range names {
		// An index may not name files outside the folder.
		p, err := local(dir, name)
		if err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", index, err)
		}
		raw, err := one(p)
		if err != nil {
			return nil, err
		}
		have := map[string]bool{}
		for _, t := range raw {
			have[t.Name] = true
			// A tensor in two shards could come from either: what the index does not name is refused.
			if list.WeightMap[t.Name] != name {
				return nil, fmt.Errorf("cannot read %s: %s holds the tensor %s, which the index does not place there", index, name, t.Name)
			}
		}
		for _, tensor := range byFile[name] {
			if !have[tensor] {
				return nil, fmt.Errorf("cannot read %s: %s lacks the tensor %s", index, name, tensor)
			}
		}
		all = append(all, raw...)
	}
	return all, nil
}

// otherWeights is the error for a folder without safetensors, with advice for what is there
// instead.
func (f *folder) otherWeights(dir string) error {
	entries, err := fs.ReadDir(f.fsys, path.Clean(dir))
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch path.Ext(e.Name()) {
		case ".bin", ".pt", ".pth", ".ckpt", ".pkl":
			return fmt.Errorf("cannot use %s: it is a pickle, which can run code; convert it where PyTorch is: %s", e.Name(), conversion)
		case ".h5", ".msgpack", ".ot", ".mlmodel", ".gguf", ".ggml", ".tflite", ".pb":
			return fmt.Errorf("cannot use %s: weights must be .safetensors or .onnx; convert the model where PyTorch is: %s", e.Name(), conversion)
		case ".safetensors":
			return fmt.Errorf("cannot use %s: the weights must be named model.safetensors, or model.safetensors.index.json must name them", e.Name())
		}
	}
	return errors.New("there is no model.safetensors")
}

// conversion is three lines of Python that write model.safetensors.
const conversion = `from transformers import AutoModel; m = AutoModel.from_pretrained("DIR"); m.save_pretrained("DIR", safe_serialization=True)`
