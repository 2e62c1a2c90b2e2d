package network

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/internal/codec/safetensors"
	"github.com/fusor-ml/fusor/internal/kernel"
)

// Weights are the tensors of a model by name. The first error is kept and returned by Load.
type Weights struct {
	tensors map[string]*safetensors.Raw
	used    map[string]bool
	prefix  string   // of the names of the part that is being built
	roots   []string // names that begin so must all be used
	spare   []string // parts of names that need not be used
	done    func(*safetensors.Raw)
	err     error

	room, joint []float32 // for borrow and attention
}

// NewWeights returns tensors for Load. Two tensors of the same name are an error. done, if not nil,
// is called with every tensor whose values were copied, so that its memory can be given back.
func NewWeights(tensors []safetensors.Raw, done func(*safetensors.Raw)) (*Weights, error) {
	w := &Weights{tensors: map[string]*safetensors.Raw{}, used: map[string]bool{}, done: done}
	for i := range tensors {
		t := &tensors[i]
		name := canonical(t.Name)
		if w.tensors[name] != nil {
			return nil, fmt.Errorf("the tensor %.200q comes twice", t.Name)
		}
		w.tensors[name] = t
	}
	return w, nil
}

// canonical replaces names of older files: LayerNorm's gamma and beta.
func canonical(name string) string {
	if s, ok := strings.CutSuffix(name, ".gamma"); ok {
		return s + ".weight"
	}
	if s, ok := strings.CutSuffix(name, ".beta"); ok {
		return s + ".bias"
	}
	return name
}

// fail keeps the first error.
func (w *Weights) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
}

// under chooses the first prefix under which name exists.
func (w *Weights) under(name string, prefixes ...string) {
	for _, p := range prefixes {
		if w.tensors[p+name] != nil {
			w.prefix = p
			return
		}
	}
	w.prefix = prefixes[0]
}

// own declares names that begin so: all of them must be used, but for those with a part of spare.
func (w *Weights) own(roots []string, spare ...string) {
	for _, r := range roots {
		w.roots = append(w.roots, w.prefix+r)
	}
	for _, s := range spare {
		w.spare = append(w.spare, w.prefix+s)
	}
}

// has reports whether there is such a tensor.
func (w *Weights) has(name string) bool { return w.tensors[w.prefix+name] != nil }

// find returns a tensor of a shape, nil after an error.
func (w *Weights) find(name string, shape ...int) *safetensors.Raw {
	if w.err != nil {
		return nil
	}
	t := w.tensors[w.prefix+name]
	switch {
	case t == nil:
		w.fail("the tensor %s%s is missing", w.prefix, name)
		return nil
	case !slices.Equal(t.Shape, shape):
		w.fail("the tensor %s has the shape %v, where config.json needs %v", t.Name, t.Shape, shape)
		return nil
	case !t.IsFloat():
		w.fail("the tensor %s is of type %s; floating-point weights are needed", t.Name, t.DType)
		return nil
	}
	w.used[w.prefix+name] = true
	return t
}

// values returns a copy of a tensor's values, zeros after an error.
func (w *Weights) values(name string, shape ...int) []float32 {
	t := w.find(name, shape...)
	if t == nil {
		return nil
	}
	v := make([]float32, t.Len())
	t.Floats(v, 0)
	w.finite(t, v)
	if w.done != nil {
		w.done(t)
	}
	return v
}

// borrow is values for a layer that is laid out at once: the memory is used again by the next call,
// unless the layer keeps it because there is no assembly.
func (w *Weights) borrow(name string, shape ...int) []float32 {
	if kernel.ActiveTier() == kernel.Plain {
		return w.values(name, shape...)
	}
	t := w.find(name, shape...)
	if t == nil {
		return nil
	}
	w.room = sized(w.room, t.Len())
	t.Floats(w.room, 0)
	w.finite(t, w.room)
	if w.done != nil {
		w.done(t)
	}
	return w.room
}

// sized returns n floats, in x if it has room.
func sized(x []float32, n int) []float32 {
	if cap(x) < n {
		return make([]float32, n)
	}
	return x[:n]
}

// finite makes a value that is not a number, or infinite, an error.
func (w *Weights) finite(t *safetensors.Raw, v []float32) {
	for i, x := range v {
		if math.Float32bits(x)&(0xff<<23) == 0xff<<23 {
			w.fail("the tensor %s holds %g (element %d)", t.Name, x, i)
			return
		}
	}
}

// alwaysSpare are parts of names that no computation here needs: counters and tables of positions.
var alwaysSpare = []string{"position_ids", "token_type_ids", "num_batches_tracked"}

// finish returns the first error, or one for a tensor that has no place in what was built.
func (w *Weights) finish() error {
	if w.err != nil {
		return w.err
	}
	var left []string
	for name := range w.tensors {
		if w.used[name] || !slices.ContainsFunc(w.roots, func(r string) bool { return strings.HasPrefix(name, r) }) {
			continue
		}
		if slices.ContainsFunc(w.spare, func(s string) bool { return strings.HasPrefix(name, s) }) ||
			slices.ContainsFunc(alwaysSpare, func(s string) bool { return strings.HasSuffix(name, s) }) {
			continue
		}
		left = append(left, name)
	}
	if len(left) > 0 {
		slices.Sort(left)
		return fmt.Errorf("config.json leaves no place for the tensor %s and %d more", left[0], len(left)-1)
	}
	if len(w.used) == 0 {
		return errors.New("there are no tensors")
	}
	return nil
}
