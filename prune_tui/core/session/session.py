"""A pruning session: what was decided, in order, and what came of it."""

from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from prune_tui.core.fields import Count, Data, Fraction, Pattern, Positive, Seed, Sha256
from prune_tui.core.report import Report
from prune_tui.core.session.decisions import CHECKPOINT_PATTERN, Decision
from prune_tui.core.session.legal import first_illegal
from prune_tui.core.session.names import NAME_PATTERN
from prune_tui.core.terms import Device, Stage

SCHEMA_VERSION: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint(Data):
    """A file in the session's folder, known by its hash; `path` is relative to that folder.

    `accuracy` is what these weights reach on the validation split.
    """

    path: Annotated[str, Pattern(CHECKPOINT_PATTERN)]
    sha256: Sha256
    file_bytes: Count
    stage: Stage = "pruned"
    accuracy: Fraction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Data):
    """What came of the decisions: the report, and the checkpoints saved beside the session."""

    report: Report = field(default_factory=Report)
    checkpoints: tuple[Checkpoint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(Data):
    """Everything needed to do a pruning again, and what it gave the first time.

    `num_train_images` takes so many of the dataset's training images (validation is carved from them) and
    `num_test_images` so many of its test images, drawn by the seed; None takes all.

    Raises:
        ValueError: a decision can't work where it stands.
    """

    schema_version: Literal[3] = SCHEMA_VERSION
    name: Annotated[str, Pattern(NAME_PATTERN)]
    seed: Seed = 0
    model: str
    dataset: str
    device: Device = "auto"
    num_train_images: Positive | None = None
    num_test_images: Positive | None = None
    decisions: tuple[Decision, ...] = ()
    record: Record | None = None

    def __post_init__(self) -> None:
        if illegal := first_illegal(self.decisions):
            raise ValueError(f"decisions.{illegal[0]}: {illegal[1]}")
