"""A program of torch.export computes what the network does, for any batch size and form of inputs."""

import io

import pytest
import torch
from torch import nn

from prune_tui.catalog.batches import Tree
from prune_tui.core.errors import ExportError
from prune_tui.export.torch_export import DESCRIPTION_FILE, open_torch_export, to_torch_export
from prune_tui.export.trees import relative_difference
from tests.export.helpers import Mixer, exported, mixer_inputs, outputs_of


def test_a_shrunk_network_is_the_same_at_every_batch_size_and_carries_its_description() -> None:
    network = exported("resnet20")
    content = to_torch_export(network.module, network.inputs, description="{}")
    run = open_torch_export(content)
    for size in (1, 2, 7):
        images = torch.randn(size, 3, 32, 32)
        with torch.inference_mode():
            assert relative_difference(outputs_of(network.module, images), run(images)) <= 1e-5
    extra = {DESCRIPTION_FILE: ""}
    program = torch.export.load(io.BytesIO(content), extra_files=extra)
    assert extra == {DESCRIPTION_FILE: "{}"}
    assert program.example_inputs is None
    assert __file__.rsplit("/tests", 1)[0].encode() not in content


@pytest.mark.parametrize("as_dict", [True, False])
def test_several_inputs_and_outputs_keep_their_form(as_dict: bool) -> None:
    module = Mixer().eval()

    def inputs(count: int) -> Tree:
        named = mixer_inputs(count)
        return named if as_dict else (named["right"], named["left"])

    run = open_torch_export(to_torch_export(module, inputs(4), description=""))
    for size in (1, 3):
        batch = inputs(size)
        with torch.inference_mode():
            outputs = run(batch)
        assert isinstance(outputs, dict)
        assert list(outputs) == ["left", "both"]
        assert relative_difference(outputs_of(module, batch), outputs) <= 1e-6


class FixedBatch(nn.Module):
    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return inputs.reshape(2, -1)


class Branching(nn.Module):
    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return inputs if inputs.sum() > 0 else -inputs


@pytest.mark.parametrize("module", [FixedBatch(), Branching()])
def test_a_network_that_can_not_be_traced_is_refused_in_a_line(
    module: nn.Module, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ExportError, match=r"can't be traced for any batch size: .") as caught:
        to_torch_export(module, torch.randn(4, 6), description="")
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")
