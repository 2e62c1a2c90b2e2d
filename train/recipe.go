package train

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/fusor-ml/fusor/dataset"
	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/feature/pretrained"
	"github.com/fusor-ml/fusor/fusion"
	"github.com/fusor-ml/fusor/media"
	"github.com/fusor-ml/fusor/model"
)

// Recipe is what a user may choose of a model: plain data, the content of a
// configuration file. Zero fields mean the defaults.
type Recipe struct {
	Task            string                       `json:"task,omitempty"`             // what is predicted: class, regression or multilabel; none: by the labels
	Fusion          string                       `json:"fusion,omitempty"`           // default concat, bilstm over rows in order
	FusionConfig    fusion.Config                `json:"fusion_config,omitzero"`     // options of the method
	Views           []string                     `json:"views,omitempty"`            // patterns; none: each modality's default views
	Scaling         feature.Scaling              `json:"scaling,omitempty"`          // of vectors; none: chosen on validation data
	Encoders        map[string]model.Encoder     `json:"encoders,omitempty"`         // by view, column.view
	Embeddings      string                       `json:"embeddings,omitempty"`       // file of word vectors (.vec, .txt) that learned embeddings of tokens start from
	Pretrained      map[string]pretrained.Choice `json:"pretrained,omitempty"`       // networks of the view encoder, by column or kind of column
	Width           int                          `json:"width,omitempty"`            // of an encoded view; default 64
	Hidden          int                          `json:"hidden,omitempty"`           // units of the head's hidden layer; 0: linear
	Dropout         *float64                     `json:"dropout,omitempty"`          // default 0.3; 0.6 for bilstm over rows
	ModalityDropout float64                      `json:"modality_dropout,omitempty"` // default 0
	Auxiliary       *float64                     `json:"auxiliary,omitempty"`        // default 0; 1 for quality
	Train           Config                       `json:"train,omitzero"`

	DampDense *bool `json:"-" yaml:"-"` // see Prepared; nil: chosen on validation data

	vectors model.Encoder // of vectors that Encoders does not name; "": the default
}

// defaults of a Recipe.
const (
	defaultWidth = 64
	defaultDrop  = 0.3
	// Over the rows of a group the LSTM reads vectors as they are (Poria et al.
	// 2017) and sees few groups: it needs no encoder and more dropout.
	rowsDrop = 0.6
)

// Check reports a setting that is out of range or unknown.
func (r *Recipe) Check(methods fusion.Table) error {
	if r.Fusion != "" {
		method, ok := methods.Lookup(r.Fusion)
		if !ok {
			return methods.Unknown(r.Fusion)
		}
		if err := method.Check(r.FusionConfig); err != nil {
			return err
		}
	} else if err := methods.CheckAny(r.FusionConfig); err != nil {
		return err
	}
	if err := checkSettings(*r, ""); err != nil {
		return err
	}
	return r.Train.Check()
}

// CheckTask reports an option that counts for nothing in the task, and a method that has no answer
// to it.
func (r *Recipe) CheckTask(task dataset.Task, methods fusion.Table) error {
	if r.Task != "" && r.Task != string(task) {
		return fmt.Errorf("the recipe is for the task %s, and the labels are read as %s", r.Task, task)
	}
	if m, ok := methods.Lookup(r.Fusion); ok {
		if err := m.CheckTask(task == dataset.Regression); err != nil {
			return err
		}
	}
	switch regression := task == dataset.Regression; {
	case task == dataset.Multilabel && r.Train.ClassWeights:
		return errors.New("class weights are for classes, of which a row has one; of several labels the rare ones get a threshold of their own, chosen on validation rows")
	case task == dataset.Multilabel && r.Train.Loss != "":
		return fmt.Errorf("the loss %s is for numbers, and the labels are sets", r.Train.Loss)
	case regression && r.Train.ClassWeights:
		return errors.New("class weights are for classes, and the labels are numbers")
	case regression && r.Train.Modulation != 0:
		return errors.New("modulation compares probabilities of classes or labels, and the labels are numbers")
	case regression && r.Train.LabelSmoothing != 0:
		return errors.New("label smoothing is for classes, and the labels are numbers")
	case !regression && r.Train.Loss != "":
		return fmt.Errorf("the loss %s is for numbers, and the labels are classes", r.Train.Loss)
	}
	return nil
}

// knows reports an encoder that is chosen for a view that is not there.
func (r *Recipe) checkViews(refs []feature.Ref) error {
	names := make([]string, len(refs))
	for i, ref := range refs {
		names[i] = ref.Name
	}
	for _, name := range slices.Sorted(maps.Keys(r.Encoders)) {
		if !slices.Contains(names, name) {
			return fmt.Errorf("no view %q to encode by %s; there are %s", name, r.Encoders[name], strings.Join(names, ", "))
		}
	}
	return nil
}

// spec defines the model of a recipe over fitted views.
func (r *Recipe) spec(p *Prepared, views []int, seed uint64) (model.Spec, error) {
	s := model.Spec{
		Method: r.Fusion, Fusion: r.FusionConfig, Outputs: p.outputs(), Regression: p.Target != nil, Multilabel: p.Set.Labels != nil, Prior: p.Prior,
		Width: r.Width, Hidden: r.Hidden, Dropout: defaultDrop, ModalityDropout: r.ModalityDropout, Seed: seed,
	}
	// Defaults are filled in here, where the data are known; the recipe keeps what was asked for.
	switch {
	case s.Method != "":
	case p.Ordered():
		s.Method = fusion.DefaultOrdered
	default:
		s.Method = fusion.Default
	}
	if s.Width == 0 {
		s.Width = defaultWidth
	}
	if r.Dropout != nil {
		s.Dropout = *r.Dropout
	}
	// What the other views are decides about options of the method and of the views below.
	sequence, bag := false, false
	for _, i := range views {
		shape := p.Views[i].Info.Shape
		bag = bag || shape == feature.Sparse
		sequence = sequence || shape == feature.Sequence || shape == feature.Tokens
	}
	method, ok := p.Methods.Lookup(s.Method)
	if !ok {
		return s, p.Methods.Unknown(s.Method)
	}
	// A method may choose options by the data (decision 21); set ones stay.
	s.Fusion = method.Suited(s.Fusion, fusion.Data{Ordered: p.Ordered(), Sequences: sequence})
	s.Auxiliary = method.Auxiliary
	if r.Auxiliary != nil {
		s.Auxiliary = *r.Auxiliary
	}
	// One view has no fusion whose parts could be trained apart.
	if len(views) == 1 && !method.Votes {
		s.Auxiliary = 0 // the prediction is that of the view
	}
	// The encoder of vectors is then the LSTM itself (see rowsDrop).
	rows := method.OverRows(s.Fusion)
	if rows && r.Dropout == nil {
		s.Dropout = rowsDrop
	}
	for _, i := range views {
		v := p.Views[i]
		e := model.Encoders(v.Info.Shape)[0]
		switch {
		case v.Info.Shape != feature.Vector:
		case rows:
			e = model.Identity
		case r.vectors != "":
			e = r.vectors
		}
		if chosen, ok := r.Encoders[v.Name]; ok {
			e = chosen
		}
		view := model.View{Name: v.Name, Column: v.Column, Shape: v.Info.Shape, Dim: v.State.Dim(), Encoder: e}
		if from, ok := v.State.(feature.PretrainedState); ok {
			view.Embedding = from.EmbeddingDim()
		}
		// Decision 12: Gain brings a vector of D scaled features, of length √D, to 0.5, half of a bag's
		// length.
		if p.DampDense && bag && wide(v, s.Width) && e != model.Identity {
			view.Gain = 0.5 / math.Sqrt(float64(view.Dim))
		}
		s.Views = append(s.Views, view)
	}
	return s, s.Check()
}

// wide reports whether v is a vector that is wider than what it is encoded to. The fields of a
// table are not: their bins are many values that state few.
func wide(v Fitted, width int) bool {
	return v.Info.Shape == feature.Vector && v.Kind != media.Table && v.State.Dim() > width
}
