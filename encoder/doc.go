// Package encoder runs pretrained networks that are frozen: a folder as Hugging Face and
// sentence-transformers lay it out, or an ONNX graph with its tokenizer or preprocessor beside it,
// becomes an Encoder that turns texts, pictures or sounds into vectors.
//
// Nothing is downloaded and no code of a model is run. A folder that needs a computation this
// package does not know (an architecture, an activation, a switch of config.json, a tensor of
// another shape) is refused with an error that names it.
//
// An Encoder is safe for concurrent use. A vector depends on its input and the folder alone: bit
// for bit the same in any batch, order and number of threads of one kernel tier.
package encoder
