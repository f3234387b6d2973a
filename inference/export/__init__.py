"""The stages as ONNX files, for programs that do not run torch."""
