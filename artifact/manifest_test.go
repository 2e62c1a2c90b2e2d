package artifact

import (
	"bytes"
	"encoding/json"
	"errors"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/feature/tabular"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/internal/codec/safetensors"
	"github.com/fusor-ml/fusor/model"
)

// sealed is a file with a manifest of our choice and a checksum that matches it.
func sealed(t testing.TB, manifest []byte, tensors []safetensors.Tensor) []byte {
	t.Helper()
	var b bytes.Buffer
	err := safetensors.Write(&b, map[string]string{
		"format": formatName, "version": strconv.Itoa(Version), "manifest": string(manifest), "sha256": checksum(manifest, tensors),
	}, tensors)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// small returns a manifest that fits, with the state of a fitted view.
func small(t testing.TB) string {
	t.Helper()
	f := tabular.Vectors().Views()[0].NewFitter(feature.NoScaling)
	f.Add(feature.Raw{Values: []float32{1, 2}, Dim: 2})
	state, err := f.State()
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(manifestOf, "STATE", string(data), 1)
}

const manifestOf = `{"schema":{"columns":[{"name":"x","kind":"vector","dim":2}],"label":"y","task":"class","classes":["a","b"]},` +
	`"views":[{"name":"x.vector","column":"x","view":"vector","version":1,"scaling":"none","state":STATE}],` +
	`"spec":{"views":[{"name":"x.vector","column":"x","shape":"vector","dim":2,"encoder":"linear"}],"fusion":"mean","fusion_config":{},"outputs":2,"prior":[-0.7,-0.7],"width":4,"seed":1},"temperature":1}`

// edits make manifests that do not fit themselves.
var edits = [][2]string{
	{`"shape":"vector","dim":2`, `"shape":"vector","dim":-9`},
	{`"shape":"vector","dim":2`, `"shape":"vector","dim":3`},
	{`"shape":"vector"`, `"shape":"tokens"`},
	{`"width":4`, `"width":4000000000`},
	{`"width":4`, `"width":-4`},
	{`"prior":[-0.7,-0.7]`, `"prior":[]`},
	{`"classes":["a","b"]`, `"classes":["a"]`},
	{`"outputs":2`, `"outputs":-2`},
	{`"outputs":2`, `"outputs":3`},
	{`"task":"class"`, `"task":"regression"`},
	{`"temperature":1`, `"temperature":0`},
	{`"views":[{"name":"x.vector","column":"x","view"`, `"views":[{"name":"z.vector","column":"x","view"`},
	{`"fusion":"mean"`, `"fusion":"none"`},
}

// A file that is whole but does not fit itself is refused before it predicts.
func TestManifestMustFit(t *testing.T) {
	catalog := feature.Catalog{tabular.Table(), tabular.Vectors()}
	open := func(manifest string) error {
		var a Artifact
		if err := json.Unmarshal([]byte(manifest), &a.Manifest); err != nil {
			t.Fatal(err)
		}
		var tensors []safetensors.Tensor
		if a.Spec.Width < 100 {
			if m, err := model.Build(a.Spec, fusion.Methods); err == nil {
				for _, p := range m.Params() {
					tensors = append(tensors, safetensors.Tensor{Name: p.Name, Shape: p.Value.Shape, Data: p.Value.F32})
				}
			}
		}
		_, err := Decode(sealed(t, []byte(manifest), tensors), catalog, fusion.Methods, nil)
		return err
	}
	whole := small(t)
	if err := open(whole); err != nil {
		t.Fatalf("the manifest that fits: %v", err)
	}
	for _, edit := range edits {
		changed := strings.Replace(whole, edit[0], edit[1], 1)
		if changed == whole {
			t.Errorf("nothing to edit: %s", edit[0])
		}
		if err := open(changed); err == nil {
			t.Errorf("%s was taken", edit[1])
		}
	}
}

// What a manifest claims takes no memory that the file does not have.
func TestClaimsTakeNoMemory(t *testing.T) {
	catalog := feature.Catalog{tabular.Table(), tabular.Vectors()}
	for _, edit := range []*strings.Replacer{
		strings.NewReplacer(`"shape":"vector","dim":2`, `"shape":"vector","dim":1000000000000000`, `"width":2`, `"width":1000000000000000`),
		strings.NewReplacer(`"fusion":"mean","fusion_config":{}`, `"fusion":"transformer","fusion_config":{"dim":4096}`),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Decode(sealed(t, []byte(edit.Replace(small(t))), nil), catalog, fusion.Methods, nil)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("the error is %v", err)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 16<<20 {
			t.Errorf("%d MB were taken", took>>20)
		}
	}
}

// A checksum reports that a file is whole, not that its maker meant well: whatever the manifest
// states, the answer is a model or an error.
func FuzzManifest(f *testing.F) {
	whole := small(f)
	f.Add([]byte(whole))
	f.Add([]byte("{}"))
	f.Add([]byte(`{"schema":{"task":"regression"},"spec":{"outputs":1,"regression":true,"fusion":"bilstm"}}`))
	for _, edit := range edits {
		f.Add([]byte(strings.Replace(whole, edit[0], edit[1], 1)))
	}
	catalog := feature.Catalog{tabular.Table(), tabular.Vectors()}
	f.Fuzz(func(t *testing.T, manifest []byte) {
		a, err := Decode(sealed(t, manifest, nil), catalog, fusion.Methods, nil)
		if err == nil && len(a.Model.Params()) > 0 {
			t.Error("parameters out of nothing")
		}
	})
}
