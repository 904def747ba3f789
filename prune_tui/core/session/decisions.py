"""What a person can decide; a decision is complete: carrying it out needs no screen and no question."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Final, Literal, Self

from prune_tui.core.fields import AtLeastOne, Count, Data, Pattern, Points, Positive, Seed, Sparsity, TaggedBy
from prune_tui.core.session.recipe import Training, epochs
from prune_tui.core.terms import Granularity, Precision, Scope

DecisionKind = Literal[
    "train_dense", "load_dense", "scan", "sweep", "prune", "finetune", "rewind", "shrink", "measure"
]

SCAN_SPARSITIES: Final = (0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
N_M_SPARSITY: Final = 0.5
"""The sparsity of 2:4, the only one that granularity `n_m` has."""

BUNDLED: Final = "bundled"
"""The `weights` of a `LoadDense` that takes the baseline shipped with prune-tui."""

CHECKPOINT_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]*\.safetensors$"
"""A file in the session's own folder."""

WEIGHTS_PATTERN: Final = f"^bundled$|{CHECKPOINT_PATTERN}"


class _Decision(Data):
    """What all decisions tell of themselves."""

    __slots__ = ()

    @property
    def description(self) -> str:
        """What it does, in a few words, for logs and progress bars."""
        raise NotImplementedError

    @property
    def criteria(self) -> tuple[str, ...]:
        """The criteria it names."""
        return ()

    @property
    def schedules(self) -> "tuple[Schedule, ...]":
        """The schedules it follows."""
        return ()

    @property
    def rewinds(self) -> bool:
        """Whether it retrains from an early epoch of the dense baseline."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class _RunsEpochs(_Decision):
    """A decision that trains: after a stop it records the epochs that really ran, for a replay."""

    stopped_after_epochs: Count | None = None

    def stopped_after(self, num_epochs: int | None) -> Self:
        """Return the decision as it went; None if it was not stopped."""
        return self if num_epochs is None else replace(self, stopped_after_epochs=num_epochs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewinding(Data):
    """Retraining as the dense baseline was trained from the end of one of its epochs (Renda et al. 2020).

    `weights` also takes the kept weights back to what they were then (Frankle & Carbin 2019: epoch 0, the
    fresh weights); `learning_rate` goes on from the final weights, on the schedule of that time.
    """

    to: Literal["weights", "learning_rate"] = "weights"
    epoch: Count = 0

    @property
    def description(self) -> str:
        """What is rewound, and how far back, in a few words."""
        return f"{self.to.replace('_', '-')} rewinding to epoch {self.epoch}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OneShot(Data):
    """Prune to the target in one round."""

    name: Literal["one_shot"] = "one_shot"

    @property
    def num_rounds(self) -> int:
        """One round."""
        return 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Iterative(Data):
    """Prune to the target over several rounds, fine-tuning after each."""

    name: Literal["iterative"] = "iterative"
    steps: str = "cubic"
    num_rounds: Positive = 3


Schedule = Annotated[OneShot | Iterative, TaggedBy("name")]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainDense(_RunsEpochs):
    """Train the dense baseline from fresh weights and keep the best epoch by validation accuracy.

    The fresh weights are drawn from `seed`, or the session's where that is None. The weights after each of
    `kept_epochs` are kept, to be rewound to; those of epoch 0, the fresh ones, always are.
    """

    kind: Literal["train_dense"] = "train_dense"
    training: Training
    seed: Seed | None = None
    kept_epochs: tuple[Positive, ...] = ()

    def __post_init__(self) -> None:
        if self.training.distillation:
            raise ValueError("distillation learns from the dense baseline, so it can't train that: use 0")

    @property
    def description(self) -> str:
        """What it does, in a few words."""
        return f"train the dense baseline, {epochs(self.training.num_epochs)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadDense(_Decision):
    """Take the dense baseline from a file: `bundled`, or a checkpoint in the session's folder."""

    kind: Literal["load_dense"] = "load_dense"
    weights: Annotated[str, Pattern(WEIGHTS_PATTERN)] = BUNDLED
    sha256: str | None = None

    @property
    def description(self) -> str:
        """What it does, in a few words."""
        return f"load the dense baseline ({self.weights})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan(_Decision):
    """Prune one group of the dense network at a time to each sparsity, evaluate on validation, restore.

    The default sparsities lie closer where curves fall and plans are made. With `tolerance_points` a cell is
    settled once the 95 % interval of its accuracy's difference from the dense network's is that many points
    to either side, or a fifth of a large difference; without, every image is evaluated. `precision` bfloat16
    evaluates in mixed precision, where the device is faster so.
    """

    kind: Literal["scan"] = "scan"
    criterion: str = "l1"
    granularity: Granularity = "weight"
    sparsities: tuple[Sparsity, ...] = SCAN_SPARSITIES
    tolerance_points: Points | None = None
    precision: Precision = "float32"
    stopped_after_evaluations: Count | None = None

    def __post_init__(self) -> None:
        _check_rising(self.sparsities)
        if self.granularity == "n_m" and self.sparsities != (N_M_SPARSITY,):
            raise ValueError("granularity n_m has one sparsity, that of 2:4: [0.5]")

    @property
    def description(self) -> str:
        """What it does, in a few words."""
        return f"scan {self.criterion} {self.granularity}, {len(self.sparsities)} sparsities"

    @property
    def criteria(self) -> tuple[str, ...]:
        """The criterion it scores by."""
        return (self.criterion,)

    def stopped_after(self, num_evaluations: int | None) -> Self:
        """Return the decision as it went; None if it was not stopped."""
        return self if num_evaluations is None else replace(self, stopped_after_evaluations=num_evaluations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Method(Data):
    """A way to prune: by which criterion, what at once, and over which weights together."""

    criterion: str = "l1"
    granularity: Granularity = "weight"
    scope: Scope = "layer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep(_Decision):
    """Prune the whole dense network by each method to each sparsity, and evaluate on validation.

    `schedule`, `finetune` and `finetune_last` hold for each point, as in `Prune`. Besides the masked network,
    `modes` may evaluate what it becomes: `sparse` runs masked weights of linear layers as sparse matrices,
    `shrunk` removes units. With `from_scratch`, the shrunk architecture is also trained from fresh weights.
    Every network is timed at `batch_sizes`, side by side. Layers in `locked` stay dense. `keeps_checkpoints`
    saves the pruned network of every point.
    """

    kind: Literal["sweep"] = "sweep"
    methods: Annotated[tuple[Method, ...], AtLeastOne] = (Method(),)
    sparsities: tuple[Sparsity, ...] = (0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.99)
    schedule: Schedule = field(default_factory=OneShot)
    finetune: Training | None = None
    finetune_last: Training | None = None
    modes: tuple[Literal["sparse", "shrunk"], ...] = ()
    from_scratch: Training | None = None
    locked: tuple[str, ...] = ()
    batch_sizes: tuple[Positive, ...] = ()
    keeps_checkpoints: bool = False
    stopped_after_points: Count | None = None

    def __post_init__(self) -> None:
        _check_rising(self.sparsities)
        if len(set(self.methods)) != len(self.methods):
            raise ValueError("a method is given twice; name each once")
        if any(method.granularity == "n_m" for method in self.methods):
            raise ValueError("granularity n_m has one sparsity, so there is nothing to sweep: use Prune")
        if self.from_scratch is not None and self.from_scratch.distillation:
            raise ValueError(
                "from_scratch is the comparison without the dense network: distillation must be 0"
            )

    @property
    def description(self) -> str:
        """What it does, in a few words."""
        names = ", ".join(f"{method.criterion} {method.granularity}" for method in self.methods)
        return f"sweep {names}, {len(self.sparsities)} sparsities"

    @property
    def criteria(self) -> tuple[str, ...]:
        """The criteria of its methods."""
        return tuple(method.criterion for method in self.methods)

    @property
    def schedules(self) -> tuple[Schedule, ...]:
        """The schedule of every point."""
        return (self.schedule,)

    def stopped_after(self, num_points: int | None) -> Self:
        """Return the decision as it went; None if it was not stopped."""
        return self if num_points is None else replace(self, stopped_after_points=num_points)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prune(_RunsEpochs):
    """Prune to a plan over one or more rounds, fine-tuning after each.

    `plan` is a target sparsity per layer name (layers left out stay as they are) or one number, which is all
    that scope `global` takes, for all layers but those in `locked`. `start_from` says whether the rounds
    begin with the dense baseline or with the network as it is pruned now. After each round the network is
    fine-tuned as `finetune` says (after the last round as `finetune_last` does, if given) or retrained as
    `rewind` does; all None leave it as pruned.
    """

    kind: Literal["prune"] = "prune"
    plan: Mapping[str, Sparsity] | Sparsity
    criterion: str = "l1"
    granularity: Granularity = "weight"
    scope: Scope = "layer"
    locked: tuple[str, ...] = ()
    schedule: Schedule = field(default_factory=OneShot)
    finetune: Training | None = None
    finetune_last: Training | None = None
    rewind: Rewinding | None = None
    start_from: Literal["dense", "pruned"] = "dense"

    def __post_init__(self) -> None:
        if self.scope == "global" and not isinstance(self.plan, float):
            raise ValueError("scope global takes one sparsity for the whole network, not one per layer")
        if self.rewind is not None and not (self.finetune is None and self.finetune_last is None):
            raise ValueError("a round is either fine-tuned or rewound: give finetune or rewind, not both")
        if self.granularity == "n_m":
            _check_n_m(self)

    @property
    def description(self) -> str:
        """What it does, in a few words."""
        num_rounds = self.schedule.num_rounds
        retrain = f" + {epochs(self.finetune.num_epochs)}" if self.finetune else ""
        if self.finetune_last:
            retrain += f", at last {epochs(self.finetune_last.num_epochs)}"
        if self.rewind:
            retrain = f" + {self.rewind.description}"
        rounds = f"{num_rounds} round{'s' if num_rounds > 1 else ''}"
        return f"prune {self.criterion} {self.granularity}, {rounds}{retrain}"

    @property
    def criteria(self) -> tuple[str, ...]:
        """The criterion it scores by."""
        return (self.criterion,)

    @property
    def schedules(self) -> tuple[Schedule, ...]:
        """The schedule of its rounds."""
        return (self.schedule,)

    @property
    def rewinds(self) -> bool:
        """Whether its rounds are retrained from an early epoch."""
        return self.rewind is not None


def _check_n_m(prune: Prune) -> None:
    sparsities = {prune.plan} if isinstance(prune.plan, float) else set(prune.plan.values())
    if not sparsities <= {0.0, N_M_SPARSITY}:
        raise ValueError("granularity n_m prunes two weights of every four: a layer's sparsity is 0.5 or 0")
    if prune.scope == "global" or prune.schedule.num_rounds > 1:
        raise ValueError("granularity n_m is per layer and one shot: scope layer, schedule one_shot")


def _check_rising(sparsities: tuple[float, ...]) -> None:
    if not sparsities or list(sparsities) != sorted(set(sparsities)):
        raise ValueError("sparsities must rise and there must be at least one, such as [0.5, 0.7, 0.9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finetune(_RunsEpochs):
    """Retrain the pruned network from its final weights, masks held."""

    kind: Literal["finetune"] = "finetune"
    training: Training

    @property
    def description(self) -> str:
        """What it does, in a few words."""
        return f"fine-tune, {epochs(self.training.num_epochs)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewind(_RunsEpochs):
    """Retrain the pruned network once more, masks held, as the dense baseline was trained."""

    kind: Literal["rewind"] = "rewind"
    to: Literal["weights", "learning_rate"] = "weights"
    epoch: Count = 0

    @property
    def rewinds(self) -> bool:
        """It does."""
        return True

    @property
    def rewinding(self) -> Rewinding:
        """What is rewound, and how far back."""
        return Rewinding(to=self.to, epoch=self.epoch)

    @property
    def description(self) -> str:
        """What it does, in a few words."""
        return self.rewinding.description


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrink(_Decision):
    """Remove pruned units physically, with everything coupled to them, and check that nothing changes."""

    kind: Literal["shrink"] = "shrink"

    @property
    def description(self) -> str:
        """What it does, in a few words."""
        return "shrink: remove pruned units"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure(_Decision):
    """Read the test set once for the pruned network and the shrunk one, if there is one, and time them.

    All are timed beside the dense network on the same batches; `sparse` adds the pruned network with its
    linear layers as sparse matrices, on devices that have these.
    """

    kind: Literal["measure"] = "measure"
    batch_sizes: tuple[Positive, ...] = (1, 64)
    sparse: bool = False

    @property
    def description(self) -> str:
        """What it does, in a few words."""
        return "measure on the test set"


Decision = Annotated[
    TrainDense | LoadDense | Scan | Sweep | Prune | Finetune | Rewind | Shrink | Measure, TaggedBy("kind")
]
