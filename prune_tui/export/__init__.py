"""Networks as files for other programs: ONNX, torch.export, described safetensors, and compact files."""
