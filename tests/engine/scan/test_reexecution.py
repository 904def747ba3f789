"""Re-execution gives what a plain forward pass gives, to the bit, for any eager model, or says it can't."""

from collections.abc import Iterable
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from prune_tui.catalog import torchvision_operators
from prune_tui.catalog.models import MODELS
from prune_tui.catalog.tasks.task import tensor
from prune_tui.reexecution.recording import ControlFlowChangedError, Recording

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


def assert_reexecutes(module: nn.Module, batch: torch.Tensor, *, num_layers: int) -> None:
    """Compare re-execution and plain forward pass for some of the layers, first and last included."""
    module.eval()
    with torch.inference_mode():
        recording = Recording(module, batch)
        assert torch.equal(tensor(recording.outputs), module(batch))
        layers = [layer for layer in module.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
        for layer in [*layers[:: max(1, len(layers) // num_layers)], layers[-1]]:
            original = layer.weight.detach().clone()
            halve(layer)
            assert torch.equal(tensor(recording.rerun([weight_of(layer)])), module(batch))
            layer.weight.copy_(original)
        assert torch.equal(tensor(recording.rerun([])), module(batch))


@pytest.mark.parametrize("name", MODELS)
def test_the_catalogs_models_are_reexecuted_exactly(name: str) -> None:
    model = MODELS[name]
    assert_reexecutes(model.build(num_classes=10), torch.randn(2, *model.own_shape), num_layers=8)


@pytest.mark.parametrize("family", FAMILIES)
def test_torchvision_models_are_reexecuted_exactly(family: str) -> None:
    torchvision_operators.ensure()
    from torchvision import models

    torch.manual_seed(0)
    torch.backends.mha.set_fastpath_enabled(False)
    assert_reexecutes(models.get_model(family, weights=None), torch.randn(2, 3, 64, 64), num_layers=4)


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
    assert_reexecutes(InPlace(), torch.randn(3, 8), num_layers=3)


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
    assert_reexecutes(SharedAndSplit(), torch.randn(3, 8), num_layers=2)


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
        with pytest.raises(ControlFlowChangedError):
            tensor(recording.rerun([weight_of(module.first), module.first.bias]))


class Calls(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes what really runs, by the names of torch's operators."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.names: list[str] = []

    def __torch_dispatch__(
        self, func: Any, types: Iterable[type], args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        self.names.append(func.overloadpacket.__name__)
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize(
    ("changed", "products"),
    [
        ("conv1", ["convolution", "convolution", "addmm", "addmm"]),
        ("conv2", ["convolution", "addmm", "addmm"]),
        ("fc1", ["addmm", "addmm"]),
        ("fc2", ["addmm"]),
        (None, []),
    ],
)
def test_only_what_depends_on_the_change_is_computed(changed: str | None, products: list[str]) -> None:
    model = MODELS["lenet5"]
    module = model.build(num_classes=10).eval()
    parameters = [weight_of(module.get_submodule(changed))] if changed else []
    with torch.no_grad():
        recording = Recording(module, torch.randn(2, *model.own_shape))
        with Calls() as calls:
            outputs = tensor(recording.rerun(parameters))
    assert torch.equal(outputs, tensor(recording.outputs))
    assert [name for name in calls.names if name in ("convolution", "addmm")] == products
    assert changed or calls.names == []


def test_a_recording_holds_at_least_the_results_of_its_calls() -> None:
    model = MODELS["lenet5"]
    with torch.inference_mode():
        recording = Recording(model.build(num_classes=10).eval(), torch.randn(2, *model.own_shape))
    assert recording.num_bytes > 2 * 20 * 24 * 24 * 4
