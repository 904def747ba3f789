"""What can't be a program is refused in a line that names the layer."""

import re
from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from prune_tui.catalog.batches import Tree
from prune_tui.catalog.torchvision_operators import ensure
from prune_tui.core.errors import ExportError, ModelError
from prune_tui.native.operators.calls import CAN_BE
from prune_tui.native.tracing import program_of
from tests.native.helpers import difference
from tests.native.test_operations import Function


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.memory, self.head = nn.LSTM(8, 16, batch_first=True), nn.Linear(16, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.head(self.memory(x)[0][:, -1])
        return scores


class Several(nn.Module):
    """Returns two outputs, in a dict or a tuple."""

    def __init__(self, make: Callable[[torch.Tensor, torch.Tensor], object]) -> None:
        super().__init__()
        self.one, self.other, self.make = nn.Linear(4, 3), nn.LayerNorm(4), make

    def forward(self, x: torch.Tensor) -> object:
        return self.make(self.one(x), self.other(x))


def refusal(module: nn.Module, inputs: Tree, *, output_key: str | int | None = None) -> str:
    with pytest.raises(ExportError) as caught:
        program_of(module, inputs, output_key=output_key)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_networks_of_torchvision() -> None:
    ensure()
    import torchvision

    transformer = torchvision.models.VisionTransformer(
        image_size=16, patch_size=8, num_layers=1, num_heads=2, hidden_dim=8, mlp_dim=8
    )
    found = refusal(transformer, torch.randn(2, 3, 16, 16))
    assert found == f"encoder.layers.encoder_layer_0.ln_1: layer_norm can't be written as C: {CAN_BE}"
    # Without drawing its weights, which would take longer than all else.
    with torch.device("meta"):
        convolutional = torchvision.models.convnext_tiny()
    found = refusal(convolutional.to_empty(device="cpu"), torch.randn(2, 3, 64, 64))
    assert found == f"features.0.1: layer_norm can't be written as C: {CAN_BE}"


@pytest.mark.parametrize(
    ("module", "shape", "message"),
    [
        (Recurrent(), (5, 8), f"memory: lstm can't be written as C: {CAN_BE}"),
        (nn.TransformerEncoderLayer(8, 2, batch_first=True), (5, 8), "self_attn: linear can't .*one vector"),
        (nn.Sequential(nn.Conv3d(2, 3, 3)), (2, 5, 5, 5), "0: conv3d can't"),
        (nn.Sequential(nn.ConvTranspose2d(2, 3, 3)), (2, 5, 5), "0: conv_transpose2d can't"),
        (nn.BatchNorm2d(2, track_running_stats=False), (2, 5, 5), "network itself: .*norm.* each batch"),
        (Function(lambda x: F.dropout(x)), (4,), "network itself: .*dropout can't .*at random"),
        (Function(lambda x: x + torch.rand(4)), (4,), "network itself: rand can't"),
        (Function(lambda x: x - x.mean(0)), (4,), "network itself: mean can't .*within each example"),
        (Function(lambda x: x + x.flip(0)), (4,), "network itself: can't .*mixes the examples of a batch"),
        (Function(lambda x: x / x.shape[0]), (4,), "network itself: div can't .*the batch's size"),
        (
            Function(lambda x: F.max_pool2d(x, 2)),
            (4, 6),
            "network itself: max_pool2d can't .*only batches of",
        ),
        (Function(lambda x: F.max_pool1d(x, 2)), (6,), "network itself: max_pool1d can't .*only batches of"),
        (Function(lambda x: 1 / x), (4,), "network itself: .* can't be written as C"),
        (Function(lambda x: F.pad(x, (1, 1), value=1.0)), (4,), "network itself: .*pad can't .*with zeros"),
        (Function(lambda x: F.max_pool2d(x, 2, return_indices=True)[1] * 1.0), (2, 4, 4), "largest elements"),
        (Function(lambda _: torch.ones(3, 2)), (4,), "doesn't depend on its input"),
        (Function(lambda x: x), (4,), "gives back its input"),
        (Function(lambda x: torch.zeros(x.shape[0], 2)), (4,), "doesn't depend on its input"),
    ],
)
def test_other_operations(module: nn.Module, shape: tuple[int, ...], message: str) -> None:
    assert re.search(message, refusal(module, torch.randn(2, *shape)))


def test_only_one_tensor_of_floats_is_taken() -> None:
    module = nn.Sequential(nn.Embedding(5, 4), nn.Flatten())
    assert "takes a tensor of int64 with 2 dimensions" in refusal(module, torch.zeros(2, 3, dtype=torch.long))
    both = {"input": torch.zeros(2, 3), "other": torch.zeros(2, 3)}
    assert "takes 2 tensors" in refusal(nn.Bilinear(3, 3, 2), both)


def test_one_of_several_outputs_is_named_and_only_it_must_be_possible() -> None:
    inputs = torch.randn(3, 4)
    for make, key in (
        (lambda one, other: {"scores": one, "features": other}, "scores"),
        (lambda one, other: (other, one), 1),
    ):
        module = Several(make)
        program = program_of(module, inputs, output_key=key)
        assert difference(module.one, program, inputs) < 1e-5
        assert "name which" in refusal(module, inputs)
        with pytest.raises(ModelError, match="no output"):
            program_of(module, inputs, output_key="none")


def test_an_input_may_have_a_name() -> None:
    module, inputs = nn.Linear(4, 3), {"input": torch.randn(3, 4)}
    assert difference(module, program_of(module, inputs), inputs) < 1e-5
