package export

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/fusor-ml/fusor/tensor"
)

// value is the name of a tensor of a graph.
type value string

// elem is an element type, numbered as TensorProto.DataType does.
type elem int

const (
	float32s elem = 1
	int32s   elem = 6
	int64s   elem = 7
	bools    elem = 9
)

// graph collects the parts of a GraphProto (onnx.proto3), encoded as they come.
type graph struct {
	opset        int
	nodes        []byte
	initializers []byte
	inputs       []byte
	outputs      []byte
	count        int              // of nodes and constants, for their names
	known        map[string]value // constants and parameters by what they hold
}

func newGraph(opset int) *graph { return &graph{opset: opset, known: map[string]value{}} }

// message appends a field that is a message or a string.
func message(b []byte, num protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, num, protowire.BytesType), content)
}

func text(b []byte, num protowire.Number, s string) []byte { return message(b, num, []byte(s)) }

func varint(b []byte, num protowire.Number, v int) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), uint64(v))
}

// attr is an attribute of a node: an int, a float64, a string or a list of ints.
type attr struct {
	name  string
	value any
}

// encode returns the AttributeProto.
func (a attr) encode() []byte {
	b := text(nil, 1, a.name)
	switch v := a.value.(type) {
	case float64:
		b = protowire.AppendFixed32(protowire.AppendTag(b, 2, protowire.Fixed32Type), math.Float32bits(float32(v)))
		return varint(b, 20, 1)
	case int:
		return varint(varint(b, 3, v), 20, 2)
	case string:
		return varint(text(b, 4, v), 20, 3)
	case []int:
		for _, i := range v {
			b = varint(b, 8, i)
		}
		return varint(b, 20, 7)
	}
	panic(fmt.Sprintf("export: an attribute of type %T", a.value))
}

// name returns one that no other part of the graph has: none of a view or a parameter begins with a
// slash.
func (g *graph) name(what string) value {
	g.count++
	return value("/" + what + "_" + strconv.Itoa(g.count))
}

// node appends an operator with one result.
func (g *graph) node(op string, attrs []attr, in ...value) value {
	out := g.name(op)
	g.put(op, attrs, out, in...)
	return out
}

// put appends an operator whose result is called out. An input "" is left out.
func (g *graph) put(op string, attrs []attr, out value, in ...value) {
	var n []byte
	for _, v := range in {
		n = text(n, 1, string(v))
	}
	n = text(n, 2, string(out))
	g.count++
	n = text(n, 3, op+"_"+strconv.Itoa(g.count))
	n = text(n, 4, op)
	for _, a := range attrs {
		n = message(n, 5, a.encode())
	}
	g.nodes = message(g.nodes, 1, n)
}

// initializer appends a constant tensor.
func (g *graph) initializer(name value, typ elem, shape []int, raw []byte) {
	var t []byte
	for _, d := range shape {
		t = varint(t, 1, d)
	}
	t = varint(t, 2, int(typ))
	t = text(t, 8, string(name))
	t = message(t, 9, raw)
	g.initializers = message(g.initializers, 5, t)
}

// floats returns a constant; the same one again where it was made before.
func (g *graph) floats(x []float32, shape ...int) value {
	raw := make([]byte, 4*len(x))
	for i, v := range x {
		binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(v))
	}
	return g.constant(float32s, shape, raw)
}

// float returns a constant without axes.
func (g *graph) float(x float64) value { return g.floats([]float32{float32(x)}) }

// ints returns a constant list.
func (g *graph) ints(x ...int) value {
	raw := make([]byte, 8*len(x))
	for i, v := range x {
		binary.LittleEndian.PutUint64(raw[8*i:], uint64(v))
	}
	return g.constant(int64s, []int{len(x)}, raw)
}

// int returns a constant without axes.
func (g *graph) int(x int) value {
	return g.constant(int64s, nil, binary.LittleEndian.AppendUint64(nil, uint64(x)))
}

func (g *graph) constant(typ elem, shape []int, raw []byte) value {
	key := fmt.Sprint(typ, shape, ":", string(raw))
	if v, ok := g.known[key]; ok {
		return v
	}
	v := g.name("constant")
	g.initializer(v, typ, shape, raw)
	g.known[key] = v
	return v
}

// param returns a learned tensor under its own name.
func (g *graph) param(name string, t *tensor.Tensor) value {
	key := "parameter " + name
	if v, ok := g.known[key]; ok {
		return v
	}
	raw := make([]byte, 4*len(t.F32))
	for i, v := range t.F32 {
		binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(v))
	}
	g.initializer(value(name), float32s, t.Shape, raw)
	g.known[key] = value(name)
	return value(name)
}

// axis is one axis of an input or output: a length, or a name for one that is free.
type axis struct {
	length int
	name   string
}

// info returns the ValueInfoProto of an input or output.
func info(name string, typ elem, axes []axis, doc string) []byte {
	var shape []byte
	for _, a := range axes {
		if a.name != "" {
			shape = message(shape, 1, text(nil, 2, a.name))
		} else {
			shape = message(shape, 1, varint(nil, 1, a.length))
		}
	}
	t := message(varint(nil, 1, int(typ)), 2, shape)
	return text(message(text(nil, 1, name), 2, message(nil, 1, t)), 3, doc)
}

// input declares an input of the graph.
func (g *graph) input(name string, typ elem, doc string, axes ...axis) value {
	g.inputs = message(g.inputs, 11, info(name, typ, axes, doc))
	return value(name)
}

// output makes v the output called name.
func (g *graph) output(name string, v value, doc string, axes ...axis) {
	g.put("Identity", nil, value(name), v)
	g.outputs = message(g.outputs, 12, info(name, float32s, axes, doc))
}

// property is an entry of a model's metadata.
type property struct{ key, value string }

// irVersions are the lowest versions of the file format that go with an opset.
var irVersions = map[int]int{17: 8, 18: 8, 19: 9, 20: 9, 21: 10}

// encode returns the ModelProto.
func (g *graph) encode(name, doc, version string, properties []property) []byte {
	body := slices.Concat(g.nodes, text(nil, 2, name), g.initializers, g.inputs, g.outputs)
	m := varint(nil, 1, irVersions[g.opset])
	m = text(m, 2, "fusor")
	m = text(m, 3, version)
	m = text(m, 6, doc)
	m = message(m, 7, body)
	m = message(m, 8, varint(nil, 2, g.opset))
	for _, p := range properties {
		m = message(m, 14, text(text(nil, 1, p.key), 2, p.value))
	}
	return m
}
