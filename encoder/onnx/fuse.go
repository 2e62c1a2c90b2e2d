package onnx

func (l *loader) fuse() {}
