// Package network holds the architectures of pretrained encoders: from a parsed config.json and the
// tensors of a model it builds towers, which turn prepared inputs (tokens, pixels, samples) into
// hidden states and one pooled vector each.
//
// All transformers are made of one block with switches. A switch of config.json, an activation or
// a tensor that changes values and is not known is an error.
//
// Inputs of a batch are never padded: their rows are concatenated, and attention runs within each
// input. An output therefore depends on its input alone, bit for bit.
package network

import (
	"fmt"
	"slices"
	"strings"
)

// Input is one thing to encode. A text sets Tokens, a picture Pixels, a sound Samples or Mel.
type Input struct {
	Tokens []int32 // ids with special tokens
	Types  []int32 // token types, or nil for zeros

	Pixels        []float32 // [3, Height, Width]
	Height, Width int

	Samples []float32 // of a waveform
	Mel     []float32 // log-mel spectrogram [bins, Frames]
	Frames  int
}

// Output is what a tower computed for an input. It is valid until the next call with the same
// Scratch.
type Output struct {
	Hidden []float32 // [Rows, Dim]: a row for each token, patch or frame
	Rows   int
	Pooled []float32 // the architecture's own vector, nil if it has none
	Embed  []float32 // Pooled in the space that two towers share, else Pooled
}

// Tower encodes one modality. Its methods are safe for concurrent use with different Scratch
// values.
type Tower interface {
	// Info describes the tower.
	Info() TowerInfo
	// Check returns an error if in cannot be encoded.
	Check(in Input) error
	// Run encodes inputs that Check accepts; out has as many elements.
	Run(s *Scratch, in []Input, out []Output) error
}

// TowerInfo describes a tower.
type TowerInfo struct {
	Dim       int  // of a hidden row
	Pooled    int  // length of Output.Pooled, 0 if there is none
	Embed     int  // length of Output.Embed, 0 if there is none
	Own       bool // Embed was trained as the vector of a whole input
	MaxTokens int  // of a text, special tokens included
	Vocab     int  // token ids are below it
	Layers    int

	Height, Width int  // of the pictures that the network was trained on, 0 if any size is as good
	AnySize       bool // pictures may have other sizes

	MelBins, MelFrames int // of a log-mel spectrogram; 0: the tower takes samples
	MinSamples         int // the shortest waveform

	PadTo, PadID int // texts are filled up to PadTo tokens with PadID, if PadTo > 0
	Floats       int // scratch memory for a row of hidden states, about, in floats
}

// Network is a model: the towers that it has.
type Network struct {
	Architecture string // model_type of config.json
	Text         Tower
	Vision       Tower
	Audio        Tower
	Notes        []string // what a reader should know, such as parts that are left out
}

// architectures holds the builders by model_type.
var architectures = map[string]func(c *config, w *Weights, n *Network){
	"bert": buildBERT, "roberta": buildBERT, "xlm-roberta": buildBERT, "camembert": buildBERT,
	"distilbert": buildDistilBERT, "mpnet": buildMPNet,
	"vit": buildViT, "deit": buildViT, "dinov2": buildDINOv2, "dinov2_with_registers": buildDINOv2,
	"clip": buildCLIP, "clip_text_model": buildCLIPText, "clip_vision_model": buildCLIPVision,
	"siglip": buildSigLIP, "siglip_text_model": buildSigLIPText, "siglip_vision_model": buildSigLIPVision,
	"whisper": buildWhisper, "wav2vec2": buildWav2Vec2, "hubert": buildWav2Vec2,
	"resnet": buildResNet, "convnext": buildConvNeXt, "convnextv2": buildConvNeXt,
}

// Architectures returns the values of model_type that are known, sorted.
func Architectures() []string {
	var names []string
	for name := range architectures {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Check returns an error unless the model_type of configJSON is an architecture of this package.
func Check(configJSON []byte) error {
	c, err := parseConfig(configJSON)
	if err != nil {
		return fmt.Errorf("cannot read config.json: %w", err)
	}
	if kind := c.text("model_type", ""); architectures[kind] == nil {
		return fmt.Errorf("cannot use config.json: model_type %.60q is not known; known are %s", kind, strings.Join(Architectures(), ", "))
	}
	return nil
}

// Load builds the network that configJSON describes from tensors. What it does not need of them is
// not read; a tensor that the configuration leaves no place for is an error.
func Load(configJSON []byte, w *Weights) (*Network, error) {
	if err := Check(configJSON); err != nil {
		return nil, err
	}
	c, err := parseConfig(configJSON)
	if err != nil {
		return nil, err
	}
	n := &Network{Architecture: c.text("model_type", "")}
	build := architectures[n.Architecture]
	c.common()
	if c.err != nil {
		return nil, fmt.Errorf("cannot use config.json: %w", c.err)
	}
	build(c, w, n)
	if c.err != nil {
		return nil, fmt.Errorf("cannot use config.json: %w", c.err)
	}
	if err := w.finish(); err != nil {
		return nil, fmt.Errorf("cannot use the weights: %w", err)
	}
	return n, nil
}
