package conformance_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/fusor-ml/fusor/encoder"
	"github.com/fusor-ml/fusor/encoder/onnx"
)

// graphGolden is a file of inputs and outputs of a graph.
type graphGolden struct {
	Tolerance float64 `json:"tolerance"`
	Cases     []struct {
		Inputs  map[string]graphTensor `json:"inputs"`
		Outputs map[string]graphTensor `json:"outputs"`
	} `json:"cases"`
}

// graphTensor is an array; floats that JSON cannot hold are strings.
type graphTensor struct {
	Type  string            `json:"type"`
	Shape []int             `json:"shape"`
	Data  []json.RawMessage `json:"data"`
}

// compareGraph runs a graph, as it is written and with operators fused, against its golden values.
func compareGraph(t *testing.T, dir, name string) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if bad, ok := strings.CutPrefix(name, "refuse/"); ok {
		refuseGraph(t, filepath.Join(dir, "refuse"), bad)
		return
	}
	if strings.HasPrefix(name, "folder-") {
		compareGraphFolder(t, dir, name)
		return
	}
	raw, err := os.ReadFile(filepath.Join(dir, name+".golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var golden graphGolden
	if err := json.Unmarshal(raw, &golden); err != nil {
		t.Fatal(err)
	}
	for _, o := range []onnx.Options{{Plain: true}, {}, {Workers: 2}} {
		g, err := onnx.Open(root.FS(), name+".onnx", o)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range golden.Cases {
			inputs := map[string]*onnx.Tensor{}
			for k, v := range c.Inputs {
				inputs[k] = v.tensor(t)
			}
			got, err := g.Run(context.Background(), inputs)
			if err != nil {
				t.Fatalf("plain %v, case %d: %v", o.Plain, i, err)
			}
			for k, want := range c.Outputs {
				if err := want.compare(got[k], golden.Tolerance); err != nil {
					t.Errorf("plain %v, case %d: output %s: %v", o.Plain, i, k, err)
				}
			}
			if len(got) != len(c.Outputs) {
				t.Errorf("plain %v: %d outputs, want %d", o.Plain, len(got), len(c.Outputs))
			}
		}
	}
}

// numbers returns the elements as float64s.
func (g graphTensor) numbers() ([]float64, error) {
	x := make([]float64, len(g.Data))
	for i, d := range g.Data {
		switch s := string(d); s {
		case `"NaN"`:
			x[i] = math.NaN()
		case `"Infinity"`:
			x[i] = math.Inf(1)
		case `"-Infinity"`:
			x[i] = math.Inf(-1)
		case "true":
			x[i] = 1
		case "false":
		default:
			if err := json.Unmarshal(d, &x[i]); err != nil {
				return nil, err
			}
		}
	}
	return x, nil
}

func (g graphTensor) tensor(t *testing.T) *onnx.Tensor {
	t.Helper()
	x, err := g.numbers()
	if err != nil {
		t.Fatal(err)
	}
	switch g.Type {
	case "float32":
		return onnx.NewTensor(as[float32](x), g.Shape...)
	case "int64":
		return onnx.NewTensor(as[int64](x), g.Shape...)
	case "int32":
		return onnx.NewTensor(as[int32](x), g.Shape...)
	case "uint8":
		return onnx.NewTensor(as[uint8](x), g.Shape...)
	case "int8":
		return onnx.NewTensor(as[int8](x), g.Shape...)
	case "float64":
		return onnx.NewTensor(x, g.Shape...)
	case "float16":
		return &onnx.Tensor{Type: onnx.Float16, Shape: g.Shape, Data: as[float32](x)}
	case "bool":
		b := make([]bool, len(x))
		for i, v := range x {
			b[i] = v != 0
		}
		return onnx.NewTensor(b, g.Shape...)
	}
	t.Fatalf("an input of type %q is not known", g.Type)
	return nil
}

func as[T float32 | int64 | int32 | uint8 | int8](x []float64) []T {
	y := make([]T, len(x))
	for i, v := range x {
		y[i] = T(v)
		if big, ok := any(&y[i]).(*int64); ok && v >= 1<<63 { // a float64 cannot hold the largest int64
			*big = math.MaxInt64
		}
	}
	return y
}

// compare reports whether got has the type, shape and values of a golden tensor; for quantized
// models (tolerance above 1e-3) the direction counts as well.
func (g graphTensor) compare(got *onnx.Tensor, tolerance float64) error {
	if got == nil {
		return errors.New("there is none")
	}
	want, err := g.numbers()
	if err != nil {
		return err
	}
	if fmt.Sprint(got.Shape) != fmt.Sprint(g.Shape) || got.Type.String() != g.Type {
		return fmt.Errorf("it is %v %v, want %v %v", got.Type, got.Shape, g.Type, g.Shape)
	}
	var dot, gg, ww float64
	have := flat(got)
	for i, w := range want {
		v := have[i]
		dot, gg, ww = dot+v*w, gg+v*v, ww+w*w
		if v == w || math.IsNaN(v) && math.IsNaN(w) {
			continue
		}
		if !(math.Abs(v-w) <= tolerance*(1+math.Abs(w))) {
			return fmt.Errorf("element %d is %g, want %g", i, v, w)
		}
	}
	if cos := dot / math.Sqrt(gg*ww); tolerance > 1e-3 && len(want) > 1 && cos < 0.9999 {
		return fmt.Errorf("the cosine is %g", cos)
	}
	return nil
}

// flat returns the elements of a tensor.
func flat(t *onnx.Tensor) []float64 {
	out := make([]float64, t.Len())
	for i := range out {
		switch d := t.Data.(type) {
		case []float32:
			out[i] = float64(d[i])
		case []float64:
			out[i] = d[i]
		case []int64:
			out[i] = float64(d[i])
		case []int32:
			out[i] = float64(d[i])
		case []uint8:
			out[i] = float64(d[i])
		case []int8:
			out[i] = float64(d[i])
		case []bool:
			if d[i] {
				out[i] = 1
			}
		}
	}
	return out
}

// refuseGraph holds that a hostile file is answered with an error, soon and without much memory.
func refuseGraph(t *testing.T, dir, name string) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	g, err := onnx.Open(root.FS(), name, onnx.Options{})
	if err == nil {
		inputs := map[string]*onnx.Tensor{}
		for _, v := range g.Inputs() {
			inputs[v.Name] = onnx.NewTensor(make([]float32, 8), 2, 4)
		}
		_, err = g.Run(context.Background(), inputs)
	}
	runtime.ReadMemStats(&after)
	switch {
	case err == nil:
		t.Error("it is not refused")
	case time.Since(start) > 5*time.Second:
		t.Errorf("it took %v", time.Since(start))
	case after.TotalAlloc-before.TotalAlloc > 256<<20:
		t.Errorf("%d MB were allocated", (after.TotalAlloc-before.TotalAlloc)>>20)
	}
	t.Log(err)
}

// compareGraphFolder compares what an encoder makes of the texts or pictures of a whole folder: a
// graph with its tokenizer or preprocessor.
func compareGraphFolder(t *testing.T, dir, name string) {
	dir = filepath.Join(dir, name)
	raw, err := os.ReadFile(filepath.Join(dir, "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Cases []struct {
			Text    []string          `json:"text"`
			Outputs map[string]nested `json:"outputs"`
		} `json:"cases"`
		Picture []string `json:"picture"`
		Embeds  nested   `json:"image_embeds"`
	}
	if err := json.Unmarshal(raw, &golden); err != nil {
		t.Fatal(err)
	}
	e, err := encoder.Open(dir, encoder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range golden.Cases {
		got, err := e.EncodeTexts(t.Context(), nil, c.Text)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "sentence_embedding", got, c.Outputs["sentence_embedding"].x, archTolerance)
	}
	if len(golden.Picture) > 0 {
		c := &archCase{Picture: golden.Picture, Outputs: map[string]nested{"image.embeds": golden.Embeds}}
		encodePictures(t, e, dir, c)
	}
	if len(golden.Cases)+len(golden.Picture) == 0 {
		t.Error("a folder of an unknown form")
	}
}
