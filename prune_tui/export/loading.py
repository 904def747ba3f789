"""Rebuilds a network from an exported safetensors file, which can run no code."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

import torch
from torch import nn

from prune_tui.catalog.models import model_entry
from prune_tui.catalog.models.building import build
from prune_tui.core.errors import CheckpointError, PruneTuiError
from prune_tui.engine.network.checkpoint_files import read_weights
from prune_tui.engine.network.shrink import resize
from prune_tui.export.description import Description
from prune_tui.export.safetensors import from_safetensors


@dataclass(frozen=True, slots=True)
class Loaded:
    """A network from a file, in evaluation mode on the CPU, and what it takes.

    `input_shape` leaves out the batch; it is a dict by name where there are several inputs. An image goes in
    as (image / 255 − mean) / std, with one number a channel; both are None where inputs are not normalised.
    `class_names` is None where they are not known. `output_key` is the key, field or position of the output
    that is scored; None is the only one, or the one with a usual name, such as `logits` or `out`.
    """

    module: nn.Module
    input_shape: tuple[int, ...] | Mapping[str, tuple[int, ...]]
    mean: tuple[float, ...] | None
    std: tuple[float, ...] | None
    class_names: tuple[str, ...] | None
    output_key: str | int | None


def load(path: str | os.PathLike[str], *, module: nn.Module | None = None) -> Loaded:
    """Rebuild the network in a safetensors file that `prune-tui export` wrote.

    A model of the catalog is built here. For one of your own, pass a fresh `module` of it, which is given the
    file's shapes and weights. Nothing in the file is run or imported, and torch's random state is left alone.

    Raises:
        CheckpointError: the file is missing, not such a file, or of a model that `module` is not; or it is
            of a model of your own, and there is no `module`.
    """
    return rebuilt(read_weights(Path(path)), source=os.fspath(path), module=module)


def rebuilt(content: bytes, *, source: str, module: nn.Module | None = None) -> Loaded:
    """Rebuild the network in the bytes of such a file; `source` names it in messages.

    Raises:
        CheckpointError: as `load`.
    """
    state, description = from_safetensors(content, source=source)
    fresh = module if module is not None else _built(description, source)
    return Loaded(
        module=resize(fresh, state, source=source).eval(),
        input_shape=description.input_shape,
        mean=description.mean,
        std=description.std,
        class_names=description.class_names,
        output_key=description.output_key,
    )


def can_build(model: str) -> bool:
    """Say whether a model is built from its name alone, without importing code of the user's."""
    try:
        return model_entry(model).source not in ("code", "package")
    except PruneTuiError:
        return False


def _built(description: Description, source: str) -> nn.Module:
    """Build the model that a description names, with fresh weights."""
    if not can_build(description.model):
        raise CheckpointError(
            f"{source}: holds a {description.model!r}, which prune-tui does not build by itself: "
            "pass a fresh one, as in load(file, module=network)"
        )
    with torch.random.fork_rng(devices=[]):
        shape = description.input_shape
        return build(
            model_entry(description.model),
            num_classes=description.num_classes or 0,
            image_shape=(shape[0], shape[1], shape[2]) if _is_image(shape) else (0, 0, 0),
            is_pretrained=description.is_pretrained,
        )


def _is_image(shape: tuple[int, ...] | Mapping[str, tuple[int, ...]]) -> TypeGuard[tuple[int, ...]]:
    return isinstance(shape, tuple) and len(shape) == 3
