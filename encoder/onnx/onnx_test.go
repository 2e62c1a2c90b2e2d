package onnx

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
)

// TestBatch holds that a row's bits do not depend on the other rows.
func TestBatch(t *testing.T) {
	for _, c := range slices.Concat(normCases()[:1], attentionCases()[:1], linearCases()) {
		if strings.HasSuffix(c.name, "row") {
			continue // the first row is added to all
		}
		rng := rand.New(rand.NewPCG(4, 2))
		w := &writer{opset: c.opset}
		w.output(c.build(w, rng, w.input("x", Float32, len(c.shape))))
		g := w.open(t, Options{})
		if g.MixesRows() {
			t.Errorf("%s: it mixes rows", c.name)
		}
		shape := slices.Clone(c.shape)
		shape[0] = 5
		x := normals(rng, size(shape))
		all := only(t, g, map[string]*Tensor{"x": NewTensor(x, shape...)})
		n, m := size(shape[1:]), size(all.Shape[1:])
		shape[0] = 1
		for i := range 5 {
			one := only(t, g, map[string]*Tensor{"x": NewTensor(x[i*n:(i+1)*n], shape...)})
			if !slices.Equal(one.f32(), all.f32()[i*m:(i+1)*m]) {
				t.Errorf("%s: row %d alone differs", c.name, i)
			}
		}
	}
}

func TestMixesRows(t *testing.T) {
	c := integerCases()[0]
	w := &writer{opset: c.opset}
	w.output(c.build(w, rand.New(rand.NewPCG(4, 2)), w.input("x", Float32, len(c.shape))))
	if !w.open(t, Options{}).MixesRows() {
		t.Error("dynamic quantization takes one scale for all rows")
	}
}

// TestConcurrent runs one graph from several goroutines with inputs of different shapes.
func TestConcurrent(t *testing.T) {
	c := attentionCases()[0]
	rng := rand.New(rand.NewPCG(4, 2))
	w := &writer{opset: c.opset}
	w.output(c.build(w, rng, w.input("x", Float32, len(c.shape))))
	g := w.open(t, Options{Workers: 2})
	var wg sync.WaitGroup
	for n := 1; n < 9; n++ {
		in := map[string]*Tensor{"x": NewTensor(normals(rng, n*7*24), n, 7, 24)}
		want := only(t, g, in)
		wg.Go(func() {
			for range 20 {
				out, err := g.Run(context.Background(), in)
				if err != nil || !slices.Equal(out[g.Outputs()[0].Name].f32(), want.f32()) {
					t.Errorf("%d rows: another result beside other runs: %v", n, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestCanceled(t *testing.T) {
	w := &writer{opset: 13}
	w.output(w.node("Relu", nil, w.input("x", Float32, 1)))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := w.open(t, Options{}).Run(ctx, map[string]*Tensor{"x": NewTensor([]float32{1}, 1)})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestOutputs computes what is asked for alone.
func TestOutputs(t *testing.T) {
	w := &writer{opset: 13}
	x := w.input("x", Float32, 1)
	a := w.node("Relu", nil, x)
	b := w.node("Neg", nil, a)
	w.output(a)
	w.output(b)
	g := w.open(t, Options{Outputs: []string{a}})
	if n := g.Operators(); n["Relu"] != 1 || n["Neg"] != 0 || len(g.Outputs()) != 1 {
		t.Errorf("%v", n)
	}
	if _, err := Open(fstest.MapFS{"m": {Data: w.file()}}, "m", Options{Outputs: []string{"z"}}); err == nil {
		t.Error("an output that is not there is accepted")
	}
}

// TestWrongInputs holds that what does not fit is an error that names it.
func TestWrongInputs(t *testing.T) {
	w := &writer{opset: 13}
	w.output(w.node("Relu", nil, w.input("x", Float32, 2)))
	g := w.open(t, Options{})
	f := func(want string, in map[string]*Tensor) {
		t.Helper()
		if _, err := g.Run(context.Background(), in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	f("missing", nil)
	f("no input", map[string]*Tensor{"x": NewTensor([]float32{1}, 1, 1), "y": NewTensor([]float32{1}, 1, 1)})
	f("int64", map[string]*Tensor{"x": NewTensor([]int64{1}, 1, 1)})
	f("shape", map[string]*Tensor{"x": NewTensor([]float32{1}, 1)})
	f("do not fill", map[string]*Tensor{"x": NewTensor([]float32{1}, 1, 2)})
	f("not valid", map[string]*Tensor{"x": NewTensor([]float32{1}, -1, -1)})
	f("not fit float32", map[string]*Tensor{"x": {Type: Float32, Shape: []int{1, 1}, Data: []int64{1}}})
}

// TestRefused holds that a graph which is not supported, or asks for too much, is an error soon.
func TestRefused(t *testing.T) {
	f := func(want string, opset int, build func(w *writer, x string) string) {
		t.Helper()
		w := &writer{opset: opset}
		w.output(build(w, w.input("x", Float32, 2)))
		start := time.Now()
		g, err := Open(fstest.MapFS{"m": {Data: w.file()}}, "m", Options{Limits: Limits{MaxMemory: 64 << 20}})
		if err == nil {
			_, err = g.Run(context.Background(), map[string]*Tensor{"x": NewTensor(make([]float32, 8), 2, 4)})
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if time.Since(start) > 2*time.Second {
			t.Errorf("%q took %v", want, time.Since(start))
		}
	}
	f("Frobnicate", 13, func(w *writer, x string) string { return w.node("Frobnicate", nil, x) })
	f("Gelu of opset 13", 13, func(w *writer, x string) string { return w.node("Gelu", nil, x) })
	f("opset 8", 8, func(w *writer, x string) string { return w.node("Relu", nil, x) })
	f("opset 22", 22, func(w *writer, x string) string { return w.node("Relu", nil, x) })
	f(`attribute "beta"`, 13, func(w *writer, x string) string { return w.node("LeakyRelu", attrs{"beta": 1.0}, x) })
	f("wrong kind", 13, func(w *writer, x string) string { return w.node("LeakyRelu", attrs{"alpha": 1}, x) })
	f("approximate", 20, func(w *writer, x string) string { return w.node("Gelu", attrs{"approximate": "sigmoid"}, x) })
	f("nothing makes", 13, func(w *writer, x string) string { return w.node("Add", nil, x, "nowhere") })
	f("0 inputs", 13, func(w *writer, _ string) string { return w.node("Relu", nil) })
	f("64 MB", 13, func(w *writer, _ string) string { return w.node("ConstantOfShape", nil, w.ints(1<<20, 1<<20)) })
	f("64 MB", 13, func(w *writer, x string) string { return w.node("Tile", nil, x, w.ints(1<<15, 1<<15)) })
	f("64 MB", 13, func(w *writer, x string) string { return w.node("Expand", nil, x, w.ints(1<<30, 1, 1)) })
	f("64 MB", 13, func(w *writer, x string) string { return w.node("Pad", nil, x, w.ints(0, 1<<30, 0, 1<<30)) })
	f("Range", 13, func(w *writer, _ string) string {
		one := func(v int64) string { return w.constant(NewTensor([]int64{v})) }
		return w.node("Range", nil, one(0), one(1<<50), one(1))
	})
	f("64 MB", 13, func(w *writer, x string) string {
		return w.node("Resize", nil, x, "", w.floats([]float32{1 << 20, 1 << 20}, 2))
	})
	f("64 MB", 13, func(w *writer, x string) string {
		return w.node("ArgMax", nil, w.node("Tile", nil, x, w.ints(1<<21, 1)))
	})
	f("index 5", 13, func(w *writer, x string) string { return w.node("Gather", nil, x, w.ints(5)) })
	f("divided by zero", 13, func(w *writer, _ string) string { return w.node("Div", nil, w.ints(1), w.ints(0)) })
	f("divided by zero", 13, func(w *writer, _ string) string { return w.node("Mod", nil, w.ints(1), w.ints(0)) })
	f("step is 0", 13, func(w *writer, x string) string {
		return w.node("Slice", nil, x, w.ints(0), w.ints(1), w.ints(0), w.ints(0))
	})
	f("axis 2", 13, func(w *writer, x string) string { return w.node("Softmax", attrs{"axis": 2}, x) })
	f("two axes open", 13, func(w *writer, x string) string { return w.node("Reshape", nil, x, w.ints(-1, -1)) })
	f("[2 4]", 13, func(w *writer, x string) string { return w.node("MatMul", nil, x, w.floats(make([]float32, 15), 5, 3)) })
	f("perm", 13, func(w *writer, x string) string { return w.node("Transpose", attrs{"perm": []int{0, 0}}, x) })
	f("perm", 13, func(w *writer, x string) string { return w.node("Transpose", attrs{"perm": []int{0, 1, 2}}, x) })
}

// TestDamaged holds that a file cut anywhere is an error or a smaller graph, never a panic.
func TestDamaged(t *testing.T) {
	c := attentionCases()[0]
	w := &writer{opset: c.opset}
	w.output(c.build(w, rand.New(rand.NewPCG(4, 2)), w.input("x", Float32, len(c.shape))))
	file := w.file()
	for n := range len(file) {
		if n > 200 && n%97 > 0 && n < len(file)-400 {
			continue
		}
		if _, err := load(file[:n], external{}, Options{}); err == nil {
			t.Fatalf("the first %d of %d bytes are accepted", n, len(file))
		}
	}
}

// TestExternal reads weights that lie in other files of the model's folder, and from nowhere else.
func TestExternal(t *testing.T) {
	data := []byte{0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64} // 1, 2, 3
	f := func(want string, entries ...string) {
		t.Helper()
		w := &writer{opset: 13}
		b := join(varintField(1, 2), varintField(2, int64(Float32)), textField(8, "w"), varintField(14, 1))
		for i := 0; i < len(entries); i += 2 {
			b = append(b, bytesField(13, join(textField(1, entries[i]), textField(2, entries[i+1])))...)
		}
		w.graph = append(w.graph, bytesField(5, b)...)
		w.output(w.node("Add", nil, w.input("x", Float32, 1), "w"))
		fsys := fstest.MapFS{
			"dir/model.onnx": {Data: w.file()}, "dir/w.bin": {Data: data}, "dir/sub/w.bin": {Data: data[4:]},
			"outside.bin": {Data: data[4:]}, "dir/folder": {Mode: fs.ModeDir}, "dir/pipe": {Mode: fs.ModeNamedPipe, Data: data[4:]},
		}
		g, err := Open(fsys, "dir/model.onnx", Options{})
		if want == "" {
			if err != nil {
				t.Fatal(err)
			}
			y := only(t, g, map[string]*Tensor{"x": NewTensor([]float32{0, 0}, 2)})
			if !slices.Equal(y.f32(), []float32{2, 3}) {
				t.Errorf("the weights are %v", y.f32())
			}
			return
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", entries, err, want)
		}
	}
	f("", "location", "w.bin", "offset", "4", "length", "8")
	f("", "location", "sub/w.bin")
	f("folder", "location", "../outside.bin")
	f("folder", "location", "sub/../../outside.bin")
	f("folder", "location", "/outside.bin")
	f("folder", "location", `sub\w.bin`)
	f("folder", "location", "")
	f("folder", "location", ".")
	f("plain file", "location", "folder")
	f("plain file", "location", "pipe")
	f("not exist", "location", "none.bin")
	f("12 bytes", "location", "w.bin")
	f("needs 8", "location", "w.bin", "length", "4")
	f("not valid", "location", "w.bin", "offset", "-4")
	f("not valid", "location", "w.bin", "offset", "99999999999999999999")
	f("end before", "location", "w.bin", "offset", "9223372036854775807", "length", "8")
	f("end before", "location", "w.bin", "offset", "8", "length", "8")
}

// TestHalf holds the rounding of both 16-bit types at the ends of their ranges.
func TestHalf(t *testing.T) {
	for h := range 1 << 16 {
		if v := fromF16(uint16(h)); v == v && toF16(v) != uint16(h) {
			t.Fatalf("float16 %#x becomes %#x", h, toF16(v))
		}
		if v := fromBF16(uint16(h)); v == v && toBF16(v) != uint16(h) {
			t.Fatalf("bfloat16 %#x becomes %#x", h, toBF16(v))
		}
	}
	for v, want := range map[float32]float32{
		65519: 65504, 65520: float32(math.Inf(1)), 1 + 1.0/2048: 1, 1 + 3.0/2048: 1 + 2.0/1024, 1e-8: 0, 3e-8: 1.0 / (1 << 24), -70000: float32(math.Inf(-1)),
	} {
		if got := fromF16(toF16(v)); got != want {
			t.Errorf("%v becomes %v, want %v", v, got, want)
		}
	}
	if v := fromF16(toF16(float32(math.NaN()))); v == v {
		t.Error("NaN becomes a number")
	}
}

// FuzzOpen loads and runs any bytes as a model.
func FuzzOpen(f *testing.F) {
	for _, c := range []fusedCase{geluCases()[0], normCases()[0], attentionCases()[0], linearCases()[1], integerCases()[0]} {
		w := &writer{opset: c.opset}
		w.output(c.build(w, rand.New(rand.NewPCG(4, 2)), w.input("x", Float32, len(c.shape))))
		f.Add(w.file())
	}
	limits := Limits{MaxBytes: 1 << 20, MaxNodes: 200, MaxMemory: 4 << 20}
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := load(b, external{fstest.MapFS{"w": {Data: b}}, "m", nil}, Options{Limits: limits})
		if err != nil {
			return
		}
		in := map[string]*Tensor{}
		for _, v := range g.Inputs() {
			shape := slices.Clone(v.Shape)
			for i, d := range shape {
				if d < 0 {
					shape[i] = 2
				}
			}
			if n, ok := count(shape); !ok || n > 1<<12 {
				return
			}
			in[v.Name] = &Tensor{Type: v.Type, Shape: shape, Data: small(v.Type, size(shape))}
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if _, err := g.Run(ctx, in); err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}

// FuzzExternal reads weights with any entries.
func FuzzExternal(f *testing.F) {
	f.Add("w.bin", "0", "8")
	f.Add("../w.bin", "", "")
	f.Add("w.bin", "-1", "9223372036854775807")
	fsys := fstest.MapFS{"d/w.bin": {Data: make([]byte, 64)}, "w.bin": {Data: make([]byte, 64)}}
	f.Fuzz(func(t *testing.T, location, offset, length string) {
		b, err := external{fsys, "d/m", nil}.bytes(map[string]string{"location": location, "offset": offset, "length": length}, 8)
		if err == nil && len(b) != 8 {
			t.Errorf("%d bytes", len(b))
		}
	})
}
