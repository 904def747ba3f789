"""Writes a network as the files of a folder of C, with images and torch's outputs to check it by."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Final, TypeAlias

import numpy as np
import torch

from prune_tui.catalog.batches import Tree, call, mapped, taken, tensors_of
from prune_tui.catalog.tasks.classification import Classification
from prune_tui.catalog.tasks.task import output_at, tensor
from prune_tui.export.description import Description
from prune_tui.export.network import Exported
from prune_tui.native.building import compiler
from prune_tui.native.choosing import Plan, measured, ruled
from prune_tui.native.fusing import fused
from prune_tui.native.program import Program
from prune_tui.native.source.network import WEIGHTS_FILE, header_of, source_of
from prune_tui.native.tracing import program_of

Chooser: TypeAlias = Callable[[Program], Plan]

_MOST_IMAGES: Final = 8
_MOST_BYTES: Final = 2**21
"""About so large may the images to check by be."""


@dataclass(frozen=True, slots=True, eq=False)
class Folder:
    """A network as files by name.

    `output_key` names the output that it computes, None is the only one; `output_shape` leaves out the batch.
    `predicts` says that it has a number for each class.
    """

    files: Mapping[str, bytes]
    output_key: str | int | None
    output_shape: tuple[int, ...]
    predicts: bool

    @property
    def num_bytes(self) -> int:
        return sum(map(len, self.files.values()))

    def picked(self, outputs: Tree) -> torch.Tensor:
        """Return what torch says for the output that the folder computes."""
        return _picked(outputs, self.output_key)


def is_measured() -> bool:
    """Say whether the ways in which layers are computed are chosen by timing them: with a compiler."""
    return compiler() is not None


def to_c(network: Exported, choose: Chooser | None = None) -> Folder:
    """Return the folder of a network.

    `choose` says how each layer is computed; None times it, or takes the rule without a compiler.

    Raises:
        ExportError: it can't be traced, or has an operation that is not written as C; the message names its
            layer.
    """
    key = _output_key(network)
    program = fused(program_of(network.module, network.inputs, output_key=key))
    plan = (choose or (measured if is_measured() else ruled))(program)
    source = source_of(program, plan.choices, few=plan.few)
    made = {
        "net.c": source.text.encode(),
        "net.h": header_of(program).encode(),
        "Makefile": _text("Makefile").encode(),
        "check.c": _text("check.c").encode(),
    }
    if source.weights:
        made[WEIGHTS_FILE] = source.weights
    images = _images(network.inputs, program)
    with torch.inference_mode():
        outputs = _picked(call(network.module, images), key)
    shape, num_classes = tuple(outputs.shape[1:]), network.description.num_classes
    # The largest of several values means nothing, and rounding may change which it is.
    is_classified = network.data is None or isinstance(network.data.task, Classification)
    predicts = is_classified and num_classes is not None and num_classes > 1 and shape == (num_classes,)
    made["check.bin"] = _vector(images, outputs, predicts=predicts)
    made["README.txt"] = _explained(
        network.description, program, len(outputs), made, was_timed=bool(plan.seconds)
    ).encode()
    return Folder(made, key, shape, predicts)


def _picked(outputs: Tree, key: str | int | None) -> torch.Tensor:
    return tensor(outputs if key is None else output_at(outputs, key))


def _output_key(network: Exported) -> str | int | None:
    """Return which output is scored; None if there is but one."""
    with torch.inference_mode():
        outputs = call(network.module, taken(network.inputs, 2))
    key = network.description.output_key
    if key is not None or isinstance(outputs, torch.Tensor):
        return key
    wanted = Classification().picked(outputs)
    keys: list[str | int] = [*outputs] if isinstance(outputs, Mapping) else [*range(len(outputs))]
    return next(key for key in keys if output_at(outputs, key) is wanted)


def _images(inputs: Tree, program: Program) -> Tree:
    """Return the first few examples: not more than there are."""
    (given,) = tensors_of(inputs)
    fitting = max(1, _MOST_BYTES // (4 * program.input.size))
    count = min(_MOST_IMAGES, fitting, len(given))
    return mapped(inputs, lambda leaf: leaf[:count])


def _vector(images: Tree, outputs: torch.Tensor, *, predicts: bool) -> bytes:
    """Return what check.c reads: two int32, then the inputs and the outputs as float32."""
    (given,) = tensors_of(images)
    head = np.array([len(given), predicts], dtype="<i4").tobytes()
    return head + b"".join(
        each.float().contiguous().numpy().astype("<f4").tobytes() for each in (given, outputs)
    )


def _explained(
    description: Description,
    program: Program,
    num_images: int,
    made: Mapping[str, bytes],
    *,
    was_timed: bool,
) -> str:
    """Return the text of README.txt."""
    output = program.shape_of(len(program.nodes))
    parts = [name for name in ("net.c", "net.h", WEIGHTS_FILE) if name in made]
    accuracy = "" if description.accuracy is None else f" (validation accuracy {description.accuracy:.2%})"
    return _text(
        "README.txt",
        model=description.model,
        session=f"session {description.session}",
        checkpoint=f"{description.checkpoint}{accuracy}",
        input=_sizes(program.input.channels, program.input.rows, program.input.columns),
        normalisation=_normalisation(description),
        output=_sizes(output.channels, output.rows, output.columns),
        classes=", ".join(description.class_names or ()) or "without names",
        num_images=f"{num_images} image{'' if num_images == 1 else 's'}",
        files=" and ".join([", ".join(parts[:-1]), parts[-1]]),
        chosen="by timing it" if was_timed else "by a rule, without timing it",
    )


def _sizes(*sizes: int) -> str:
    if math.prod(sizes) == sizes[0]:
        return f"{sizes[0]:,} numbers"
    return f"{' x '.join(map(str, sizes))} numbers (channels, rows, columns)"


def _normalisation(description: Description) -> str:
    if description.mean is None or description.std is None:
        return "as they are: nothing is subtracted or divided"
    means, stds = (
        ", ".join(f"{number:.6g}" for number in numbers) for numbers in (description.mean, description.std)
    )
    each = ", a number for each channel" if len(description.mean) > 1 else ""
    return f"(image / 255 - mean) / std, with mean {means} and std {stds}{each}"


def _text(file: str, **words: object) -> str:
    """Return a text of this package, with its words filled in where there are any."""
    text = files("prune_tui.export.c").joinpath(file).read_text("utf-8")
    return Template(text).substitute(words) if words else text
