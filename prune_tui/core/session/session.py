"""A pruning session: what was decided, in order, and what came of it; and its JSON form."""

import json
import re
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError

from prune_tui.core.errors import SessionError
from prune_tui.core.fields import Count, Fraction, Frozen, Positive
from prune_tui.core.run.events import Stage
from prune_tui.core.run.report import Report
from prune_tui.core.session.decisions import CHECKPOINT_PATTERN, Decision
from prune_tui.core.session.upgrade import upgraded

SCHEMA_VERSION: Final = 2

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"

Device = Literal["auto", "cpu", "cuda", "mps"]


class Checkpoint(Frozen):
    """A file in the session's folder, known by its hash; `path` is relative to that folder.

    `accuracy` is what these weights reach on the validation split.
    """

    path: Annotated[str, Field(pattern=CHECKPOINT_PATTERN)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    file_bytes: Count
    stage: Stage = "pruned"
    accuracy: Fraction | None = None


class Record(Frozen):
    """What came of the decisions: the report, and the checkpoints saved beside the session."""

    report: Report = Report()
    checkpoints: tuple[Checkpoint, ...] = ()


class Session(Frozen):
    """Everything needed to do a pruning again, and what it gave the first time.

    `num_train_images` takes so many of the dataset's training images (validation is carved from them) and
    `num_test_images` so many of its test images, drawn by the seed; None takes all.
    """

    schema_version: Literal[2] = SCHEMA_VERSION
    name: Annotated[str, Field(pattern=NAME_PATTERN)]
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    model: str
    dataset: str
    device: Device = "auto"
    num_train_images: Positive | None = None
    num_test_images: Positive | None = None
    decisions: tuple[Decision, ...] = ()
    record: Record | None = None


def to_json(session: Session) -> str:
    """Return the session as an indented JSON document, each list of numbers on one line."""
    indented = session.model_dump_json(indent=2)
    return (
        _NUMBERS.sub(lambda found: " ".join(found[0].split()).replace("[ ", "[").replace(" ]", "]"), indented)
        + "\n"
    )


_NUMBERS: Final = re.compile(r"\[\n[-+.eE\d,\snul]*\]")
"""A list of numbers and nulls, such as a histogram's counts; no JSON string has a line break in it."""


def from_json(text: str | bytes, *, source: str) -> Session:
    """Read a session; `source` is the file's name, for messages.

    Raises:
        SessionError: the text is not JSON, not an object, of a newer schema, or a field is wrong.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SessionError(f"{source}: not a session: not JSON ({error})") from None
    if not isinstance(data, dict):
        raise SessionError(f"{source}: not a session: a JSON object is wanted, not a {type(data).__name__}")
    version = data.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise SessionError(
            f"{source}: schema_version {version} is newer than this prune-tui reads "
            f"({SCHEMA_VERSION}); upgrade prune-tui"
        )
    if version is None:
        raise SessionError(f"{source}: not a session: schema_version is missing")
    try:
        return Session.model_validate(upgraded(data))
    except ValidationError as error:
        raise SessionError(f"{source}: {_first_problem(error)}") from None


def _first_problem(error: ValidationError) -> str:
    """Say what is wrong with the first wrong field: where, what it is, what would be right."""
    first = error.errors()[0]
    # Union branches name themselves in the location; the reader knows only the fields of the file.
    where = ".".join(str(part) for part in first["loc"] if not str(part).startswith(("dict[", "float")))
    if first["type"] == "extra_forbidden":
        return f"unknown field {where}"
    if first["type"] == "missing":
        return f"field {where} is missing"
    if first["type"] == "string_pattern_mismatch" and where.endswith(("path", "weights")):
        return f"{where}: {first['input']!r} is not a .safetensors file inside the session's own folder"
    given = repr(first["input"])
    shown = given if len(given) <= 40 else given[:37] + "..."
    return f"{where}: {first['msg'].removeprefix('Value error, ')} (it is {shown})"
