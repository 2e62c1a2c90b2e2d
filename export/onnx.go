// Package export writes a trained model for other programs to run: as an ONNX graph, or as a folder
// of plain weights with their description.
//
// A graph takes the extracted features of the views, a matrix of which views are present, and
// lengths where there are any. What the model does from there on is inside: scaling and clipping,
// encoders, fusion, head, the calibration of probabilities, the units of a regression's target, and
// the prior of a row without any view. See docs/format.md.
package export

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/fusor-ml/fusor/artifact"
	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/model"
	"github.com/fusor-ml/fusor/tensor"
)

// DefaultOpset is the version of the operators that is written where none is asked for.
const DefaultOpset = 17

// Opsets lists the versions that can be written.
var Opsets = []int{17, 18, 19, 20, 21}

// Options are those of an ONNX graph. The zero value is ready for use.
type Options struct {
	Opset   int    // 0: DefaultOpset
	Version string // of the program, for the metadata
}

// maxGraph is the most bytes of a protobuf message, which an ONNX file is.
const maxGraph = math.MaxInt32

// ONNX writes a model as an ONNX file. A model whose fusion has no exporter, as one from outside
// may, is an error.
func ONNX(w io.Writer, a *artifact.Artifact, o Options) error {
	b, err := encode(a, o)
	if err != nil {
		return fmt.Errorf("cannot export the model: %w", err)
	}
	_, err = w.Write(b)
	return err
}

func encode(a *artifact.Artifact, o Options) (b []byte, err error) {
	if o.Opset == 0 {
		o.Opset = DefaultOpset
	}
	if !slices.Contains(Opsets, o.Opset) {
		return nil, fmt.Errorf("opset %d is not one of %v", o.Opset, Opsets)
	}
	if 4*a.Model.Size() > maxGraph-1<<20 {
		return nil, errors.New("its weights take more than the 2 GB that an ONNX file can hold")
	}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case missing:
			err = fmt.Errorf("fusion %s has no parameter %q: it is not the one that the exporter knows", a.Model.Spec.Method, p.name)
		default:
			panic(p)
		}
	}()
	n := newNetwork(a, o.Opset)
	if err := n.build(); err != nil {
		return nil, err
	}
	properties, err := n.properties()
	if err != nil {
		return nil, err
	}
	return n.encode("fusor", "Multimodal model with the fusion "+a.Model.Spec.Method, o.Version, properties), nil
}

// network exports one model.
type network struct {
	scope
	presence
	a        *artifact.Artifact
	spec     *model.Spec
	batch    axis
	inputs   []input // of the views
	present  value
	groups   value // "" until a fusion over rows asks for it
	describe []viewInfo
}

func newNetwork(a *artifact.Artifact, opset int) *network {
	params := map[string]*tensor.Tensor{}
	for _, p := range a.Model.Params() {
		params[p.Name] = p.Value
	}
	return &network{scope: scope{newGraph(opset), params, ""}, a: a, spec: &a.Model.Spec, batch: axis{name: "batch"}}
}

// build appends everything from the inputs to the outputs.
func (n *network) build() error {
	n.present = n.input("present", float32s, "1 for each row and view that is there, else 0",
		n.batch, axis{length: len(n.spec.Views)})
	n.presence = newPresence(n.graph, n.present, len(n.spec.Views))
	for k := range n.spec.Views {
		if err := n.read(k); err != nil {
			return err
		}
	}
	if members := n.a.Model.Members(); members != nil {
		z, err := n.ensemble(members)
		if err != nil {
			return err
		}
		n.answer(z)
		return nil
	}
	m := member{network: n, scope: n.scope, presence: n.presence, spec: n.spec, views: upTo(n.n)}
	out, err := m.build(n.a.Model.Method())
	if err != nil {
		return err
	}
	n.answer(out.z)
	if out.weights != "" {
		n.output("weights", out.weights, "how much each view counted", n.batch, axis{length: n.n})
	}
	return nil
}

// answer makes the outputs of logits [N, outputs].
func (n *network) answer(z value) {
	prior := n.floats(n.spec.Prior, 1, n.spec.Outputs)
	if n.spec.Regression {
		z = n.where(n.any, z, prior)
		z = n.add(n.mul(z, n.float(n.a.TargetStd)), n.float(n.a.TargetMean))
		n.output("value", n.squeeze(z, 1), "the prediction, in the units of the label", n.batch)
		return
	}
	classes := axis{length: n.spec.Outputs}
	n.output("logits", n.where(n.any, z, prior), "logits before the calibration", n.batch, classes)
	calibrated := n.where(n.any, n.div(z, n.float(n.a.Temperature)), prior)
	if n.spec.Multilabel {
		n.output("probabilities", n.sigmoid(calibrated), "calibrated probabilities of the labels, each by itself", n.batch, classes)
		return
	}
	n.output("probabilities", n.softmax(calibrated), "calibrated probabilities of the classes", n.batch, classes)
}

// decision describes how thresholds of classes decide, which no output of the graph does; "" where
// the most probable class is predicted.
func decision(a *artifact.Artifact) string {
	if a.Spec.Multilabel || a.Thresholds == nil {
		return ""
	}
	return "argmax(probabilities / thresholds)"
}

// viewInfo describes a view in the metadata.
type viewInfo struct {
	Name    string        `json:"name"`
	Column  string        `json:"column"`
	View    string        `json:"view"`
	Version int           `json:"version"`
	Options string        `json:"options,omitempty"`
	Shape   feature.Shape `json:"shape"`
	Dim     int           `json:"dim"`
	Inputs  []string      `json:"inputs"`
	// Fitted reports whether the input is what the view's state makes of the extracted features, not
	// these themselves: of tables, bags and tokens.
	Fitted bool `json:"fitted"`
}

// columnInfo describes a column in the metadata.
type columnInfo struct {
	Name   string   `json:"name"`
	Kind   string   `json:"kind"`
	Fields []string `json:"fields,omitempty"`
}

func columns(s *dataset.Schema) []columnInfo {
	out := make([]columnInfo, len(s.Columns))
	for i, c := range s.Columns {
		out[i] = columnInfo{Name: c.Name, Kind: string(c.Kind)}
		for _, f := range c.Fields {
			out[i].Fields = append(out[i].Fields, f.Name)
		}
	}
	return out
}

// properties returns the metadata.
func (n *network) properties() ([]property, error) {
	s := &n.a.Schema
	list := []property{{"task", string(s.Task)}, {"label", s.Label}, {"fusion", n.spec.Method}}
	if rule := decision(n.a); rule != "" {
		list = append(list, property{"decision", rule})
	}
	for _, p := range []struct {
		key   string
		value any
	}{{"classes", s.Classes}, {"thresholds", n.a.Thresholds}, {"columns", columns(s)}, {"views", n.describe}} {
		if p.key == "classes" && s.Task == dataset.Regression || p.key == "thresholds" && n.a.Thresholds == nil {
			continue
		}
		b, err := json.Marshal(p.value)
		if err != nil {
			return nil, err
		}
		list = append(list, property{p.key, string(b)})
	}
	return list, nil
}
