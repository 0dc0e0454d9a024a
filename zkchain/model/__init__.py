"""Read, check, inspect and rewrite ONNX models, and read the samples that go with them."""
