package onnx

func (m *matcher) integerLinear(*node) {}
