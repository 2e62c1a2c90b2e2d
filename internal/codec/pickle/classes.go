package pickle

import (
	"errors"
	"fmt"

	"github.com/nlpodyssey/gopickle/types"
)

// loader is one reading of a pickle. What its constructors copy is charged against the size of
// the file, so that a program that repeats one array endlessly ends early.
type loader struct{ left int }

// charge takes n bytes off what may still be copied.
func (l *loader) charge(n int) error {
	if l.left -= n; l.left < 0 {
		return errors.New("the pickle holds more arrays than bytes")
	}
	return nil
}

// findClass returns the few constructors that arrays are pickled with, and refuses every other
// name. numpy.core became numpy._core in NumPy 2.
func (l *loader) findClass(module, name string) (any, error) {
	switch module + "." + name {
	case "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct":
		return constructor(l.reconstruct), nil
	case "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer":
		return constructor(l.fromBuffer), nil
	case "numpy.ndarray":
		return arrayClass{}, nil
	case "numpy.dtype":
		return constructor(newDType), nil
	case "_codecs.encode": // how Python 3 writes bytes in protocol 2
		return constructor(l.encodeLatin1), nil
	}
	return nil, fmt.Errorf("the pickle names %.60s.%.60s; only arrays of numpy are read", module, name)
}

// arrayClass represents numpy.ndarray itself, the first argument of _reconstruct.
type arrayClass struct{}

// constructor is a callable of the pickle.
type constructor func(args []any) (any, error)

var _ types.Callable = constructor(nil)

// Call implements types.Callable.
func (c constructor) Call(args ...any) (any, error) { return c(args) }

// ndarray is an array while it is put together.
type ndarray struct {
	loader  *loader
	dtype   *dtype
	shape   []int
	fortran bool
	data    []byte
}

var _ types.PyStateSettable = (*ndarray)(nil)

// reconstruct is numpy's _reconstruct(ndarray, (0,), b'b'): an empty array that BUILD then fills.
func (l *loader) reconstruct(args []any) (any, error) {
	if len(args) != 3 {
		return nil, errors.New("_reconstruct without its three arguments")
	}
	if _, ok := args[0].(arrayClass); !ok {
		return nil, errors.New("_reconstruct of something that is no array")
	}
	return &ndarray{loader: l}, nil
}

// PySetState implements types.PyStateSettable: (version, shape, dtype, fortran, bytes).
func (a *ndarray) PySetState(state any) error {
	t, ok := state.(*types.Tuple)
	if !ok || t.Len() < 4 || t.Len() > 5 {
		return errors.New("an array with a strange state")
	}
	s := (*t)[t.Len()-4:] // version 0 had no version
	return a.set(s[0], s[1], s[2], s[3])
}

// set checks and keeps the parts of an array.
func (a *ndarray) set(shape, kind, fortran, data any) error {
	dims, ok := shape.(*types.Tuple)
	if !ok || dims.Len() > 32 {
		return errors.New("an array with a strange shape")
	}
	a.shape = make([]int, dims.Len())
	for i, d := range *dims {
		if a.shape[i], ok = d.(int); !ok {
			return errors.New("an array with a strange shape")
		}
	}
	if a.dtype, ok = kind.(*dtype); !ok {
		return errors.New("an array without a type")
	}
	switch f := fortran.(type) {
	case bool:
		a.fortran = f
	case int:
		a.fortran = f != 0
	default:
		return errors.New("an array without an order")
	}
	if a.data, ok = asBytes(data); !ok {
		return errors.New("an array of Python objects")
	}
	return a.loader.charge(len(a.data))
}

// fromBuffer is numpy's _frombuffer(buffer, dtype, shape, order) of protocol 5.
func (l *loader) fromBuffer(args []any) (any, error) {
	if len(args) != 4 {
		return nil, errors.New("_frombuffer without its four arguments")
	}
	order, ok := args[3].(string)
	if !ok || (order != "C" && order != "F") {
		return nil, errors.New("_frombuffer without an order")
	}
	a := &ndarray{loader: l}
	return a, a.set(args[2], args[1], order == "F", args[0])
}

// dtype is a numpy.dtype: "f4" and, after BUILD, its byte order.
type dtype struct {
	name  string
	order string
}

var _ types.PyStateSettable = (*dtype)(nil)

// newDType is numpy.dtype("f4", align, copy).
func newDType(args []any) (any, error) {
	if len(args) == 0 {
		return nil, errors.New("a type without a name")
	}
	name, ok := args[0].(string)
	if !ok || len(name) > 8 {
		return nil, errors.New("a type without a name")
	}
	return &dtype{name: name}, nil
}

// PySetState implements types.PyStateSettable: (version, byte order, None, …).
func (d *dtype) PySetState(state any) error {
	t, ok := state.(*types.Tuple)
	if !ok || t.Len() < 3 {
		return errors.New("a type with a strange state")
	}
	order, ok := (*t)[1].(string)
	if !ok || len(order) != 1 {
		return errors.New("a type without a byte order")
	}
	if (*t)[2] != nil {
		return errors.New("records (structured types) are not read")
	}
	d.order = order
	return nil
}

// descr is the type string of an .npy header.
func (d *dtype) descr() string {
	if d.order == "" || d.order == "|" {
		return "<" + d.name
	}
	return d.order + d.name
}

// encodeLatin1 is _codecs.encode(text, 'latin1').
func (l *loader) encodeLatin1(args []any) (any, error) {
	if len(args) != 2 || (args[1] != "latin1" && args[1] != "latin-1") {
		return nil, errors.New("_codecs.encode other than to latin1")
	}
	text, ok := args[0].(string)
	if !ok {
		return nil, errors.New("_codecs.encode of something that is no text")
	}
	if err := l.charge(len(text)); err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xff {
			return nil, errors.New("_codecs.encode of a character beyond latin1")
		}
		out = append(out, byte(r))
	}
	return out, nil
}

// asBytes returns the bytes of bytes, bytearray or a Python 2 string.
func asBytes(v any) ([]byte, bool) {
	switch v := v.(type) {
	case []byte:
		return v, true
	case *types.ByteArray:
		return *v, true
	case string:
		return []byte(v), true
	}
	return nil, false
}
