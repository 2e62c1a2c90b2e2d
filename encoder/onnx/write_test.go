package onnx

import (
	"encoding/binary"
	"fmt"
	"math"
	"testing"
	"testing/fstest"
)

// writer writes a model file.
type writer struct {
	opset int
	graph []byte
	next  int
}

func tagged(num, wire int) []byte { return binary.AppendUvarint(nil, uint64(num<<3|wire)) }

func varintField(num int, v int64) []byte {
	return binary.AppendUvarint(tagged(num, wireVarint), uint64(v))
}

func bytesField(num int, b []byte) []byte {
	return append(binary.AppendUvarint(tagged(num, wireBytes), uint64(len(b))), b...)
}

func textField(num int, s string) []byte { return bytesField(num, []byte(s)) }

func floatField(num int, f float32) []byte {
	return binary.LittleEndian.AppendUint32(tagged(num, wireFixed32), math.Float32bits(f))
}

func join(parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// input declares an input whose axes are not fixed, or an output.
func (w *writer) value(num int, name string, typ Type, rank int) {
	var dims []byte
	for range rank {
		dims = append(dims, bytesField(1, textField(2, "n"))...)
	}
	tensor := join(varintField(1, int64(typ)), bytesField(2, dims))
	w.graph = append(w.graph, bytesField(num, join(textField(1, name), bytesField(2, bytesField(1, tensor))))...)
}

func (w *writer) input(name string, typ Type, rank int) string {
	w.value(11, name, typ, rank)
	return name
}

func (w *writer) output(name string) {
	w.graph = append(w.graph, bytesField(12, textField(1, name))...)
}

// constant adds a weight and returns its name.
func (w *writer) constant(t *Tensor) string {
	w.next++
	name := fmt.Sprint("c", w.next)
	var b []byte
	for _, d := range t.Shape {
		b = append(b, varintField(1, int64(d))...)
	}
	b = append(b, varintField(2, int64(t.Type))...)
	b = append(b, textField(8, name)...)
	b = append(b, bytesField(9, raw(t))...)
	w.graph = append(w.graph, bytesField(5, b)...)
	return name
}

func (w *writer) floats(x []float32, shape ...int) string { return w.constant(NewTensor(x, shape...)) }

func (w *writer) number(x float64) string { return w.constant(NewTensor([]float32{float32(x)})) }

func (w *writer) ints(x ...int64) string { return w.constant(NewTensor(x, len(x))) }

// attrs are the attributes of a node: int, float64, string or []int.
type attrs map[string]any

// node adds an operator with outputs of new names, and returns the first.
func (w *writer) node(op string, a attrs, inputs ...string) string {
	return w.nodes(op, 1, a, inputs...)[0]
}

func (w *writer) nodes(op string, outputs int, a attrs, inputs ...string) []string {
	var b []byte
	for _, in := range inputs {
		b = append(b, textField(1, in)...)
	}
	var names []string
	for range outputs {
		w.next++
		names = append(names, fmt.Sprint("v", w.next))
		b = append(b, textField(2, names[len(names)-1])...)
	}
	b = append(b, textField(4, op)...)
	for name, v := range a {
		at := textField(1, name)
		switch v := v.(type) {
		case int:
			at = append(at, join(varintField(3, int64(v)), varintField(20, int64(attrInt)))...)
		case float64:
			at = append(at, join(floatField(2, float32(v)), varintField(20, int64(attrFloat)))...)
		case string:
			at = append(at, join(textField(4, v), varintField(20, int64(attrString)))...)
		case []int:
			for _, i := range v {
				at = append(at, varintField(8, int64(i))...)
			}
			at = append(at, varintField(20, int64(attrInts))...)
		}
		b = append(b, bytesField(5, at)...)
	}
	w.graph = append(w.graph, bytesField(1, b)...)
	return names
}

// file returns the model.
func (w *writer) file() []byte {
	return join(varintField(1, 8), bytesField(8, varintField(2, int64(w.opset))), bytesField(7, w.graph))
}

func (w *writer) open(t *testing.T, o Options) *Graph {
	t.Helper()
	g, err := Open(fstest.MapFS{"model.onnx": {Data: w.file()}}, "model.onnx", o)
	if err != nil {
		t.Fatal(err)
	}
	return g
}
