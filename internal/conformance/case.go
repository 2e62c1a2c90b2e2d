// Package conformance reads golden values: files of inputs, parameters, results and gradients that
// another implementation computed in float64. The test beside it runs every file of a folder
// through the layers, losses, optimizers and fusion methods; nothing outside tests imports it.
package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/fusor-ml/fusor/tensor"
)

// Case is one golden file.
type Case struct {
	Name       string             `json:"name"`
	Method     string             `json:"method"`
	Objective  string             `json:"objective"` // what an optimizer minimizes, in words
	Config     json.RawMessage    `json:"config"`
	Inputs     map[string]*Tensor `json:"inputs"`
	Masks      map[string]*Tensor `json:"masks"` // 0 and 1, lengths, or the targets of a loss
	Params     map[string]*Tensor `json:"params"`
	Outputs    map[string]*Tensor `json:"outputs"`
	GradOutput map[string]*Tensor `json:"grad_output"`
	Grads      map[string]*Tensor `json:"grads"` // "inputs.x0", "params.weight"
}

// Tensor is an array of a golden file, row-major.
type Tensor struct {
	Shape []int     `json:"shape"`
	Data  []float64 `json:"data"`
}

// As returns a copy with the element type d.
func (g *Tensor) As(d tensor.DType) *tensor.Tensor {
	t := tensor.New(d, g.Shape...)
	t.CopyFrom(tensor.FromF64(g.Data, g.Shape...))
	return t
}

// Ints returns the elements as integers.
func (g *Tensor) Ints() []int {
	s := make([]int, len(g.Data))
	for i, v := range g.Data {
		s[i] = int(v)
	}
	return s
}

// ReadFolder reads every *.json of a folder, not of folders in it, by name. It returns none if
// there is no such folder.
func ReadFolder(dir string) ([]*Case, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("cannot list the golden files: %w", err)
	}
	var cases []*Case
	for _, file := range files {
		c := new(Case)
		if err := ReadFile(file, c); err != nil {
			return nil, err
		}
		if err := c.check(); err != nil {
			return nil, fmt.Errorf("the golden file %s is damaged: %w", file, err)
		}
		cases = append(cases, c)
	}
	return cases, nil
}

// ReadFile reads one golden file into v and fails on a key that v does not have: values that nobody
// compares would pass.
func ReadFile(file string, v any) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("cannot read a golden file: %w", err)
	}
	if err := decode(raw, v); err != nil {
		return fmt.Errorf("cannot read the golden file %s: %w", file, err)
	}
	return nil
}

// decode reads exactly one value, of known keys.
func decode(raw []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after its value")
	}
	return nil
}

// features are the files of the folder features, by the package whose test reads them.
var features = map[string]string{
	"text.json":    "feature/text",
	"image_*.json": "feature/image",
	"audio_*.json": "feature/audio",
}

// FeatureFiles lists the files of the folder features that match a pattern, which must be one of
// those that a package is known to read. There may be none, unless a folder was named that holds
// nothing at all.
func FeatureFiles(dir, pattern string) ([]string, error) {
	if features[pattern] == "" {
		return nil, fmt.Errorf("no package is known to read features/%s", pattern)
	}
	files, err := filepath.Glob(filepath.Join(dir, "features", pattern))
	if err == nil && len(files) == 0 {
		err = Named()
	}
	return files, err
}

// UnclaimedFeatures lists the files of the folder features that no package reads.
func UnclaimedFeatures(dir string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "features", "*.json"))
	if err != nil {
		return nil, fmt.Errorf("cannot list the golden files: %w", err)
	}
	return slices.DeleteFunc(files, func(file string) bool {
		for pattern := range features {
			if ok, _ := filepath.Match(pattern, filepath.Base(file)); ok {
				return true
			}
		}
		return false
	}), nil
}

// check reports arrays that don't fill their shape.
func (c *Case) check() error {
	for _, group := range []map[string]*Tensor{c.Inputs, c.Masks, c.Params, c.Outputs, c.GradOutput, c.Grads} {
		for name, g := range group {
			if g == nil || tensor.Size(g.Shape) != len(g.Data) {
				return fmt.Errorf("%s does not fill its shape", name)
			}
		}
	}
	return nil
}

// DecodeConfig reads the configuration into v and fails on a key that v does not have.
func (c *Case) DecodeConfig(v any) error {
	if len(c.Config) == 0 {
		return nil
	}
	if err := decode(c.Config, v); err != nil {
		return fmt.Errorf("cannot read the configuration of %s: %w", c.Name, err)
	}
	return nil
}

// Compare reports whether got is want within tolerance · max(1e-3, max|want|), and has its shape.
func Compare(got *tensor.Tensor, want *Tensor, tolerance float64) error {
	if got == nil {
		return fmt.Errorf("there is none")
	}
	scalar := got.Len() == 1 && len(want.Data) == 1
	if !scalar && !tensor.SameShape(got.Shape, want.Shape) {
		return fmt.Errorf("the shape is %v, want %v", got.Shape, want.Shape)
	}
	peak := 1e-3
	for _, w := range want.Data {
		peak = max(peak, math.Abs(w))
	}
	for i, w := range want.Data {
		if v := got.Flat(i); !(math.Abs(v-w) <= tolerance*peak) {
			return fmt.Errorf("element %d is %.10g, want %.10g (off by %.2g, %.2g is allowed)", i, v, w, math.Abs(v-w), tolerance*peak)
		}
	}
	return nil
}
