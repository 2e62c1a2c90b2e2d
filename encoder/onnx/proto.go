package onnx

import (
	"errors"
	"fmt"
)

// The messages of onnx.proto, as far as they are used. Numbers in the decoders are field numbers.

type modelProto struct {
	ir       int64
	producer string
	opsets   map[string]int64
	graph    graphProto
	hasGraph bool
}

type graphProto struct {
	name         string
	nodes        []nodeProto
	initializers []tensorProto
	inputs       []valueProto
	outputs      []valueProto
}

type nodeProto struct {
	inputs, outputs  []string
	name, op, domain string
	attrs            []attrProto
}

type valueProto struct {
	name   string
	typ    Type
	dims   []dim
	ranked bool
}

// dim is one axis of an input: a fixed length, or a name, or neither.
type dim struct {
	size int64
	name string
}

type tensorProto struct {
	name     string
	dims     []int64
	typ      int64
	floats   []float32
	int32s   []int64
	int64s   []int64
	doubles  []float64
	uint64s  []int64
	raw      []byte
	hasRaw   bool
	strings  int
	external map[string]string
	location int64
}

// attrType is the kind of an attribute.
type attrType int64

const (
	attrFloat   attrType = 1
	attrInt     attrType = 2
	attrString  attrType = 3
	attrTensor  attrType = 4
	attrGraph   attrType = 5
	attrFloats  attrType = 6
	attrInts    attrType = 7
	attrStrings attrType = 8
	attrTensors attrType = 9
	attrGraphs  attrType = 10
)

type attrProto struct {
	name    string
	typ     attrType
	f       float32
	i       int64
	s       string
	t       *tensorProto
	floats  []float32
	ints    []int64
	strings []string
}

// decoder reads messages within limits.
type decoder struct {
	Limits
	nodes, tensors int
}

func (d *decoder) model(b []byte) (*modelProto, error) {
	m := &modelProto{opsets: map[string]int64{}}
	err := each(b, func(f field) (err error) {
		switch f.num {
		case 1:
			m.ir, err = f.int()
		case 2:
			m.producer, err = f.text()
		case 7:
			m.hasGraph = true
			err = d.graph(f, &m.graph)
		case 8:
			err = m.opset(f)
		case 20:
			err = errors.New("the model has training information, which is not supported")
		case 25:
			err = errors.New("the model has functions of its own, which are not supported")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if !m.hasGraph {
		return nil, errors.New("the file holds no ONNX graph")
	}
	return m, nil
}

func (m *modelProto) opset(f field) error {
	b, err := f.bytes()
	if err != nil {
		return err
	}
	var domain string
	var version int64
	err = each(b, func(f field) (err error) {
		switch f.num {
		case 1:
			domain, err = f.text()
		case 2:
			version, err = f.int()
		}
		return err
	})
	if domain == "ai.onnx" {
		domain = ""
	}
	if old, ok := m.opsets[domain]; ok && old != version {
		return fmt.Errorf("the domain %q is imported at two versions", domain)
	}
	m.opsets[domain] = version
	return err
}

func (d *decoder) graph(f field, g *graphProto) error {
	b, err := f.bytes()
	if err != nil {
		return err
	}
	return each(b, func(f field) (err error) {
		switch f.num {
		case 1:
			if d.nodes++; d.nodes > d.MaxNodes {
				return fmt.Errorf("the graph has more than %d nodes", d.MaxNodes)
			}
			var n nodeProto
			if err = d.node(f, &n); err == nil {
				g.nodes = append(g.nodes, n)
			}
		case 2:
			g.name, err = f.text()
		case 5:
			var t tensorProto
			if err = d.tensor(f, &t); err == nil {
				g.initializers = append(g.initializers, t)
			}
		case 11, 12:
			var v valueProto
			if err = v.decode(f); err != nil {
				return err
			}
			if f.num == 11 {
				g.inputs = append(g.inputs, v)
			} else {
				g.outputs = append(g.outputs, v)
			}
			if len(g.inputs)+len(g.outputs) > d.MaxNodes {
				return fmt.Errorf("the graph has more than %d inputs and outputs", d.MaxNodes)
			}
		case 15:
			err = errors.New("sparse weights are not supported")
		}
		return err
	})
}

func (d *decoder) node(f field, n *nodeProto) error {
	b, err := f.bytes()
	if err != nil {
		return err
	}
	err = each(b, func(f field) (err error) {
		var s string
		switch f.num {
		case 1:
			s, err = f.text()
			n.inputs = append(n.inputs, s)
		case 2:
			s, err = f.text()
			n.outputs = append(n.outputs, s)
		case 3:
			n.name, err = f.text()
		case 4:
			n.op, err = f.text()
		case 5:
			var a attrProto
			if err = d.attr(f, &a); err == nil {
				n.attrs = append(n.attrs, a)
			}
		case 7:
			n.domain, err = f.text()
		}
		if err == nil && len(n.inputs)+len(n.outputs)+len(n.attrs) > 4096 {
			err = errors.New("a node has more than 4096 inputs, outputs and attributes")
		}
		return err
	})
	if err != nil && n.op != "" && !errors.Is(err, errWire) {
		return fmt.Errorf("operator %s: %w", n.op, err)
	}
	return err
}

func (d *decoder) attr(f field, a *attrProto) error {
	b, err := f.bytes()
	if err != nil {
		return err
	}
	// The field numbers are those of AttributeProto in onnx.proto3.
	found := attrType(0)
	err = each(b, func(f field) (err error) {
		switch f.num {
		case 1:
			a.name, err = f.text()
		case 2:
			if f.wire != wireFixed32 {
				return errWire
			}
			var one []float32
			one, err = f.float32s(nil)
			a.f, found = one[0], attrFloat
		case 3:
			a.i, err = f.int()
			found = attrInt
		case 4:
			a.s, err = f.text()
			found = attrString
		case 5:
			a.t = new(tensorProto)
			err = d.tensor(f, a.t)
			found = attrTensor
		case 6, 11:
			// If, Loop and Scan.
			err = errors.New("it has a subgraph; loops and branches are not supported")
		case 7:
			a.floats, err = f.float32s(a.floats)
			found = attrFloats
		case 8:
			a.ints, err = f.ints(a.ints)
			found = attrInts
		case 9:
			var s string
			s, err = f.text()
			a.strings = append(a.strings, s)
			found = attrStrings
		case 20:
			var t int64
			t, err = f.int()
			a.typ = attrType(t)
		case 10, 14, 22, 23:
			err = errors.New("it has an attribute of a kind that is not supported")
		case 21:
			err = errors.New("it refers to an attribute of a function")
		}
		return err
	})
	if a.typ == 0 { // files before IR 2 leave the type out
		a.typ = found
	}
	return err
}

func (d *decoder) tensor(f field, t *tensorProto) error {
	b, err := f.bytes()
	if err != nil {
		return err
	}
	// Before anything of it is read: a file of empty tensors is small.
	if d.tensors++; d.tensors > d.MaxNodes*4 {
		return fmt.Errorf("the graph has more than %d tensors", d.MaxNodes*4)
	}
	return each(b, func(f field) (err error) {
		switch f.num {
		case 1:
			if t.dims, err = f.ints(t.dims); len(t.dims) > maxRank {
				return fmt.Errorf("a tensor has more than %d axes", maxRank)
			}
		case 2:
			t.typ, err = f.int()
		// Segments (chunks of a large tensor) gave way to external data.
		case 3:
			err = errors.New("a tensor is stored in segments, which is not supported")
		case 4:
			t.floats, err = f.float32s(t.floats)
		case 5:
			t.int32s, err = f.ints(t.int32s)
		case 6:
			t.strings++
		case 7:
			t.int64s, err = f.ints(t.int64s)
		case 8:
			t.name, err = f.text()
		case 9:
			// A slice of the file, not a copy: weights are most of it.
			t.raw, err = f.bytes()
			t.hasRaw = true
		case 10:
			t.doubles, err = f.float64s(t.doubles)
		case 11:
			t.uint64s, err = f.ints(t.uint64s)
		// external_data: file, offset and length of weights beside the model.
		case 13:
			var key, value string
			key, value, err = entry(f)
			if t.external == nil {
				t.external = map[string]string{}
			}
			t.external[key] = value
		case 14:
			t.location, err = f.int()
		}
		return err
	})
}

// entry reads a StringStringEntryProto.
func entry(f field) (key, value string, err error) {
	b, err := f.bytes()
	if err != nil {
		return "", "", err
	}
	err = each(b, func(f field) (err error) {
		switch f.num {
		case 1:
			key, err = f.text()
		case 2:
			value, err = f.text()
		}
		return err
	})
	return key, value, err
}

// decode reads a ValueInfoProto.
func (v *valueProto) decode(f field) error {
	b, err := f.bytes()
	if err != nil {
		return err
	}
	return each(b, func(f field) (err error) {
		switch f.num {
		case 1:
			v.name, err = f.text()
		case 2:
			if b, err = f.bytes(); err != nil {
				return err
			}
			return each(b, func(f field) error {
				if f.num != 1 {
					return errors.New("a value is not a tensor but a sequence, map or the like, which is not supported")
				}
				b, err := f.bytes()
				if err != nil {
					return err
				}
				return each(b, v.tensorType)
			})
		}
		return err
	})
}

func (v *valueProto) tensorType(f field) error {
	if f.num == 1 {
		t, err := f.int()
		v.typ = Type(min(max(t, 0), 255))
		return err
	}
	if f.num != 2 {
		return nil
	}
	b, err := f.bytes()
	if err != nil {
		return err
	}
	v.ranked = true
	return each(b, func(f field) error {
		if f.num != 1 {
			return nil
		}
		b, err := f.bytes()
		if err != nil {
			return err
		}
		d := dim{size: -1}
		err = each(b, func(f field) (err error) {
			switch f.num {
			case 1:
				d.size, err = f.int()
			case 2:
				d.name, err = f.text()
			}
			return err
		})
		if v.dims = append(v.dims, d); len(v.dims) > maxRank {
			return fmt.Errorf("%q has more than %d axes", v.name, maxRank)
		}
		return err
	})
}
