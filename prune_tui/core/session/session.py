"""A pruning session: the decisions in order, and a record of their results."""

from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from prune_tui.core.fields import Count, Data, Fraction, Pattern, Positive, Seed, Sha256
from prune_tui.core.report import Report
from prune_tui.core.session.decisions import CHECKPOINT_PATTERN, Decision
from prune_tui.core.session.draft import Draft
from prune_tui.core.session.legal import first_illegal
from prune_tui.core.session.names import NAME_PATTERN
from prune_tui.core.terms import Device, Stage

SCHEMA_VERSION: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint(Data):
    """A file in the session's folder, identified by its hash; `path` is relative to that folder.

    `accuracy` is on the validation split; None if it was not evaluated.
    """

    path: Annotated[str, Pattern(CHECKPOINT_PATTERN)]
    sha256: Sha256
    file_bytes: Count
    stage: Stage = "pruned"
    accuracy: Fraction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Data):
    """The results of the decisions: the report, and the checkpoints saved beside the session."""

    report: Report = field(default_factory=Report)
    checkpoints: tuple[Checkpoint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFile(Data):
    """A file of the user's own code that a session runs; a relative `path` is from the working folder."""

    path: str
    sha256: Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(Data):
    """Everything needed to replay a pruning, and a record of what it gave.

    `num_train_images` and `num_test_images` limit the dataset to that many images, drawn by the seed; None
    takes all. The validation split is taken from the training images. `pretrained` names the published
    weights that are the model's fresh weights, `default` for those that their publisher recommends. Images
    are fed as squares of `image_size` pixels; None follows from the weights, the model or the dataset. `code`
    is what `model` and `dataset` ran, where they name the user's own files. `draft` is the plan that was
    being made, which a replay ignores.

    Raises:
        ValueError: a decision requires something that the decisions before it do not provide.
    """

    schema_version: Literal[4] = SCHEMA_VERSION
    name: Annotated[str, Pattern(NAME_PATTERN)]
    seed: Seed = 0
    model: str
    dataset: str
    device: Device = "auto"
    pretrained: str | None = None
    image_size: Positive | None = None
    num_train_images: Positive | None = None
    num_test_images: Positive | None = None
    code: tuple[CodeFile, ...] = ()
    decisions: tuple[Decision, ...] = ()
    draft: Draft | None = None
    record: Record | None = None

    def __post_init__(self) -> None:
        if illegal := first_illegal(self.decisions):
            raise ValueError(f"decisions.{illegal[0]}: {illegal[1]}")
