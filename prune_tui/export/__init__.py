"""Networks as files that other programs run: ONNX, torch.export, and described safetensors."""
