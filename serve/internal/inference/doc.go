// Package inference holds the messages of the Open Inference Protocol's gRPC form, generated from
// inference.proto by "make proto".
package inference
