"""An ONNX file computes in onnxruntime what the network does in torch, for any batch size."""

from importlib.util import find_spec

import pytest
import torch

from prune_tui.core.errors import ExportError
from prune_tui.export import onnx as onnx_files
from prune_tui.export.onnx import DESCRIPTION_KEY, demand_packages, open_onnx, to_onnx
from prune_tui.export.trees import relative_difference
from tests.export.helpers import Mixer, exported, mixer_inputs, outputs_of

needs_onnx = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("onnx", "onnxscript", "onnxruntime")),
    reason="the extra `onnx` is not installed",
)


@needs_onnx
def test_a_shrunk_network_is_the_same_at_every_batch_size(capfd: pytest.CaptureFixture[str]) -> None:
    network = exported("lenet5")
    content = to_onnx(network.module, network.inputs, description='{"a": 1}')
    run = open_onnx(content, num_threads=1)
    for size in (1, 2, 7):
        images = torch.randn(size, 1, 28, 28)
        assert relative_difference(outputs_of(network.module, images), run(images)) <= 1e-5
    assert capfd.readouterr() == ("", "")

    import onnx

    model = onnx.load_from_string(content)
    assert {entry.key: entry.value for entry in model.metadata_props} == {DESCRIPTION_KEY: '{"a": 1}'}
    assert [each.name for each in (*model.graph.input, *model.graph.output)] == ["input", "output"]
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"
    assert __file__.rsplit("/tests", 1)[0].encode() not in content
    weights = sum(tensor.nbytes for tensor in network.module.state_dict().values())
    assert len(content) < weights + 8_000


@needs_onnx
def test_inputs_and_outputs_are_named_by_their_keys() -> None:
    module = Mixer().eval()
    run = open_onnx(to_onnx(module, mixer_inputs(4), description=""), num_threads=1)
    for size in (1, 3):
        inputs = mixer_inputs(size)
        outputs = run(inputs)
        assert isinstance(outputs, dict)
        assert list(outputs) == ["output_left", "both_0", "both_1"]
        assert relative_difference(outputs_of(module, inputs), outputs) <= 1e-6


def test_a_missing_package_is_told_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_files, "find_spec", lambda name: None if name == "onnxruntime" else object())
    with pytest.raises(ExportError, match=r"needs onnxruntime, .*pip install 'prune-tui\[onnx\]'"):
        demand_packages()
