package main

import (
	"fmt"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// span is where a pass over vectors stands: whole vectors, or at last the lanes of a tail.
type span struct {
	t     tier
	index Register
	disp  int
	part  *tail
}

func (s span) at(p Register) Mem { return Mem{Base: p, Index: s.index, Scale: 4, Disp: s.disp} }

// load reads from p; lanes beyond the end are zero.
func (s span) load(p Register) VecVirtual {
	v := s.t.vec()
	if s.part != nil {
		s.part.load(s.at(p), v)
	} else {
		VMOVUPS(s.at(p), v)
	}
	return v
}

// store writes to p.
func (s span) store(v VecVirtual, p Register) {
	if s.part != nil {
		s.part.store(v, s.at(p))
	} else {
		VMOVUPS(v, s.at(p))
	}
}

// add adds v to what stands at p.
func (s span) add(v VecVirtual, p Register) {
	VADDPS(s.load(p), v, v)
	s.store(v, p)
}

// keep clears the lanes beyond the end.
func (s span) keep(v VecVirtual) {
	switch {
	case s.part == nil:
	case s.t.lanes == 16:
		VMOVAPS_Z(v, s.part.k, v)
	default:
		VANDPS(s.part.y, v, v)
	}
}

// fill puts other into the lanes beyond the end.
func (s span) fill(v VecVirtual, other Op) VecVirtual {
	if s.part == nil {
		return v
	}
	o := s.t.copyOf(other)
	if s.t.lanes == 16 {
		VBLENDMPS(v, o, s.part.k, o)
	} else {
		VBLENDVPS(s.part.y, v, o, o)
	}
	return o
}

// each passes over n floats, unroll vectors at a time while there are as many. body gets the number of the vector in its
// round, for reductions with several sums.
func (t tier) each(label string, n Register, unroll int, body func(s span, i int)) {
	index := GP64()
	XORQ(index, index)
	round := func(name string, u int) {
		Label(label + name)
		CMPQ(n, U32(u*t.lanes))
		JLT(LabelRef(label + name + "End"))
		for i := range u {
			body(span{t: t, index: index, disp: i * t.bytes()}, i)
		}
		ADDQ(U32(u*t.lanes), index)
		SUBQ(U32(u*t.lanes), n)
		JMP(LabelRef(label + name))
		Label(label + name + "End")
	}
	if unroll > 1 {
		round("Rounds", unroll)
	}
	round("Vectors", 1)
	TESTQ(n, n)
	JZ(LabelRef(label + "Done"))
	body(span{t: t, index: index, part: t.rest(n)}, 0)
	Label(label + "Done")
}

// entry is a function of the table of kernels.
type entry struct{ name, params, result, doc string }

var entries []entry

// begin starts a function: pointers are *float32 and scalars float32.
func (t tier) begin(name, doc, params, result string) {
	if t.lanes == 16 || !has(name) {
		entries = append(entries, entry{name, params, result, doc})
	}
	if result != "" {
		result = " (" + result + ")"
	}
	TEXT(name+t.suffix, NOSPLIT, "func("+params+")"+result)
	Doc(name + t.suffix + " " + doc)
	Pragma("noescape")
}

func has(name string) bool {
	for _, e := range entries {
		if e.name == name {
			return true
		}
	}
	return false
}

func pointers(names ...string) []Register {
	r := make([]Register, len(names))
	for i, n := range names {
		r[i] = Load(Param(n), GP64())
	}
	return r
}

// scalar broadcasts a float32 parameter.
func (t tier) scalar(name string) VecVirtual {
	v := t.vec()
	VBROADCASTSS(place(Param(name)), v)
	return v
}

// place is the memory of a parameter or of a result. Load and Store of a float are instructions of
// SSE: after one of AVX, whose upper halves are in use, each would cost a hundred others.
func place(c gotypes.Component) Mem {
	b, err := c.Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

func end() {
	VZEROUPPER()
	RET()
}

// mapping writes a function dst = f(inputs, scalars).
func (t tier) mapping(name, doc string, inputs, scalars string, unroll int, f func(in, sc []VecVirtual) VecVirtual) {
	t.passOver(name, doc, inputs, scalars, unroll, false, f)
}

// adding writes a function dst += f(inputs, scalars).
func (t tier) adding(name, doc string, inputs, scalars string, unroll int, f func(in, sc []VecVirtual) VecVirtual) {
	t.passOver(name, doc, inputs, scalars, unroll, true, f)
}

func (t tier) passOver(name, doc, inputs, scalars string, unroll int, adds bool, f func(in, sc []VecVirtual) VecVirtual) {
	params := "n int, dst, " + strings.Join(strings.Fields(inputs), ", ") + " *float32"
	if scalars != "" {
		params += ", " + strings.Join(strings.Fields(scalars), ", ") + " float32"
	}
	t.begin(name, doc, params, "")
	n := pointers("n")[0]
	dst := pointers("dst")[0]
	src := pointers(strings.Fields(inputs)...)
	var sc []VecVirtual
	for _, s := range strings.Fields(scalars) {
		sc = append(sc, t.scalar(s))
	}
	t.each("", n, unroll, func(s span, _ int) {
		in := make([]VecVirtual, len(src))
		for i, p := range src {
			in[i] = s.load(p)
		}
		v := f(in, sc)
		if adds {
			s.add(v, dst)
		} else {
			s.store(v, dst)
		}
	})
	end()
}

// reducing writes a function that folds terms into one float with several partial results.
func (t tier) reducing(name, doc, inputs, scalars string, start Mem, op func(a, b, to Op), f func(s span, src []Register, sc []VecVirtual) VecVirtual) {
	params := "n int, " + strings.Join(strings.Fields(inputs), ", ") + " *float32"
	if scalars != "" {
		params += ", " + strings.Join(strings.Fields(scalars), ", ") + " float32"
	}
	t.begin(name, doc, params, "r float32")
	n := pointers("n")[0]
	src := pointers(strings.Fields(inputs)...)
	var sc []VecVirtual
	for _, s := range strings.Fields(scalars) {
		sc = append(sc, t.scalar(s))
	}
	const ways = 4
	acc := t.vecs(ways)
	for _, v := range acc {
		VMOVUPS(start, v)
	}
	t.each("", n, ways, func(s span, i int) { op(f(s, src, sc), acc[i], acc[i]) })
	op(acc[1], acc[0], acc[0])
	op(acc[3], acc[2], acc[2])
	op(acc[2], acc[0], acc[0])
	t.fold(acc[0], op)
	VMOVSS(acc[0].AsX(), place(ReturnIndex(0)))
	end()
}

// dispatch is the Go source of the table of kernels.
func dispatch(tagged bool) string {
	var b strings.Builder
	b.WriteString("// Code generated by the command in _asm. DO NOT EDIT.\n\n")
	if tagged {
		b.WriteString("//go:build amd64 && !purego\n\npackage kernel\n\n")
		b.WriteString("// vectorTiers has the kernels of each tier.\nvar vectorTiers = [...]*vectorKernels{\n")
		for _, t := range []tier{avx2, avx512} {
			fmt.Fprintf(&b, "\t%s: {\n", map[string]string{"512": "AVX512", "256": "AVX2"}[t.suffix])
			for _, e := range entries {
				fmt.Fprintf(&b, "\t\t%s: %s%s,\n", e.name, e.name, t.suffix)
			}
			b.WriteString("\t},\n")
		}
		b.WriteString("}\n")
		return b.String()
	}
	b.WriteString("package kernel\n\n// vectorKernels are the functions on float32 vectors of a tier. n is the number of elements, which may be 0.\ntype vectorKernels struct {\n")
	for _, e := range entries {
		result := ""
		if e.result != "" {
			result = " (" + e.result + ")"
		}
		fmt.Fprintf(&b, "\t%s func(%s)%s // %s\n", e.name, e.params, result, e.doc)
	}
	b.WriteString("}\n")
	return b.String()
}
