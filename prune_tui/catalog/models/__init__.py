"""The models a user can pick: one file a family, one line here to add one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from prune_tui.catalog.lookup import entry_named, load_function
from prune_tui.core.decisions import Training

if TYPE_CHECKING:
    from torch import nn

ImageShape = tuple[int, int, int]
"""Channels, height, width."""

MNIST_SHAPE: Final = (1, 28, 28)
CIFAR_SHAPE: Final = (3, 32, 32)


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model by name; `num_parameters` is for 10 classes, `builder` is `module:function(num_classes=…)`."""

    name: str
    description: str
    image_shape: ImageShape
    num_parameters: int
    builder: str
    training: Training = field(default_factory=lambda: Training(num_epochs=5))
    finetuning: Training = field(default_factory=lambda: Training(num_epochs=5))

    def build(self, *, num_classes: int) -> "nn.Module":
        """Return the network with fresh weights, drawn from torch's global random state."""
        module: nn.Module = load_function(self.builder)(num_classes=num_classes)
        return module
