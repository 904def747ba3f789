"""A replay gives what a plain forward pass gives, to the bit, for any eager model; else it says it can't."""

import pytest
import torch
from torch import nn

from prune_tui.catalog import torchvision_operators
from prune_tui.catalog.models import MODELS
from prune_tui.engine.scan.reexecution import NotReplayableError, Recording

FAMILIES = (
    *("densenet121", "mobilenet_v3_small", "shufflenet_v2_x1_0", "squeezenet1_1", "regnet_y_400mf"),
    *("swin_t", "resnet18"),
)
"""Those of the fifteen families of `benchmarks/families.py` that are quick to build."""


def weight_of(layer: nn.Module) -> nn.Parameter:
    """Return a layer's weight as the parameter that it is."""
    weight = layer.weight
    assert isinstance(weight, nn.Parameter)
    return weight


def halve(layer: nn.Conv2d | nn.Linear) -> None:
    """Prune half of a layer's weights at random."""
    with torch.no_grad():
        layer.weight.mul_(torch.rand(layer.weight.shape, generator=torch.Generator().manual_seed(0)) > 0.5)


def assert_replays(module: nn.Module, batch: torch.Tensor, *, num_layers: int) -> None:
    """Compare replay and plain forward pass for some of the layers, first and last included."""
    module.eval()
    with torch.inference_mode():
        recording = Recording(module, batch)
        assert torch.equal(recording.outputs, module(batch))
        layers = [layer for layer in module.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
        for layer in [*layers[:: max(1, len(layers) // num_layers)], layers[-1]]:
            original = layer.weight.detach().clone()
            halve(layer)
            assert torch.equal(recording.replay([weight_of(layer)]), module(batch))
            layer.weight.copy_(original)
        assert torch.equal(recording.replay([]), module(batch))


@pytest.mark.parametrize("name", MODELS)
def test_the_catalogs_models_replay_exactly(name: str) -> None:
    model = MODELS[name]
    assert_replays(model.build(num_classes=10), torch.randn(2, *model.image_shape), num_layers=8)


@pytest.mark.parametrize("family", FAMILIES)
def test_torchvision_models_replay_exactly(family: str) -> None:
    torchvision_operators.ensure()
    from torchvision import models

    torch.manual_seed(0)
    torch.backends.mha.set_fastpath_enabled(False)
    assert_replays(models.get_model(family, weights=None), torch.randn(2, 3, 64, 64), num_layers=4)


class InPlace(nn.Module):
    """Changes its tensors in place in every way there is: rebound, not rebound, by item, by argument."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.third = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        first = self.first(inputs)
        kept = first * 2
        first += 1
        first.mul_(kept)
        second = self.second(self.relu(first))
        second[:, :4] = first[:, :4]
        third: torch.Tensor = self.third(torch.nn.functional.relu(second, inplace=True) + first)
        third -= kept
        return third


def test_in_place_calls_change_no_recording() -> None:
    assert_replays(InPlace(), torch.randn(3, 8), num_layers=3)


class SharedAndSplit(nn.Module):
    """Uses one layer twice, and several outputs of one call."""

    def __init__(self) -> None:
        super().__init__()
        self.shared, self.other = nn.Linear(8, 8), nn.Linear(4, 8)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        left, right = self.shared(inputs).chunk(2, dim=1)
        joined: torch.Tensor = self.shared(self.other(left) + self.other(right))
        return joined


def test_shared_weights_and_several_outputs() -> None:
    assert_replays(SharedAndSplit(), torch.randn(3, 8), num_layers=2)


class Fickle(nn.Module):
    """Takes another path when its values change."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        first: torch.Tensor = self.first(inputs)
        return first if bool(first.abs().sum() == 0) else self.second(first)


def test_a_path_that_depends_on_values_is_noticed() -> None:
    module = Fickle().eval()
    with torch.inference_mode():
        recording = Recording(module, torch.randn(3, 8))
        module.first.weight.zero_()
        assert module.first.bias is not None
        module.first.bias.zero_()
        with pytest.raises(NotReplayableError):
            recording.replay([weight_of(module.first), module.first.bias])


def test_only_what_depends_on_the_change_is_computed() -> None:
    model = MODELS["lenet5"]
    module = model.build(num_classes=10).eval()
    run: list[str] = []
    for name in ("conv1", "conv2", "fc1", "fc2"):
        module.get_submodule(name).register_forward_hook(
            lambda _layer, _inputs, output, name=name: run.append(name) if output.sum().item() else None
        )
    with torch.inference_mode():
        recording = Recording(module, torch.randn(2, *model.image_shape))
        num_bytes = recording.num_bytes
        outputs = recording.replay([weight_of(module.get_submodule("fc2"))])
    assert torch.equal(outputs, recording.outputs)
    assert num_bytes > 2 * 20 * 24 * 24 * 4
