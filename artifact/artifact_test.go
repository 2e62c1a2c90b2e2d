package artifact_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/artifact"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/feature/tabular"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/internal/codec/safetensors"
	"github.com/fusor-ml/fusor/media"
	"github.com/fusor-ml/fusor/model"
)

var catalog = feature.Catalog{tabular.Table(), tabular.Vectors()}

// made is a small untrained model of two vector columns.
func made(t testing.TB) *artifact.Artifact {
	t.Helper()
	a := &artifact.Artifact{}
	a.Schema = dataset.Schema{Label: "label", Task: dataset.Classification, Classes: []string{"a", "b"}}
	a.Temperature = 1
	a.Spec = model.Spec{Method: "attention", Outputs: 2, Width: 4, Prior: []float32{-0.7, -0.7}}
	for _, name := range []string{"left", "right"} {
		a.Schema.Columns = append(a.Schema.Columns, dataset.Column{Name: name, Kind: media.Vector, Dim: 3})
		view := tabular.Vectors().Views()[0]
		f := view.NewFitter(feature.PerFeature)
		f.Add(feature.Raw{Values: []float32{1, 2, 3}, Dim: 3})
		f.Add(feature.Raw{Values: []float32{2, 0, 0.1}, Dim: 3})
		state, err := f.State()
		if err != nil {
			t.Fatal(err)
		}
		i := view.Info()
		a.Views = append(a.Views, artifact.View{Name: name + "." + i.Name, Column: name, View: i.Name, Version: i.Version, Options: i.Options, Scaling: feature.PerFeature})
		a.States = append(a.States, state)
		a.Spec.Views = append(a.Spec.Views, model.View{Name: name + "." + i.Name, Column: name, Shape: i.Shape, Dim: state.Dim(), Encoder: model.Linear})
	}
	var err error
	if a.Model, err = model.Build(a.Spec, fusion.Methods); err != nil {
		t.Fatal(err)
	}
	return a
}

func encode(t testing.TB, a *artifact.Artifact) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := a.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	a := made(t)
	data := encode(t, a)
	b, err := artifact.Decode(data, catalog, fusion.Methods, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(encode(t, b), data) {
		t.Error("other bytes after reading")
	}
	if !reflect.DeepEqual(b.Schema, a.Schema) || !reflect.DeepEqual(b.Spec, a.Spec) || !reflect.DeepEqual(b.States, a.States) {
		t.Errorf("read %+v, want %+v", b.Manifest, a.Manifest)
	}
	for i, p := range b.Model.Params() {
		if q := a.Model.Params()[i]; p.Name != q.Name || !reflect.DeepEqual(p.Value, q.Value) {
			t.Errorf("parameter %s differs", p.Name)
		}
	}
}

// Every change of the file is noticed: a bit anywhere, a cut anywhere.
func TestDamage(t *testing.T) {
	data := encode(t, made(t))
	for at := 0; at < len(data); at += 7 {
		bad := bytes.Clone(data)
		bad[at] ^= 4
		if _, err := artifact.Decode(bad, catalog, fusion.Methods, nil); err == nil && !harmless(data, bad) {
			t.Fatalf("byte %d of %d changed unnoticed", at, len(data))
		}
	}
	for n := 0; n < len(data); n += 11 {
		if _, err := artifact.Decode(data[:n], catalog, fusion.Methods, nil); !errors.Is(err, artifact.ErrDamaged) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
	if _, err := artifact.Decode(append(bytes.Clone(data), 0), catalog, fusion.Methods, nil); !errors.Is(err, artifact.ErrDamaged) {
		t.Errorf("with a byte more: %v", err)
	}
}

// harmless reports whether two files say the same in other bytes (a blank of the header's padding).
func harmless(a, b []byte) bool {
	ma, ta, erra := safetensors.Read(a)
	mb, tb, errb := safetensors.Read(b)
	return erra == nil && errb == nil && reflect.DeepEqual(ma, mb) && reflect.DeepEqual(ta, tb)
}

// file writes a safetensors file with the given metadata and no tensors.
func file(t *testing.T, meta map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := safetensors.Write(&b, meta, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRefused(t *testing.T) {
	f := func(data []byte, want error, says string) {
		t.Helper()
		_, err := artifact.Decode(data, catalog, fusion.Methods, nil)
		if !errors.Is(err, want) || !strings.Contains(err.Error(), says) {
			t.Errorf("%.40q: %v", data, err)
		}
	}
	f(nil, artifact.ErrDamaged, "it is empty")
	f([]byte("just some words, no model"), artifact.ErrDamaged, "safetensors")
	f(binary.LittleEndian.AppendUint64(nil, 1<<60), artifact.ErrDamaged, "")
	f(file(t, map[string]string{"format": "pt"}), artifact.ErrDamaged, "not fusor's")
	f(file(t, map[string]string{"format": "fusor", "version": "two"}), artifact.ErrDamaged, `version "two"`)
	f(file(t, map[string]string{"format": "fusor", "version": "2"}), artifact.ErrNewer, "update fusor")
	f(file(t, map[string]string{"format": "fusor", "version": "1", "manifest": "{}"}), artifact.ErrDamaged, "checksum")
}

// A model whose views or fusion this program lacks is refused by name.
func TestUnknownParts(t *testing.T) {
	data := encode(t, made(t))
	f := func(catalog feature.Catalog, methods fusion.Table, says string) {
		t.Helper()
		if _, err := artifact.Decode(data, catalog, methods, nil); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
	f(feature.Catalog{tabular.Table()}, fusion.Methods, `no views for "vector"`)
	f(catalog, fusion.Table{fusion.Methods[0]}, "attention")
	a := made(t)
	a.Views[1].Version = 7
	data = encode(t, a)
	f(catalog, fusion.Methods, "trained on version 7")
}

// lists is a modality whose vectors were extracted otherwise before.
type lists struct{ feature.Modality }

func (l lists) Earlier() []feature.View {
	return []feature.View{version{l.Views()[0], 6}, version{l.Views()[0], 7}}
}

type version struct {
	feature.View
	v int
}

func (v version) Info() feature.Info {
	info := v.View.Info()
	info.Version = v.v
	return info
}

func TestModelsOfEarlierViewsLoad(t *testing.T) {
	a := made(t)
	a.Views[1].Version = 7
	catalog := feature.Catalog{lists{tabular.Vectors()}}
	b, err := artifact.Decode(encode(t, a), catalog, fusion.Methods, nil)
	if err != nil {
		t.Fatal(err)
	}
	refs, err := b.Catalog(catalog).Select(&b.Schema, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{1, 7} {
		if got := refs[i].View.Info().Version; got != want {
			t.Errorf("%s is extracted by version %d, want %d", refs[i].Name, got, want)
		}
	}
	a.Views[1].Version = 8
	if _, err := artifact.Decode(encode(t, a), catalog, fusion.Methods, nil); err == nil || !strings.Contains(err.Error(), "trained on version 8") {
		t.Errorf("a version that nobody has: %v", err)
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "m.fusor")
	a := made(t)
	if err := a.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	if _, err := artifact.ReadFile(path, catalog, fusion.Methods, nil); err != nil {
		t.Error(err)
	}
	if err := a.WriteFile(filepath.Join(dir, "none", "m.fusor")); err == nil {
		t.Error("a file in a folder that is not there")
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("%d files where one was written: %v", len(left), err)
	}
}

// No time and no path: two files of the same model are equal, and the manifest is plain JSON.
func TestManifestIsJSON(t *testing.T) {
	one, two := encode(t, made(t)), encode(t, made(t))
	if !bytes.Equal(one, two) {
		t.Error("two files of the same model differ")
	}
	meta, _, err := safetensors.Read(one)
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid([]byte(meta["manifest"])) {
		t.Error("the manifest is not JSON")
	}
}

func FuzzDecode(f *testing.F) {
	data := encode(f, made(f))
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Add([]byte{})
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := artifact.Decode(b, catalog, fusion.Methods, nil)
		if err != nil {
			return
		}
		again, err := artifact.Decode(encode(t, a), catalog, fusion.Methods, nil)
		if err != nil || len(again.Views) != len(a.Views) {
			t.Errorf("what was read cannot be written and read again: %v", err)
		}
	})
}
