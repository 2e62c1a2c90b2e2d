package onnx

import (
	"context"
	"fmt"
	"io/fs"
	"runtime"
	"sync"

	"github.com/fusor-ml/fusor/internal/filemap"
)

// Limits bound what a model may ask for. A field that is 0 has its default.
type Limits struct {
	MaxBytes  int64 // of the model file and of each external file's part that is read; default 2 GiB
	MaxNodes  int   // of the graph; default 100,000
	MaxMemory int64 // of the tensors of one run, in bytes; default 4 GiB
}

func (l Limits) withDefaults() Limits {
	if l.MaxBytes == 0 {
		l.MaxBytes = 2 << 30
	}
	if l.MaxNodes == 0 {
		l.MaxNodes = 100_000
	}
	if l.MaxMemory == 0 {
		l.MaxMemory = 4 << 30
	}
	return l
}

// Options change how a graph is loaded and run. The zero value is ready for use.
type Options struct {
	Limits
	Outputs []string // the outputs to compute; none named are all
	Workers int      // goroutines of one run, the caller's included; 0 is 1
	Plain   bool     // run every operator as it is written
}

// Value describes an input or output of a graph.
type Value struct {
	Name  string
	Type  Type
	Shape []int    // -1 where the length is not fixed; nil if the file does not name the axes
	Axes  []string // the names of axes that are not fixed, or ""
}

// Graph is a model that is ready to run.
type Graph struct {
	options         Options
	opset           int
	producer        string
	names           []string  // of values
	consts          []*Tensor // by value; nil where it is computed
	nodes           []*node
	inputs, outputs []Value
	inputIDs        []int
	outputIDs       []int
	mixes           bool

	mu   sync.Mutex
	idle []*run
}

// Open reads the model of that name in fsys; its external weights are read from its folder.
func Open(fsys fs.FS, name string, o Options) (*Graph, error) {
	o.Limits = o.withDefaults()
	f, err := openFile(fsys, name, o.MaxBytes)
	if err != nil {
		return nil, fmt.Errorf("cannot read the ONNX model %s: %w", name, err)
	}
	g, err := load(f.Data, external{fsys, name, f.Forget}, o)
	if err != nil {
		f.Close() //nolint:errcheck // the model's fault is the reason
		return nil, fmt.Errorf("cannot load the ONNX model %s: %w", name, err)
	}
	f.Forget(f.Data)
	runtime.AddCleanup(g, func(f *filemap.File) { f.Close() }, f)
	return g, nil
}

// openFile opens a plain file of at most limit bytes.
func openFile(fsys fs.FS, name string, limit int64) (*filemap.File, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("it has more than %d bytes", limit)
	}
	return filemap.Open(fsys, name)
}

// Inputs returns what Run needs.
func (g *Graph) Inputs() []Value { return g.inputs }

// Outputs returns what Run computes.
func (g *Graph) Outputs() []Value { return g.outputs }

// Producer returns the program that wrote the model, as the file has it.
func (g *Graph) Producer() string { return g.producer }

// Opset returns the version of the operators.
func (g *Graph) Opset() int { return g.opset }

// MixesRows reports whether a row's results may depend on the other rows of its batch: dynamic
// quantization takes one scale for a whole tensor.
func (g *Graph) MixesRows() bool { return g.mixes }

// Operators returns how often each operator is run, by name, fused ones under names in lower case.
func (g *Graph) Operators() map[string]int {
	m := map[string]int{}
	for _, n := range g.nodes {
		m[n.op]++
	}
	return m
}

// Run computes the outputs by name. inputs must hold every input and are not changed. It returns
// ctx.Err() once ctx is done; ctx is checked before every operator.
func (g *Graph) Run(ctx context.Context, inputs map[string]*Tensor) (map[string]*Tensor, error) {
	for name := range inputs {
		if !g.hasInput(name) {
			return nil, fmt.Errorf("cannot run the graph: it has no input %q", name)
		}
	}
	for _, v := range g.inputs {
		t := inputs[v.Name]
		if t == nil {
			return nil, fmt.Errorf("cannot run the graph: the input %q is missing", v.Name)
		}
		if err := v.accept(t); err != nil {
			return nil, fmt.Errorf("cannot run the graph: input %q: %w", v.Name, err)
		}
	}
	r := g.take()
	for i, v := range g.inputs {
		t := *inputs[v.Name]
		t.buf, t.last = nil, false
		if t.Type.half() {
			t = *t.clone()
			roundHalf(t.Type, t.f32())
		}
		r.values[g.inputIDs[i]] = &t
	}
	if err := r.all(ctx); err != nil {
		return nil, err // what the run holds is left to the garbage collector
	}
	defer g.give(r)
	out := make(map[string]*Tensor, len(g.outputs))
	for i, v := range g.outputs {
		t := r.values[g.outputIDs[i]]
		if t.last {
			return nil, fmt.Errorf("cannot run the graph: the output %q is left in the order of channels last", v.Name)
		}
		out[v.Name] = t.clone()
	}
	return out, nil
}

func (g *Graph) hasInput(name string) bool {
	for _, v := range g.inputs {
		if v.Name == name {
			return true
		}
	}
	return false
}

// accept reports a tensor that does not fit an input.
func (v *Value) accept(t *Tensor) error {
	if err := t.check(); err != nil {
		return err
	}
	if t.Type != v.Type {
		return fmt.Errorf("it is %v, but got %v", v.Type, t.Type)
	}
	if v.Shape == nil {
		return nil
	}
	ok := len(v.Shape) == len(t.Shape)
	for i, d := range v.Shape {
		ok = ok && (d < 0 || t.Shape[i] == d)
	}
	if !ok {
		return fmt.Errorf("its shape is %v, but got %v", v.Shape, t.Shape)
	}
	return nil
}

// maxIdle is how many runs' memory is kept for reuse.
const maxIdle = 8

// take returns the state of a run, used or new.
func (g *Graph) take() *run {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n := len(g.idle); n > 0 {
		r := g.idle[n-1]
		g.idle = g.idle[:n-1]
		return r
	}
	return newRun(g)
}

// give keeps the memory of a run for the next one.
func (g *Graph) give(r *run) {
	r.reset()
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.idle) < maxIdle {
		g.idle = append(g.idle, r)
	}
}
