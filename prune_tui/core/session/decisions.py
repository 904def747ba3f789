"""What a person can decide; a decision is complete: carrying it out needs no screen and no question."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from prune_tui.core.fields import Count, Frozen, Positive, Sparsity
from prune_tui.core.session.recipe import Precision, Training

Granularity = Literal["weight", "unit", "n_m"]
"""What is pruned at once: single weights, whole units, or two of every four inputs (2:4)."""

Scope = Literal["layer", "global"]

SCAN_SPARSITIES: Final = (0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
N_M_SPARSITY: Final = 0.5
"""The sparsity of 2:4, the only one that granularity `n_m` has."""

BUNDLED: Final = "bundled"
"""The `weights` of a `LoadDense` that takes the baseline shipped with prune-tui."""

CHECKPOINT_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]*\.safetensors$"
"""A file in the session's own folder."""

WEIGHTS_PATTERN: Final = f"^bundled$|{CHECKPOINT_PATTERN}"


class Rewinding(Frozen):
    """Retraining as the dense baseline was trained from the end of one of its epochs (Renda et al. 2020).

    `weights` also takes the kept weights back to what they were then (Frankle & Carbin 2019: epoch 0, the
    fresh weights); `learning_rate` goes on from the final weights, on the schedule of that time.
    """

    to: Literal["weights", "learning_rate"] = "weights"
    epoch: Count = 0


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
    """Train the dense baseline from fresh weights and keep the best epoch by validation accuracy.

    The fresh weights are drawn from `seed`, or the session's where that is None. The weights after each of
    `kept_epochs` are kept, to be rewound to; those of epoch 0, the fresh ones, always are.
    """

    kind: Literal["train_dense"] = "train_dense"
    training: Training
    seed: Annotated[int, Field(ge=0, lt=2**32)] | None = None
    kept_epochs: tuple[Positive, ...] = ()
    stopped_after_epochs: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _has_no_teacher(self) -> "TrainDense":
        if self.training.distillation:
            raise ValueError("distillation learns from the dense baseline, so it can't train that: use 0")
        return self


class LoadDense(Frozen):
    """Take the dense baseline from a file: `bundled`, or a checkpoint in the session's folder."""

    kind: Literal["load_dense"] = "load_dense"
    weights: Annotated[str, Field(pattern=WEIGHTS_PATTERN)] = BUNDLED
    sha256: str | None = None


class Scan(Frozen):
    """Prune one layer of the dense network at a time to each sparsity, evaluate on validation, restore.

    The default sparsities lie closer where curves fall and plans are made. With `tolerance_points` a cell is
    settled once the 95 % interval of its accuracy's difference from the dense network's is that many points
    to either side, or a fifth of a large difference; without, every image is evaluated. `precision` bfloat16
    evaluates in mixed precision, where the device is faster so.
    """

    kind: Literal["scan"] = "scan"
    criterion: str = "l1"
    granularity: Granularity = "weight"
    sparsities: tuple[Sparsity, ...] = SCAN_SPARSITIES
    tolerance_points: Annotated[float, Field(gt=0.0, le=100.0)] | None = None
    precision: Precision = "float32"
    stopped_after_evaluations: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _rising(self) -> "Scan":
        _check_rising(self.sparsities)
        if self.granularity == "n_m" and self.sparsities != (N_M_SPARSITY,):
            raise ValueError("granularity n_m has one sparsity, that of 2:4: [0.5]")
        return self


class Method(Frozen):
    """A way to prune: by which criterion, what at once, and over which weights together."""

    criterion: str = "l1"
    granularity: Granularity = "weight"
    scope: Scope = "layer"


class Sweep(Frozen):
    """Prune the whole dense network by each method to each sparsity, and evaluate on validation.

    `schedule`, `finetune` and `finetune_last` hold for each point, as in `Prune`. Besides the masked network,
    `modes` may evaluate what it becomes: `sparse` runs masked weights of linear layers as sparse matrices,
    `compact` removes units. With `from_scratch`, the compact architecture is also trained from fresh weights.
    Every network is timed at `batch_sizes`, side by side. Layers in `spared` stay dense. `keeps_checkpoints`
    saves the pruned network of every point.
    """

    kind: Literal["sweep"] = "sweep"
    methods: Annotated[tuple[Method, ...], Field(min_length=1)] = (Method(),)
    sparsities: tuple[Sparsity, ...] = (0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.99)
    schedule: Schedule = OneShot()
    finetune: Training | None = None
    finetune_last: Training | None = None
    modes: tuple[Literal["sparse", "compact"], ...] = ()
    from_scratch: Training | None = None
    spared: tuple[str, ...] = ()
    batch_sizes: tuple[Positive, ...] = ()
    keeps_checkpoints: bool = False
    stopped_after_points: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _can_be_swept(self) -> "Sweep":
        _check_rising(self.sparsities)
        if len(set(self.methods)) != len(self.methods):
            raise ValueError("a method is given twice; name each once")
        if any(method.granularity == "n_m" for method in self.methods):
            raise ValueError("granularity n_m has one sparsity, so there is nothing to sweep: use Prune")
        if self.from_scratch is not None and self.from_scratch.distillation:
            raise ValueError(
                "from_scratch is the comparison without the dense network: distillation must be 0"
            )
        return self


class Prune(Frozen):
    """Prune to a plan over one or more rounds, fine-tuning after each.

    `plan` is a target sparsity per layer name (layers left out stay as they are) or one number, which is all
    that scope `global` takes, for all layers but those in `spared`. `start_from` says whether the rounds
    begin with the dense baseline or with the network as it is pruned now. After each round the network is
    fine-tuned as `finetune` says (after the last round as `finetune_last` does, if given) or retrained as
    `rewind` does; all None leave it as pruned.
    """

    kind: Literal["prune"] = "prune"
    plan: Mapping[str, Sparsity] | Sparsity
    criterion: str = "l1"
    granularity: Granularity = "weight"
    scope: Scope = "layer"
    spared: tuple[str, ...] = ()
    schedule: Schedule = OneShot()
    finetune: Training | None = None
    finetune_last: Training | None = None
    rewind: Rewinding | None = None
    start_from: Literal["dense", "pruned"] = "dense"
    stopped_after_epochs: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _is_consistent(self) -> "Prune":
        if self.scope == "global" and not isinstance(self.plan, float):
            raise ValueError("scope global takes one sparsity for the whole network, not one per layer")
        if self.rewind is not None and not (self.finetune is None and self.finetune_last is None):
            raise ValueError("a round is either fine-tuned or rewound: give finetune or rewind, not both")
        if self.granularity == "n_m":
            _check_n_m(self)
        return self


def _check_n_m(prune: Prune) -> None:
    sparsities = {prune.plan} if isinstance(prune.plan, float) else set(prune.plan.values())
    if not sparsities <= {0.0, N_M_SPARSITY}:
        raise ValueError("granularity n_m prunes two weights of every four: a layer's sparsity is 0.5 or 0")
    if prune.scope == "global" or prune.schedule.num_rounds > 1:
        raise ValueError("granularity n_m is per layer and one shot: scope layer, schedule one_shot")


def _check_rising(sparsities: tuple[float, ...]) -> None:
    if not sparsities or list(sparsities) != sorted(set(sparsities)):
        raise ValueError("sparsities must rise and there must be at least one, such as [0.5, 0.7, 0.9]")


class Finetune(Frozen):
    """Retrain the pruned network from its final weights, masks held."""

    kind: Literal["finetune"] = "finetune"
    training: Training
    stopped_after_epochs: int | None = Field(default=None, ge=0)


class Rewind(Rewinding):
    """Retrain the pruned network once more, masks held, as the dense baseline was trained."""

    kind: Literal["rewind"] = "rewind"
    stopped_after_epochs: int | None = Field(default=None, ge=0)


class Shrink(Frozen):
    """Remove pruned units physically, with everything coupled to them, and check that nothing changes."""

    kind: Literal["shrink"] = "shrink"


class Measure(Frozen):
    """Read the test set once for the pruned network and the shrunk one, if there is one, and time them.

    All are timed beside the dense network on the same batches; `sparse` adds the pruned network with its
    linear layers as sparse matrices, on devices that have these.
    """

    kind: Literal["measure"] = "measure"
    batch_sizes: tuple[Positive, ...] = (1, 64)
    sparse: bool = False


Decision = Annotated[
    TrainDense | LoadDense | Scan | Sweep | Prune | Finetune | Rewind | Shrink | Measure,
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
        case Sweep(methods=methods):
            names = ", ".join(f"{method.criterion} {method.granularity}" for method in methods)
            return f"sweep {names}, {len(decision.sparsities)} sparsities"
        case Prune(schedule=schedule):
            retrain = f" + {epochs(decision.finetune.num_epochs)}" if decision.finetune else ""
            if decision.finetune_last:
                retrain += f", at last {epochs(decision.finetune_last.num_epochs)}"
            if decision.rewind:
                retrain = f" + {describe_rewinding(decision.rewind)}"
            rounds = f"{schedule.num_rounds} round{'s' if schedule.num_rounds > 1 else ''}"
            return f"prune {decision.criterion} {decision.granularity}, {rounds}{retrain}"
        case Finetune(training=training):
            return f"fine-tune, {epochs(training.num_epochs)}"
        case Rewind():
            return describe_rewinding(decision)
        case Shrink():
            return "shrink: remove pruned units"
        case Measure():
            return "measure on the test set"


def describe_rewinding(rewinding: Rewinding) -> str:
    """Say in a few words what is rewound, and how far back."""
    return f"{rewinding.to.replace('_', '-')} rewinding to epoch {rewinding.epoch}"


def epochs(count: int) -> str:
    """Say how many epochs: `1 epoch`, `5 epochs`."""
    return f"{count} epoch{'' if count == 1 else 's'}"
