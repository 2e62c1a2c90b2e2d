// Package model builds a network from a Spec: an encoder per view, one fusion, and a head.
package model

import (
	"fmt"
	"math"
	"slices"

	"github.com/fusor-ml/fusor/feature"
	"github.com/fusor-ml/fusor/fusion"
)

// Spec defines a network as plain data.
type Spec struct {
	Views   []View        `json:"views"`
	Method  string        `json:"fusion"`
	Fusion  fusion.Config `json:"fusion_config"`
	Outputs int           `json:"outputs"` // number of classes or labels; 1 for a regression

	Regression bool `json:"regression,omitempty"`
	Multilabel bool `json:"multilabel,omitempty"` // each output is a label of its own, under a sigmoid
	// Prior is what is predicted where every view is absent: log-probabilities
	// of the classes, log-odds of the labels, or 0 for a regression, whose targets are standardized.
	Prior []float32 `json:"prior"`

	Width           int     `json:"width"`                      // of an encoded view
	Hidden          int     `json:"hidden,omitempty"`           // of the head; 0: the head is linear
	Dropout         float64 `json:"dropout,omitempty"`          // before the head and after the encoders
	ModalityDropout float64 `json:"modality_dropout,omitempty"` // chance that a column is hidden from a training row
	// Auxiliary is the weight, beside the loss of the prediction, of the loss of what each view
	// predicts by itself: by a head of its own unless the fusion decides per view; 0: there are none.
	Auxiliary float64 `json:"auxiliary,omitempty"`
	Seed      uint64  `json:"seed"`

	// Members are the networks of an ensemble, which has no encoder, fusion or head of its own: its
	// method is Ensemble, and Views holds each view that a member takes.
	Members []Member `json:"members,omitempty"`
}

// View describes how one view is encoded.
type View struct {
	Name    string        `json:"name"` // column.view
	Column  string        `json:"column"`
	Shape   feature.Shape `json:"shape"`
	Dim     int           `json:"dim"`
	Encoder Encoder       `json:"encoder"`
	Gain    float64       `json:"gain,omitempty"` // of a vector: what it is multiplied by before the encoder; 0: 1
	// Embedding is the width of a token's learned vector; 0: 64.
	Embedding int `json:"embedding,omitempty"`
}

// Encoder names how a view becomes a vector of the model's width.
type Encoder string

// The encoders.
const (
	Identity  Encoder = "identity"  // vector: as it is
	Linear    Encoder = "linear"    // vector, sparse: W x + b
	MLP       Encoder = "mlp"       // vector, sparse: ReLU(W x + b)
	BiLSTM    Encoder = "bilstm"    // sequence, tokens: both directions, attention pooling over the steps
	Attention Encoder = "attention" // sequence, tokens: a layer on each step, attention pooling over the steps
)

// Encoders lists the encoders that take a shape, the default first.
func Encoders(s feature.Shape) []Encoder {
	switch s {
	case feature.Vector:
		return []Encoder{MLP, Linear, Identity}
	case feature.Sparse:
		return []Encoder{Linear, MLP}
	case feature.Tokens:
		return []Encoder{Attention, BiLSTM}
	}
	return []Encoder{BiLSTM, Attention}
}

// Check reports what is wrong with s.
func (s *Spec) Check() error {
	switch {
	case len(s.Views) == 0:
		return fmt.Errorf("cannot build a model of no views")
	case s.Outputs < 1:
		return fmt.Errorf("cannot build a model of %d outputs", s.Outputs)
	case len(s.Prior) != s.Outputs:
		return fmt.Errorf("the prior has %d values for %d outputs", len(s.Prior), s.Outputs)
	case s.Method == Ensemble || len(s.Members) > 0:
		return s.checkMembers()
	case s.Width < 1:
		return fmt.Errorf("cannot build a model of width %d", s.Width)
	case s.Dropout < 0 || s.Dropout >= 1:
		return fmt.Errorf("dropout %g is not in [0, 1)", s.Dropout)
	case s.ModalityDropout < 0 || s.ModalityDropout >= 1:
		return fmt.Errorf("modality dropout %g is not in [0, 1)", s.ModalityDropout)
	case !(s.Auxiliary >= 0) || math.IsInf(s.Auxiliary, 0):
		return fmt.Errorf("the auxiliary heads have the weight %g", s.Auxiliary)
	case s.Regression && s.Multilabel:
		return fmt.Errorf("a model of numbers has no labels")
	}
	for _, v := range s.Views {
		if v.Dim < 1 {
			return fmt.Errorf("view %s has width %d", v.Name, v.Dim)
		}
		if v.Embedding < 0 || v.Embedding > 0 && v.Shape != feature.Tokens {
			return fmt.Errorf("view %s: embeddings of width %d in a %s view", v.Name, v.Embedding, v.Shape)
		}
		if !slices.Contains(Encoders(v.Shape), v.Encoder) {
			return fmt.Errorf("view %s: a %s view has no encoder %q (it has %v)", v.Name, v.Shape, v.Encoder, Encoders(v.Shape))
		}
	}
	return nil
}
