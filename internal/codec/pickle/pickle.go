// Package pickle reads NumPy arrays from Python pickles, and nothing else.
//
// A pickle is a program. This package runs none of it that could name a class other than
// NumPy's array and type: a first pass over the opcodes refuses what no array needs and every
// length that the file does not hold; then github.com/nlpodyssey/gopickle interprets the rest
// with constructors that only build arrays. Protocols 2 to 5 are read: an array, or a
// list, tuple or dict (with names for keys) of arrays.
package pickle

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/fusor-ml/fusor/internal/codec/npy"
	"github.com/nlpodyssey/gopickle/pickle"
	"github.com/nlpodyssey/gopickle/types"
)

// maxArrays bounds how many arrays one file may hold.
const maxArrays = 10_000

// ReadFile reads the arrays of a pickle file.
func ReadFile[T npy.Float](path string) ([]npy.Named[T], error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read pickle: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("cannot read %s: not a regular file", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read pickle: %w", err)
	}
	out, err := Read[T](data)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, err)
	}
	return out, nil
}

// Read reads the arrays of a pickle. A bare array has the name "", those of a list or tuple
// the names "0", "1", …, those of a dict their keys.
func Read[T npy.Float](data []byte) (out []npy.Named[T], err error) {
	if err := scan(data); err != nil {
		return nil, err
	}
	defer func() { // the interpreter panics on programs that no pickler writes
		if r := recover(); r != nil {
			out, err = nil, fmt.Errorf("damaged pickle: %v", r)
		}
	}()
	l := &loader{left: 2 * len(data)} // once for what protocol 2 re-codes, once for the array
	u := pickle.NewUnpickler(bytes.NewReader(data))
	u.FindClass = l.findClass
	value, err := u.Load()
	if err != nil {
		return nil, fmt.Errorf("%.300s", err.Error()) // it may quote a whole value
	}
	return collect[T](value, len(data))
}

// collect turns what a pickle of size bytes holds into named arrays.
func collect[T npy.Float](value any, size int) ([]npy.Named[T], error) {
	var names []string
	var items []any
	switch v := value.(type) {
	// numpy.save of one array, a list or tuple of them, or a dict by name; nothing else is data here.
	case *ndarray:
		names, items = []string{""}, []any{v}
	case *types.List:
		items = *v
	case *types.Tuple:
		items = *v
	case *types.Dict:
		for _, e := range *v {
			name, ok := e.Key.(string)
			if !ok {
				return nil, errors.New("a dict whose keys are not names")
			}
			names, items = append(names, name), append(items, e.Value)
		}
	default:
		return nil, fmt.Errorf("the pickle holds no array (%s)", describe(value))
	}
	if len(items) == 0 || len(items) > maxArrays {
		return nil, fmt.Errorf("the pickle holds %d arrays; between 1 and %d are read", len(items), maxArrays)
	}
	total := 0
	out := make([]npy.Named[T], len(items))
	for i, item := range items {
		a, ok := item.(*ndarray)
		if !ok {
			return nil, fmt.Errorf("item %d is no array (%s)", i, describe(item))
		}
		// The check is on the stored bytes, of which memo references may repeat one array.
		if total += len(a.data); total > size { // one array many times over would take memory that the file does not have
			return nil, errors.New("the pickle holds more arrays than bytes")
		}
		decoded, err := decode[T](a)
		if err != nil {
			return nil, fmt.Errorf("item %d: %w", i, err)
		}
		out[i].Array = *decoded
		if out[i].Name = strconv.Itoa(i); names != nil {
			out[i].Name = names[i]
		}
	}
	return out, nil
}

// decode converts the bytes of a.
func decode[T npy.Float](a *ndarray) (*npy.Array[T], error) {
	if a.dtype == nil {
		return nil, errors.New("an array without values")
	}
	d, err := npy.ParseDType(a.dtype.descr())
	if err != nil {
		return nil, err
	}
	n, err := npy.Count(a.shape)
	if err != nil {
		return nil, err
	}
	if len(a.data)/d.Size != n || len(a.data)%d.Size != 0 {
		return nil, fmt.Errorf("shape %v needs %d values of %d bytes, but %d bytes are there", a.shape, n, d.Size, len(a.data))
	}
	return npy.FromBytes[T](d, a.shape, a.fortran, a.data), nil
}

// describe names the type of a value for a message.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case string:
		return "a string"
	case bool, int, float64:
		return fmt.Sprintf("the value %v", v)
	case *dtype:
		return "a type"
	case *types.List, *types.Tuple, *types.Dict:
		return "a nested list, tuple or dict"
	}
	return "something else"
}
