// Package artifact keeps a trained model as one file: a safetensors file whose
// metadata hold the format's name and version, the manifest (schema, fitted
// feature states, network spec) as JSON, and a checksum. It holds no time,
// duration or path, so the same training yields the same bytes.
package artifact

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/feature/pretrained"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/internal/codec/safetensors"
	"github.com/fusor-ml/fusor/internal/durable"
	"github.com/fusor-ml/fusor/model"
	"github.com/fusor-ml/fusor/tensor"
)

// Version is the format's version; a file of a later one is refused.
const Version = 1

const formatName = "fusor"

// Errors that Read wraps.
var (
	ErrDamaged = errors.New("the file is damaged or no fusor model")
	ErrNewer   = errors.New("the file was written by a newer fusor")
)

// Artifact is a trained model with all that prediction needs.
type Artifact struct {
	Manifest
	Model      *model.Model
	States     []feature.State // parallel to Views
	Pretrained pretrained.Set  // the opened encoders of Manifest.Encoders
}

// Manifest is the part of an artifact that is not weights.
type Manifest struct {
	Schema dataset.Schema `json:"schema"`
	Views  []View         `json:"views"`
	Spec   model.Spec     `json:"spec"`
	// Embeddings is the file that the embeddings of tokens started from; what was learned of it is
	// among the weights.
	Embeddings *Embeddings `json:"embeddings,omitempty"`
	// Encoders identifies the pretrained networks of the views encoder. Their weights are not in the
	// file, unless an Identity is marked as Embedded.
	Encoders []pretrained.Identity `json:"encoders,omitempty"`
	// TargetMean and TargetStd undo the standardization of a regression's targets.
	TargetMean float64 `json:"target_mean,omitempty"`
	TargetStd  float64 `json:"target_std,omitempty"`
	// Temperature divides the logits before the softmax or sigmoid; fitted on validation rows.
	Temperature float64 `json:"temperature,omitempty"`
	// Thresholds are the probabilities from which on the labels of a multi-label task are predicted.
	// Of classes they sum to 1, and that class is predicted which exceeds its own by the largest
	// factor; none: the most probable one. They are chosen on validation rows.
	Thresholds []float64 `json:"thresholds,omitempty"`
	// Decision is the metric that the thresholds of classes were chosen by.
	Decision string `json:"decision,omitempty"`
	// Conformal holds the sorted scores of the validation rows, for prediction sets.
	Conformal feature.Floats `json:"conformal,omitempty"`
	// Curve is the learning curve.
	Curve []Point `json:"curve,omitempty"`
	// Training describes what the model was trained on; nil: not known.
	Training *Training `json:"training,omitempty"`
	// Record is what the model card shows of the training; nil: a model of an older version.
	Record *Record `json:"record,omitempty"`
}

// Training identifies the rows of a training, and which of them it held out.
type Training struct {
	Seed uint64 `json:"seed"`
	Rows string `json:"rows"` // hash of the table's cells and of the part that each row was in
}

// View is a view of a column with its fitted state.
type View struct {
	Name    string          `json:"name"` // column.view
	Column  string          `json:"column"`
	View    string          `json:"view"`
	Version int             `json:"version"`
	Options string          `json:"options,omitempty"`
	Scaling feature.Scaling `json:"scaling"`
	State   json.RawMessage `json:"state"`
}

// Embeddings reports which file of word vectors a model started from.
type Embeddings struct {
	Name   string `json:"name"` // without its folder
	SHA256 string `json:"sha256"`
}

// Point is one epoch of the learning curve.
type Point struct {
	TrainLoss float64 `json:"train_loss"`
	ValLoss   float64 `json:"val_loss"`
}

// Encode writes a to w.
func (a *Artifact) Encode(w io.Writer) error {
	man := a.Manifest
	man.Views = slices.Clone(a.Views)
	man.Spec = a.Model.Spec
	for i, s := range a.States {
		state, err := json.Marshal(s)
		if err != nil {
			return fmt.Errorf("cannot save the state of view %s: %w", a.Views[i].Name, err)
		}
		man.Views[i].State = state
	}
	manifest, err := json.Marshal(man)
	if err != nil {
		return fmt.Errorf("cannot save the model: %w", err)
	}
	var tensors []safetensors.Tensor
	for _, p := range a.Model.Params() {
		tensors = append(tensors, safetensors.Tensor{Name: p.Name, Shape: p.Value.Shape, Data: p.Value.F32})
	}
	return safetensors.Write(w, map[string]string{
		"format": formatName, "version": strconv.Itoa(Version), "manifest": string(manifest), "sha256": checksum(manifest, tensors),
	}, tensors, a.embedded()...)
}

// WriteFile saves a under path; the file is whole or not there.
func (a *Artifact) WriteFile(path string) error { return durable.Write(path, a.Encode) }

func checksum(manifest []byte, tensors []safetensors.Tensor) string {
	h := sha256.New()
	h.Write(manifest)
	for _, t := range tensors {
		fmt.Fprintf(h, "\n%s%v", t.Name, t.Shape)
		safetensors.WriteValues(h, t.Data) //nolint:errcheck // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil))
}

// ReadFile loads what WriteFile saved.
func ReadFile(path string, catalog feature.Catalog, methods fusion.Table, find pretrained.Finder) (*Artifact, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot load the model: %w", err)
	}
	a, err := Decode(data, catalog, methods, find)
	if err != nil {
		return nil, fmt.Errorf("cannot load the model %s: %w", path, err)
	}
	return a, nil
}

// Decode reads an artifact and keeps data. catalog and methods must know its views and its fusion;
// find is called for the encoders that the model needs and data does not hold. Errors wrap
// [ErrDamaged] or [ErrNewer] where that is the reason.
func Decode(data []byte, catalog feature.Catalog, methods fusion.Table, find pretrained.Finder) (*Artifact, error) {
	if len(data) == 0 {
		return nil, fmt.Errorf("%w: it is empty", ErrDamaged)
	}
	meta, raw, err := safetensors.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if meta["format"] != formatName {
		return nil, fmt.Errorf("%w: a safetensors file, but not fusor's", ErrDamaged)
	}
	version, err := strconv.Atoi(meta["version"])
	if err != nil || version < 1 {
		return nil, fmt.Errorf("%w: version %q", ErrDamaged, meta["version"])
	}
	if version > Version {
		return nil, fmt.Errorf("%w (format version %d, this one reads up to %d); update fusor", ErrNewer, version, Version)
	}
	tensors, files, err := divide(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	whole := make(chan bool, 1)
	go func() { whole <- checksum([]byte(meta["manifest"]), tensors) == meta["sha256"] }() // as long as all the rest
	a := &Artifact{}
	err = a.restore([]byte(meta["manifest"]), tensors, files, catalog, methods, find)
	if !<-whole {
		return nil, fmt.Errorf("%w: its checksum does not match", ErrDamaged)
	}
	if err != nil {
		return nil, err
	}
	return a, nil
}

func (a *Artifact) restore(manifest []byte, tensors []safetensors.Tensor, files map[string]folder, catalog feature.Catalog, methods fusion.Table, find pretrained.Finder) (err error) {
	// A manifest that no fusor wrote may still contradict itself where only building the network shows
	// it.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: its parts contradict each other: %v", ErrDamaged, p)
		}
	}()
	if err := json.Unmarshal(manifest, &a.Manifest); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if err := a.restoreEncoders(files, find); err != nil {
		return err
	}
	catalog = a.Catalog(catalog)
	if err := a.restoreStates(catalog); err != nil {
		return err
	}
	weights := 0
	for _, t := range tensors {
		weights += len(t.Data)
	}
	if err := a.fits(weights); err != nil {
		return err
	}
	return a.restoreModel(tensors, methods)
}

// Catalog returns c with the view encoder of the columns that have one, and with every view of the
// artifact in the version that it was trained on, as far as c has it.
func (a *Artifact) Catalog(c feature.Catalog) feature.Catalog {
	versions := map[string]int{}
	for _, v := range a.Views {
		versions[v.Column+"."+v.View] = v.Version
	}
	return a.Pretrained.Catalog(c.At(versions))
}

func (a *Artifact) restoreStates(catalog feature.Catalog) error {
	kinds := map[string]dataset.Column{}
	for _, c := range a.Schema.Columns {
		kinds[c.Name] = c
	}
	for i, v := range a.Views {
		view, err := find(catalog, kinds[v.Column], v)
		if err != nil {
			return err
		}
		state, err := view.LoadState(v.State)
		if err != nil {
			return fmt.Errorf("%w: view %s: %w", ErrDamaged, v.Name, err)
		}
		a.States = append(a.States, state)
		a.Views[i].State = nil // a.States holds it now
	}
	return nil
}

func find(catalog feature.Catalog, col dataset.Column, v View) (feature.View, error) {
	m, ok := catalog.Lookup(col.Kind)
	if !ok {
		return nil, fmt.Errorf("view %s: this fusor has no views for %q", v.Name, col.Kind)
	}
	for _, view := range feature.ViewsOf(m, col.Name) {
		info := view.Info()
		if info.Name != v.View {
			continue
		}
		if info.Version != v.Version || info.Options != v.Options {
			return nil, fmt.Errorf("view %s: the model was trained on version %d (%s), this fusor has version %d (%s); train again",
				v.Name, v.Version, v.Options, info.Version, info.Options)
		}
		return view, nil
	}
	return nil, fmt.Errorf("view %s: this fusor has no view %q for %s", v.Name, v.View, col.Kind)
}

func (a *Artifact) restoreModel(tensors []safetensors.Tensor, methods fusion.Table) error {
	values := make(map[string]*tensor.Tensor, len(tensors))
	for _, t := range tensors {
		if !feature.Floats(t.Data).Finite() {
			return fmt.Errorf("%w: the weights %s hold a NaN or an infinity", ErrDamaged, t.Name)
		}
		values[t.Name] = &tensor.Tensor{Shape: t.Shape, F32: t.Data}
	}
	var err error
	a.Model, err = model.Restore(a.Spec, methods, values)
	if errors.Is(err, model.ErrValues) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}
