"""What an exported file says about its network, as JSON and back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from prune_tui.core.errors import CheckpointError
from prune_tui.core.fields import Count, Data, Fraction, Positive
from prune_tui.core.session.json import checked_data, json_data
from prune_tui.core.terms import Stage

FORMAT_VERSION: Final = 1

Shape = tuple[Count, ...]
"""The shape of a tensor; of an input, without the batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description(Data):
    """A network, what it takes and gives, and where it comes from.

    `model` is a name of the catalog. `input_shape` is that of the only input, or those of several by name.
    The network takes (image / 255 − mean) / std with one number a channel; None where its inputs are not
    normalised. `output_key` names the output that is scored; None where there is only one. `is_pretrained`
    says that the model is built as its published weights want it: some then change their input. `layers`
    holds the shapes of the prunable weights. `accuracy` is on the validation split; None if it was not
    evaluated.
    """

    format_version: Literal[1] = FORMAT_VERSION
    model: str
    num_classes: Positive | None
    input_shape: Shape | Mapping[str, Shape]
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    output_key: str | int | None = None
    class_names: tuple[str, ...] | None = None
    is_pretrained: bool = False
    layers: Mapping[str, Shape]
    session: str
    checkpoint: str
    stage: Stage
    accuracy: Fraction | None = None


def to_text(description: Description) -> str:
    """Return the description as one line of JSON."""
    return json.dumps(json_data(description), ensure_ascii=False)


def from_text(text: str, *, source: str) -> Description:
    """Read a description; `source` names its file in messages.

    Raises:
        CheckpointError: it is not JSON, of a newer version, or has a field that is missing, unknown or wrong.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise CheckpointError(f"{source}: the description of its network is not JSON") from None
    version = data.get("format_version") if isinstance(data, dict) else None
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise CheckpointError(
            f"{source}: format_version {version} is newer than this prune-tui reads ({FORMAT_VERSION}); "
            "upgrade prune-tui"
        )
    try:
        return checked_data(Description, data)
    except ValueError as error:
        raise CheckpointError(f"{source}: the description of its network is wrong: {error}") from None
