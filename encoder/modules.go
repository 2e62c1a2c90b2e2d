package encoder

import (
	"fmt"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/encoder/network"
	"github.com/fusor-ml/fusor/internal/codec/safetensors"
)

// plan is what modules.json of sentence-transformers makes of a folder: where the network lies, and
// what its hidden states pass through.
type plan struct {
	dir     string // of the network
	given   bool   // there is a modules.json
	pooling *pooling
	after   []module
	clip    bool // the network's own vectors, as its two towers share them
}

// module is a step behind pooling.
type module interface {
	// dim returns the length of the output for an input of in values, or an error.
	dim(in int) (int, error)
	// apply returns the output, which may lie in x.
	apply(x []float32) []float32
	String() string
}

// readPlan reads modules.json and the modules that it names, or returns the plan of a folder
// without it.
func readPlan(f *folder) (*plan, error) {
	p := &plan{dir: "."}
	var list []struct {
		Index *int   `json:"idx"`
		Path  string `json:"path"`
		Type  string `json:"type"`
	}
	ok, err := f.decode("modules.json", &list)
	if err != nil || !ok {
		return p, err
	}
	p.given = true
	if len(list) == 0 || len(list) > 16 {
		return nil, fmt.Errorf("cannot use modules.json: it has %d modules", len(list))
	}
	for i, m := range list {
		dir, err := local(".", m.Path)
		if err != nil {
			return nil, fmt.Errorf("cannot use modules.json: %w", err)
		}
		kind, ours := moduleKind(m.Type)
		switch {
		// Custom modules are Python: refused, since their effect is unknown.
		case !ours:
			return nil, fmt.Errorf("cannot use modules.json: the module %.100q is code of the model's own, which is not run", m.Type)
		case m.Index != nil && *m.Index != i:
			return nil, fmt.Errorf("cannot use modules.json: module %d has idx %d", i, *m.Index)
		case i == 0 && kind == "Transformer":
			p.dir = dir
		case i == 0 && kind == "CLIPModel":
			p.dir, p.clip = dir, true
		case i == 0 || kind == "Transformer" || kind == "CLIPModel":
			return nil, fmt.Errorf("cannot use modules.json: module %d is a %s", i, kind)
		// Once, and before what works on the pooled vector.
		case kind == "Pooling" && p.pooling == nil && len(p.after) == 0 && !p.clip:
			if p.pooling, err = readPooling(f, dir); err != nil {
				return nil, err
			}
		case kind == "Dense":
			d, err := readDense(f, dir)
			if err != nil {
				return nil, err
			}
			p.after = append(p.after, d)
		case kind == "LayerNorm":
			n, err := readLayerNorm(f, dir)
			if err != nil {
				return nil, err
			}
			p.after = append(p.after, n)
		case kind == "Normalize":
			p.after = append(p.after, normalize{})
		case kind == "Dropout": // does nothing but in training
		default:
			return nil, fmt.Errorf("cannot use modules.json: module %d, a %.60s, is not known there", i, kind)
		}
	}
	// A Transformer alone is a plan too: the pooling is then asked for.
	if p.pooling == nil && !p.clip {
		if len(p.after) > 0 {
			return nil, fmt.Errorf("cannot use modules.json: there is no Pooling")
		}
	}
	return p, nil
}

// moduleKind returns the class that a type of modules.json names, and whether it is one of
// sentence-transformers itself: sentence_transformers.models.X, or, since version 5.2,
// sentence_transformers.….modules.x.X.
func moduleKind(name string) (kind string, ours bool) {
	parts := strings.Split(name, ".")
	kind = parts[len(parts)-1]
	if parts[0] != "sentence_transformers" || len(parts) < 3 {
		return kind, false
	}
	return kind, slices.Contains(parts, "models") || slices.Contains(parts, "modules")
}

// normalize divides by the Euclidean norm.
type normalize struct{}

func (normalize) dim(in int) (int, error) { return in, nil }
func (normalize) String() string          { return "normalized" }

func (normalize) apply(x []float32) []float32 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	f := 1 / max(math.Sqrt(sum), 1e-12) // as torch.nn.functional.normalize
	for i, v := range x {
		x[i] = float32(float64(v) * f)
	}
	return x
}

// dense is a layer with an activation.
type dense struct {
	in, out int
	w, b    []float32
	act     network.Activation
	name    string
}

func (d *dense) dim(in int) (int, error) {
	if in != d.in {
		return 0, fmt.Errorf("a Dense module takes %d values, where there are %d", d.in, in)
	}
	return d.out, nil
}

func (d *dense) String() string { return fmt.Sprintf("dense %d (%s)", d.out, d.name) }

func (d *dense) apply(x []float32) []float32 {
	y := make([]float32, d.out)
	for o := range y {
		sum := 0.0
		for i, v := range x {
			sum += float64(d.w[o*d.in+i]) * float64(v)
		}
		if d.b != nil {
			sum += float64(d.b[o])
		}
		y[o] = float32(sum)
	}
	d.act(y)
	return y
}

func readDense(f *folder, dir string) (module, error) {
	name := path.Join(dir, "config.json")
	c := struct {
		From string `json:"module_input_name"`
		To   string `json:"module_output_name"`
		In   int    `json:"in_features"`
		Out  int    `json:"out_features"`
		Bias *bool  `json:"bias"`
		Act  string `json:"activation_function"`
	}{Act: "torch.nn.modules.activation.Tanh"}
	if ok, err := f.decode(name, &c); err != nil {
		return nil, err
	} else if !ok {
		return nil, fmt.Errorf("cannot find %s, which modules.json names", name)
	}
	// Dense layers may work on tokens, which nothing here has a place for.
	for _, key := range []string{c.From, c.To} {
		if key != "" && key != "sentence_embedding" {
			return nil, fmt.Errorf("cannot use %s: it works on %.60q", name, key)
		}
	}
	// Bounded before anything is allocated by it.
	if min(c.In, c.Out) < 1 || max(c.In, c.Out) > 1<<16 {
		return nil, fmt.Errorf("cannot use %s: %d in_features, %d out_features", name, c.In, c.Out)
	}
	d := &dense{in: c.In, out: c.Out}
	names := map[string]string{
		"Tanh": "tanh", "ReLU": "relu", "GELU": "gelu", "Sigmoid": "sigmoid", "SiLU": "silu", "Identity": "linear",
	}
	// Names of Python classes; only PyTorch's own are known not to be code.
	class := c.Act[strings.LastIndexByte(c.Act, '.')+1:]
	if !strings.HasPrefix(c.Act, "torch.nn.modules.") || names[class] == "" {
		return nil, fmt.Errorf("cannot use %s: the activation %.80q is not known", name, c.Act)
	}
	d.name, d.act = names[class], network.ActivationByName(names[class])
	w, err := f.weightsOf(dir)
	if err != nil {
		return nil, err
	}
	if d.w, err = w("linear.weight", c.Out, c.In); err != nil {
		return nil, err
	}
	if c.Bias == nil || *c.Bias {
		if d.b, err = w("linear.bias", c.Out); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// layerNorm is a layer normalization behind pooling.
type layerNorm struct{ w, b []float32 }

func (n *layerNorm) String() string { return "layer norm" }

func (n *layerNorm) dim(in int) (int, error) {
	if in != len(n.w) {
		return 0, fmt.Errorf("a LayerNorm module takes %d values, where there are %d", len(n.w), in)
	}
	return in, nil
}

func (n *layerNorm) apply(x []float32) []float32 {
	mean, square := 0.0, 0.0
	for _, v := range x {
		mean += float64(v)
	}
	mean /= float64(len(x))
	for _, v := range x {
		square += (float64(v) - mean) * (float64(v) - mean)
	}
	f := 1 / math.Sqrt(square/float64(len(x))+1e-5)
	for i, v := range x {
		x[i] = float32((float64(v)-mean)*f*float64(n.w[i]) + float64(n.b[i]))
	}
	return x
}

func readLayerNorm(f *folder, dir string) (module, error) {
	name := path.Join(dir, "config.json")
	var c struct {
		Dim int `json:"dimension"`
	}
	if ok, err := f.decode(name, &c); err != nil {
		return nil, err
	} else if !ok {
		return nil, fmt.Errorf("cannot find %s, which modules.json names", name)
	}
	w, err := f.weightsOf(dir)
	if err != nil {
		return nil, err
	}
	n := &layerNorm{}
	if n.w, err = w("norm.weight", c.Dim); err == nil {
		n.b, err = w("norm.bias", c.Dim)
	}
	return n, err
}

// weightsOf returns a function that reads tensors of the module in dir.
func (f *folder) weightsOf(dir string) (func(name string, shape ...int) ([]float32, error), error) {
	raw, _, err := f.tensors(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot load the module %s: %w", dir, err)
	}
	return func(name string, shape ...int) ([]float32, error) {
		i := slices.IndexFunc(raw, func(t safetensors.Raw) bool { return t.Name == name })
		if i < 0 || !slices.Equal(raw[i].Shape, shape) || !raw[i].IsFloat() {
			return nil, fmt.Errorf("cannot load the module %s: there is no tensor %s of shape %v", dir, name, shape)
		}
		v := make([]float32, raw[i].Len())
		raw[i].Floats(v, 0)
		for _, x := range v {
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
				return nil, fmt.Errorf("cannot load the module %s: the tensor %s holds %g", dir, name, x)
			}
		}
		return v, nil
	}, nil
}
