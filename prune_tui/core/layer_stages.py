"""The stages of a network: the layers whose names begin alike."""

from collections.abc import Sequence
from typing import Final

LARGEST: Final = 0.75
"""The share of all layers above which a stage says little, as `blocks` of a transformer."""


def stages_of(names: Sequence[str]) -> dict[str, str]:
    """Return the stage of each layer that has one, by its name: `layer1` for `layer1.0.conv1`.

    A stage is named by the first part of its layers' names, and has at least two layers. One that holds more
    than `LARGEST` of all layers is divided by the next part, if that tells layers apart.
    """
    stages: dict[str, str] = {}
    _divide(names, 1, len(names), stages)
    return stages


def _divide(names: Sequence[str], depth: int, num_all: int, stages: dict[str, str]) -> None:
    """Put layers with the same first `depth` parts into one stage; divide it further if it is too large."""
    together: dict[str, list[str]] = {}
    for name in names:
        parts = name.split(".")
        if len(parts) > depth:
            together.setdefault(".".join(parts[:depth]), []).append(name)
    for prefix, own in together.items():
        finer: dict[str, str] = {}
        if len(own) > LARGEST * num_all:
            _divide(own, depth + 1, num_all, finer)
        if len(own) > 1:
            stages |= finer or dict.fromkeys(own, prefix)
