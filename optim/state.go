package optim

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/fusor-ml/fusor/grad"
	"github.com/fusor-ml/fusor/tensor"
)

// keeper turns the state of an optimizer into bytes and back: a magic with the version, the kind,
// the number of steps, then for each parameter its name and its moments, all numbers little-endian.
// The layout follows the parameters and not the memory, so that a state may be loaded with or
// without Flatten.
type keeper struct {
	kind  string
	steps uint64
	parts []part
}

// part is the state of one parameter.
type part struct {
	name    string
	moments []tensor.Tensor
}

const stateMagic = "fusor optimizer 1\n"

// newKeeper finds the place of each parameter in the spans.
func newKeeper(kind string, params []*grad.Param, all []span, moments int) keeper {
	k := keeper{kind: kind}
	i, at := 0, 0
	for _, p := range params {
		if p.Grad == nil || p.Value.Len() == 0 {
			continue
		}
		if at == all[i].value.Len() {
			i, at = i+1, 0
		}
		n := p.Value.Len()
		q := part{name: p.Name}
		for _, m := range []tensor.Tensor{all[i].m, all[i].v}[:moments] {
			q.moments = append(q.moments, cut(m, at, at+n))
		}
		k.parts = append(k.parts, q)
		at += n
	}
	return k
}

func cut(x tensor.Tensor, from, to int) tensor.Tensor {
	if x.F64 != nil {
		return tensor.Tensor{F64: x.F64[from:to]}
	}
	return tensor.Tensor{F32: x.F32[from:to]}
}

func (k *keeper) save() []byte {
	b := []byte(stateMagic)
	b = appendString(b, k.kind)
	b = binary.LittleEndian.AppendUint64(b, k.steps)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(k.parts)))
	for _, p := range k.parts {
		b = appendString(b, p.name)
		b = append(b, byte(len(p.moments)))
		for _, m := range p.moments {
			b = append(b, byte(m.DType()))
			b = binary.LittleEndian.AppendUint64(b, uint64(m.Len()))
			for _, v := range m.F32 {
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
			}
			for _, v := range m.F64 {
				b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
			}
		}
	}
	return b
}

func appendString(b []byte, s string) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(len(s)))
	return append(b, s...)
}

// load checks the whole state before it changes anything.
func (k *keeper) load(b []byte) error {
	if err := k.read(b, false); err != nil {
		return fmt.Errorf("cannot load the state of the optimiser: %w", err)
	}
	return k.read(b, true)
}

func (k *keeper) read(b []byte, store bool) error {
	r := reader{b: b}
	if magic := r.bytes(uint64(len(stateMagic))); string(magic) != stateMagic {
		return fmt.Errorf("it does not start with %q", stateMagic)
	}
	if kind := r.text(); kind != k.kind {
		return fmt.Errorf("it is of %q, not of %q", kind, k.kind)
	}
	steps := r.uint64()
	if n := r.uint64(); n != uint64(len(k.parts)) {
		return fmt.Errorf("it has %d parameters, not %d", n, len(k.parts))
	}
	for _, p := range k.parts {
		if name := r.text(); name != p.name {
			return fmt.Errorf("it has the parameter %q in the place of %q", name, p.name)
		}
		if n := r.byte(); int(n) != len(p.moments) {
			return fmt.Errorf("%q has %d moments, not %d", p.name, n, len(p.moments))
		}
		for _, m := range p.moments {
			if d := r.byte(); d != byte(m.DType()) {
				return fmt.Errorf("%q is not of %v", p.name, m.DType())
			}
			if n := r.uint64(); n != uint64(m.Len()) {
				return fmt.Errorf("%q has %d elements, not %d", p.name, n, m.Len())
			}
			r.floats(m, store)
		}
	}
	if r.short || len(r.b) > 0 {
		return fmt.Errorf("it is cut short or too long")
	}
	if store {
		k.steps = steps
	}
	return nil
}

// reader takes values off the front of b; short is set once b is too short, and zeros follow.
type reader struct {
	b     []byte
	short bool
}

func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.b, r.short = nil, true
		return nil
	}
	s := r.b[:n]
	r.b = r.b[n:]
	return s
}

func (r *reader) byte() byte {
	if s := r.bytes(1); s != nil {
		return s[0]
	}
	return 0
}

func (r *reader) uint64() uint64 {
	if s := r.bytes(8); s != nil {
		return binary.LittleEndian.Uint64(s)
	}
	return 0
}

func (r *reader) text() string { return string(r.bytes(r.uint64())) }

// floats reads the elements of m, and stores them if asked to.
func (r *reader) floats(m tensor.Tensor, store bool) {
	size := 4
	if m.F64 != nil {
		size = 8
	}
	s := r.bytes(uint64(size * m.Len()))
	if s == nil || !store {
		return
	}
	for i := range m.F32 {
		m.F32[i] = math.Float32frombits(binary.LittleEndian.Uint32(s[4*i:]))
	}
	for i := range m.F64 {
		m.F64[i] = math.Float64frombits(binary.LittleEndian.Uint64(s[8*i:]))
	}
}
