// Package onnx runs ONNX graphs of pretrained encoders: text, picture and sound models with frozen
// weights, opsets 9 to 21, float32, float16 and int8.
//
// A graph is read with hard bounds and refused with the name of what is not supported: an operator,
// an attribute, a domain, an element type. Loops, branches, functions and weights outside the
// model's folder are never run or read. What is constant is computed once at loading; spelled-out
// layer normalization, GELU, attention and biases are recognized and run as one kernel each.
// Options.Plain leaves every operator as it is written, which defines the results.
//
// A Graph is safe for concurrent use. Its results are the same bits for any number of workers; and
// for any batch unless the graph itself mixes rows (see Graph.MixesRows).
package onnx
