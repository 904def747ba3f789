"""Published weights of a model: where they are, and what they were trained for."""

from dataclasses import dataclass
from typing import Final

from prune_tui.catalog.models.inputs import InputTransform

DEFAULT_WEIGHTS: Final = "default"
"""The name of the weights that a library recommends."""


@dataclass(frozen=True, slots=True)
class PublishedWeights:
    """Weights by name; `sha256_start` is how the SHA-256 of their file begins, empty if that is not known."""

    name: str
    url: str
    file_name: str
    sha256_start: str
    num_classes: int
    transform: InputTransform
