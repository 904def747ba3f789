"""Networks to export: a shrunk one of the catalog, one with dicts, and a session with checkpoints."""

from pathlib import Path

import torch
from torch import nn

from prune_tui.catalog.batches import Tree, call
from prune_tui.catalog.models import MODELS
from prune_tui.core.session.decisions import LoadDense, Prune, Shrink
from prune_tui.engine.network.network import Network
from prune_tui.engine.network.shrink import shrink
from prune_tui.export.description import Description
from prune_tui.export.network import Exported
from tests.engine.helpers import halved
from tests.runner.helpers import opened, perform


def shrunk(name: str) -> Network:
    """A model of the catalog with half its units removed."""
    network = shrink(halved(name))
    assert network is not None
    network.module.eval()
    return network


def exported(name: str, *, num_images: int = 5) -> Exported:
    """A shrunk model of the catalog as it is exported, with made-up images."""
    network, shape = shrunk(name), MODELS[name].own_shape
    description = Description(
        model=name,
        num_classes=10,
        input_shape=shape,
        mean=(0.5,) * shape[0],
        std=(0.25,) * shape[0],
        layers={layer.name: tuple(network.weight(layer.name).shape) for layer in network.layers},
        session="s",
        checkpoint="shrunk.safetensors",
        stage="shrunk",
        accuracy=0.75,
    )
    return Exported(network.module, torch.randn(num_images, *shape), description)


class Mixer(nn.Module):
    """Takes two tensors and gives a dict with a tensor and a pair; an output has an input's name."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Linear(4, 3), nn.Linear(5, 3)

    def forward(self, right: torch.Tensor, left: torch.Tensor) -> dict[str, object]:
        one, other = self.left(left), self.right(right)
        return {"left": one + other, "both": (one, other)}


def mixer_inputs(count: int) -> dict[str, torch.Tensor]:
    """Inputs for `Mixer`, in another order than it takes them."""
    return {"left": torch.randn(count, 4), "right": torch.randn(count, 5)}


def outputs_of(module: nn.Module, inputs: Tree) -> Tree:
    with torch.inference_mode():
        return call(module, inputs)


def recorded(folder: Path) -> Path:
    """A session on the bundled pair with a dense, a pruned and a shrunk checkpoint."""
    plan = {"conv1": 0.5, "conv2": 0.6, "fc1": 0.8}
    perform(opened(folder), LoadDense(), Prune(plan=plan, granularity="unit"), Shrink())
    return folder / "s.json"
