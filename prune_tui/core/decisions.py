"""What a person can decide; a decision is complete: carrying it out needs no screen and no question."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from prune_tui.core.frozen import Frozen, Positive, Sparsity

Granularity = Literal["weight", "unit"]
Scope = Literal["layer", "global"]
Optimizer = Literal["sgd", "adam", "adamw"]
LearningRateSchedule = Literal["constant", "cosine", "one_cycle"]

BUNDLED: Final = "bundled"
"""The `weights` of a `LoadDense` that takes the baseline shipped with prune-tui."""

CHECKPOINT_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]*\.safetensors$"
"""A file in the session's own folder."""

WEIGHTS_PATTERN: Final = f"^bundled$|{CHECKPOINT_PATTERN}"


class Training(Frozen):
    """How a network is trained or fine-tuned.

    `learning_rate` is the peak rate; `cosine` falls from it to zero over the run, `one_cycle` rises to it
    over the first 30 % of the steps and falls to zero (Smith & Topin 2018). Only `sgd` uses `momentum`.
    """

    num_epochs: Positive
    batch_size: Positive = 128
    optimizer: Optimizer = "adam"
    learning_rate: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = 1e-3
    learning_rate_schedule: LearningRateSchedule = "constant"
    momentum: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.9
    weight_decay: Annotated[float, Field(ge=0.0, allow_inf_nan=False)] = 0.0


class OneShot(Frozen):
    """Prune to the target in one round."""

    name: Literal["one_shot"] = "one_shot"

    @property
    def num_rounds(self) -> int:
        """One round."""
        return 1


class Iterative(Frozen):
    """Prune to the target over several rounds, fine-tuning after each."""

    name: Literal["iterative"] = "iterative"
    steps: str = "cubic"
    num_rounds: Positive = 3


Schedule = Annotated[OneShot | Iterative, Field(discriminator="name")]


class TrainDense(Frozen):
    """Train the dense baseline from fresh weights and keep the best epoch by validation accuracy."""

    kind: Literal["train_dense"] = "train_dense"
    training: Training
    stopped_after_epochs: int | None = Field(default=None, ge=0)


class LoadDense(Frozen):
    """Take the dense baseline from a file: `bundled`, or a checkpoint in the session's folder."""

    kind: Literal["load_dense"] = "load_dense"
    weights: Annotated[str, Field(pattern=WEIGHTS_PATTERN)] = BUNDLED
    sha256: str | None = None


class Scan(Frozen):
    """Prune one layer of the dense network at a time to each sparsity, evaluate on validation, restore.

    The default sparsities lie closer where curves fall and plans are made.
    """

    kind: Literal["scan"] = "scan"
    criterion: str = "l1"
    granularity: Granularity = "weight"
    sparsities: tuple[Sparsity, ...] = (0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
    stopped_after_cells: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _rising(self) -> "Scan":
        if not self.sparsities or list(self.sparsities) != sorted(set(self.sparsities)):
            raise ValueError("sparsities must rise and there must be at least one, such as [0.5, 0.7, 0.9]")
        return self


class Prune(Frozen):
    """Prune to a plan over one or more rounds, fine-tuning after each.

    `plan` is a target sparsity per layer name (layers left out stay as they are) or, for all layers, one
    number, which is all that scope `global` takes. `start_from` says whether the rounds begin with the dense
    baseline or with the network as it is pruned now. `finetune` is None for no fine-tuning.
    """

    kind: Literal["prune"] = "prune"
    plan: Mapping[str, Sparsity] | Sparsity
    criterion: str = "l1"
    granularity: Granularity = "weight"
    scope: Scope = "layer"
    schedule: Schedule = OneShot()
    finetune: Training | None = None
    start_from: Literal["dense", "pruned"] = "dense"
    stopped_after_epochs: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _global_is_one_number(self) -> "Prune":
        if self.scope == "global" and not isinstance(self.plan, float):
            raise ValueError("scope global takes one sparsity for the whole network, not one per layer")
        return self


class Finetune(Frozen):
    """Retrain the pruned network from its final weights, masks held."""

    kind: Literal["finetune"] = "finetune"
    training: Training
    stopped_after_epochs: int | None = Field(default=None, ge=0)


class Measure(Frozen):
    """Read the test set once for the pruned network, and time it beside the dense one."""

    kind: Literal["measure"] = "measure"
    batch_sizes: tuple[Positive, ...] = (1, 64)


Decision = Annotated[
    TrainDense | LoadDense | Scan | Prune | Finetune | Measure,
    Field(discriminator="kind"),
]


def describe(decision: Decision) -> str:
    """Say in a few words what a decision does, for logs and progress bars."""
    match decision:
        case TrainDense(training=training):
            return f"train the dense baseline, {epochs(training.num_epochs)}"
        case LoadDense(weights=weights):
            return f"load the dense baseline ({weights})"
        case Scan():
            return f"scan {decision.criterion} {decision.granularity}, {len(decision.sparsities)} sparsities"
        case Prune(schedule=schedule):
            finetune = f" + {epochs(decision.finetune.num_epochs)}" if decision.finetune else ""
            rounds = f"{schedule.num_rounds} round{'s' if schedule.num_rounds > 1 else ''}"
            return f"prune {decision.criterion} {decision.granularity}, {rounds}{finetune}"
        case Finetune(training=training):
            return f"fine-tune, {epochs(training.num_epochs)}"
        case Measure():
            return "measure on the test set"


def epochs(count: int) -> str:
    """Say how many epochs: `1 epoch`, `5 epochs`."""
    return f"{count} epoch{'' if count == 1 else 's'}"
