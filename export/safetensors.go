package export

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/fusor-ml/fusor/artifact"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/internal/codec/safetensors"
	"github.com/fusor-ml/fusor/internal/durable"
	"github.com/fusor-ml/fusor/model"
)

// The files of a folder of plain weights.
const (
	WeightsFile = "weights.safetensors"
	SpecFile    = "spec.json"
)

// specFile is the content of SpecFile: what a program needs to run the weights, without the states
// of views and the training's record.
type specFile struct {
	Format      string       `json:"format"`
	Version     int          `json:"version"`
	Task        string       `json:"task"`
	Label       string       `json:"label"`
	Classes     []string     `json:"classes,omitempty"`
	Columns     []columnInfo `json:"columns"`
	Views       []scaledView `json:"views"`
	Network     model.Spec   `json:"network"`
	Temperature float64      `json:"temperature,omitempty"`
	Thresholds  []float64    `json:"thresholds,omitempty"` // of the labels of a multi-label task, or of classes, in the order of Classes
	Decision    string       `json:"decision,omitempty"`   // how thresholds of classes decide
	TargetMean  float64      `json:"target_mean,omitempty"`
	TargetStd   float64      `json:"target_std,omitempty"`
}

// scaledView is a view with its scales: tensors scale.VIEW.mean and scale.VIEW.factor, if it has
// such.
type scaledView struct {
	viewInfo
	Limit float64 `json:"limit,omitempty"` // scaled values are within ±limit; absent: there is no scaling
}

// Safetensors writes a model's learned tensors and the scales of its views to dir as one file, and
// beside it a description of how they belong together. The folder is made if it is not there.
func Safetensors(dir string, a *artifact.Artifact) error {
	if err := writeFolder(dir, a); err != nil {
		return fmt.Errorf("cannot export the model: %w", err)
	}
	return nil
}

// complete returns the spec of a model with the defaults of its method filled in.
func complete(m *model.Model) model.Spec {
	spec := m.Spec
	spec.Fusion = spec.Fusion.WithDefaults(m.Method().Defaults())
	if spec.Fusion == nil {
		spec.Fusion = fusion.Config{}
	}
	spec.Members = slices.Clone(spec.Members)
	for k, member := range m.Members() {
		spec.Members[k].Spec = complete(member)
	}
	return spec
}

func writeFolder(dir string, a *artifact.Artifact) error {
	n := newNetwork(a, DefaultOpset)
	spec := specFile{
		Format: "fusor", Version: artifact.Version, Task: string(a.Schema.Task), Label: a.Schema.Label, Classes: a.Schema.Classes,
		Columns: columns(&a.Schema), Network: a.Model.Spec,
		Temperature: a.Temperature, Thresholds: a.Thresholds, Decision: decision(a), TargetMean: a.TargetMean, TargetStd: a.TargetStd,
	}
	spec.Network = complete(a.Model)
	var tensors []safetensors.Tensor
	for _, p := range a.Model.Params() {
		tensors = append(tensors, safetensors.Tensor{Name: p.Name, Shape: p.Value.Shape, Data: p.Value.F32})
	}
	for k := range a.Views {
		v := scaledView{viewInfo: n.viewInfo(k)}
		if mean, scale, limit, ok := n.scales(k); ok {
			v.Limit = limit
			if len(mean) > 0 {
				tensors = append(tensors,
					safetensors.Tensor{Name: "scale." + v.Name + ".mean", Shape: []int{len(mean)}, Data: mean},
					safetensors.Tensor{Name: "scale." + v.Name + ".factor", Shape: []int{len(scale)}, Data: scale})
			}
		}
		spec.Views = append(spec.Views, v)
	}
	text, err := json.MarshalIndent(spec, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	err = durable.Write(filepath.Join(dir, WeightsFile), func(w io.Writer) error {
		return safetensors.Write(w, map[string]string{"format": "fusor weights", "version": strconv.Itoa(artifact.Version)}, tensors)
	})
	if err != nil {
		return err
	}
	return durable.WriteFile(filepath.Join(dir, SpecFile), append(text, '\n'))
}
