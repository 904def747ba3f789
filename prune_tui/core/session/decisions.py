"""What a person can decide. A decision is complete: carrying it out needs no screen and no question."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Final, Literal, Self

from prune_tui.core.fields import AtLeastOne, Count, Data, Pattern, Points, Positive, Seed, Sparsity, TaggedBy
from prune_tui.core.session.recipe import Training, epochs
from prune_tui.core.session.rounds import OneShot, Rewinding, Schedule
from prune_tui.core.terms import Granularity, Precision, Scope, method_text

DecisionKind = Literal[
    "train_dense", "load_dense", "scan", "sweep", "prune", "finetune", "rewind", "shrink", "measure"
]


class DecisionBase(Data):
    """The base of all decisions: what they say of themselves, and the names they refer to."""

    __slots__ = ()

    @property
    def description(self) -> str:
        """The decision in a few words, for logs and progress bars."""
        raise NotImplementedError

    @property
    def criteria(self) -> tuple[str, ...]:
        """The pruning criteria that the decision names."""
        return ()

    @property
    def schedules(self) -> tuple[Schedule, ...]:
        """The pruning schedules that the decision names."""
        return ()

    @property
    def prunes_units(self) -> bool:
        """Whether the decision removes or masks whole units."""
        return False

    @property
    def rewinds(self) -> bool:
        """Whether the decision retrains from an early epoch of the dense baseline."""
        return False


class TrainingDecision(DecisionBase):
    """A decision that trains; a stopped one records its completed epochs, so that a replay stops there."""

    __slots__ = ()

    stopped_after_epochs: Count | None

    def stopped_after(self, num_epochs: int | None) -> Self:
        """Return the decision as it was carried out; None means that it was not stopped."""
        if num_epochs is None:
            return self
        return replace(self, stopped_after_epochs=num_epochs)  # type: ignore[type-var]


BUNDLED: Final = "bundled"
"""The `weights` of a `LoadDense` that takes the baseline shipped with prune-tui."""

PRETRAINED: Final = "pretrained"
"""The `weights` of a `LoadDense` that takes the published weights as they are."""

CHECKPOINT_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]*\.safetensors$"
"""A file in the session's own folder."""

WEIGHTS_PATTERN: Final = f"^bundled$|^pretrained$|{CHECKPOINT_PATTERN}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainDense(TrainingDecision):
    """Train the dense baseline from fresh weights, and keep its best epoch by validation accuracy.

    The fresh weights are drawn from `seed`; None takes the session's seed. The weights after each of
    `kept_epochs` are saved, so that pruned networks can be rewound to them. Those of epoch 0 always are.
    """

    kind: Literal["train_dense"] = "train_dense"
    training: Training
    seed: Seed | None = None
    kept_epochs: tuple[Positive, ...] = ()
    stopped_after_epochs: Count | None = None

    def __post_init__(self) -> None:
        if self.training.distillation:
            raise ValueError("distillation learns from the dense baseline, so it can't train that: use 0")

    @property
    def description(self) -> str:
        return f"train the dense baseline, {epochs(self.training.num_epochs)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadDense(DecisionBase):
    """Load the dense baseline: `bundled`, a checkpoint in the session's folder, or `pretrained`.

    `pretrained` takes the weights that the model is built with: published ones, or those of the user's code.
    """

    kind: Literal["load_dense"] = "load_dense"
    weights: Annotated[str, Pattern(WEIGHTS_PATTERN)] = BUNDLED
    sha256: str | None = None

    @property
    def description(self) -> str:
        return f"load the dense baseline ({self.weights})"


SCAN_SPARSITIES: Final = (0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
"""Closer together where curves fall and plans are made."""

N_M_SPARSITY: Final = 0.5
"""The sparsity of 2:4, the only one that granularity `n_m` has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan(DecisionBase):
    """Prune one group of the dense network at a time to each sparsity, evaluate on validation, restore.

    With `tolerance_points`, a cell is settled once the 95 % interval of its accuracy difference from the
    dense network is no wider than that many points to either side, or than a fifth of a large difference.
    None evaluates every image. `precision` bfloat16 uses mixed precision where the device is faster with it.
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
    def prunes_units(self) -> bool:
        return self.granularity == "unit"

    @property
    def description(self) -> str:
        return f"scan {method_text(self.criterion, self.granularity)}, {len(self.sparsities)} sparsities"

    @property
    def criteria(self) -> tuple[str, ...]:
        return (self.criterion,)

    def stopped_after(self, num_evaluations: int | None) -> Self:
        """Return the decision as it was carried out; None means that it was not stopped."""
        return self if num_evaluations is None else replace(self, stopped_after_evaluations=num_evaluations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Method(Data):
    """A way to prune: its criterion, its granularity and the scope of its threshold."""

    criterion: str = "l1"
    granularity: Granularity = "weight"
    scope: Scope = "layer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep(DecisionBase):
    """Prune the whole dense network by each method to each sparsity, and evaluate on validation.

    `schedule`, `finetune` and `finetune_last` apply to each point, as in `Prune`. Besides the masked network,
    `modes` can add two more: `sparse` runs the masked weights of linear layers as sparse matrices, `shrunk`
    removes units. With `from_scratch`, the shrunk architecture is also trained from fresh weights. All
    networks of a point are timed side by side at `batch_sizes`. Layers in `locked` stay dense.
    `keeps_checkpoints` saves the pruned network of every point.
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
    def prunes_units(self) -> bool:
        return any(method.granularity == "unit" for method in self.methods)

    @property
    def description(self) -> str:
        names = ", ".join(method_text(method.criterion, method.granularity) for method in self.methods)
        return f"sweep {names}, {len(self.sparsities)} sparsities"

    @property
    def criteria(self) -> tuple[str, ...]:
        return tuple(method.criterion for method in self.methods)

    @property
    def schedules(self) -> tuple[Schedule, ...]:
        return (self.schedule,)

    def stopped_after(self, num_points: int | None) -> Self:
        """Return the decision as it was carried out; None means that it was not stopped."""
        return self if num_points is None else replace(self, stopped_after_points=num_points)


def _check_rising(sparsities: tuple[float, ...]) -> None:
    if not sparsities or list(sparsities) != sorted(set(sparsities)):
        raise ValueError("sparsities must rise and there must be at least one, such as [0.5, 0.7, 0.9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prune(TrainingDecision):
    """Prune to a plan over one or more rounds, and retrain after each.

    `plan` is a target sparsity by layer name, where layers left out stay as they are, or one number for all
    layers except those in `locked`. Scope `global` takes only one number. `start_from` says whether the
    rounds begin with the dense baseline or with the network as it is pruned now. After each round the
    network is fine-tuned by `finetune` (after the last round by `finetune_last`, if given) or retrained by
    `rewind`. If all three are None, it is not retrained.
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
    stopped_after_epochs: Count | None = None

    def __post_init__(self) -> None:
        if self.scope == "global" and not isinstance(self.plan, float):
            raise ValueError("scope global takes one sparsity for the whole network, not one per layer")
        if self.rewind is not None and not (self.finetune is None and self.finetune_last is None):
            raise ValueError("a round is either fine-tuned or rewound: give finetune or rewind, not both")
        if self.granularity == "n_m":
            self._check_n_m()

    def _check_n_m(self) -> None:
        sparsities = {self.plan} if isinstance(self.plan, float) else set(self.plan.values())
        if not sparsities <= {0.0, N_M_SPARSITY}:
            raise ValueError(
                "granularity n_m prunes two weights of every four: a layer's sparsity is 0.5 or 0"
            )
        if self.scope == "global" or self.schedule.num_rounds > 1:
            raise ValueError("granularity n_m is per layer and one shot: scope layer, schedule one_shot")

    @property
    def prunes_units(self) -> bool:
        return self.granularity == "unit"

    @property
    def description(self) -> str:
        num_rounds = self.schedule.num_rounds
        retrain = f" + {epochs(self.finetune.num_epochs)}" if self.finetune else ""
        if self.finetune_last:
            retrain += f", at last {epochs(self.finetune_last.num_epochs)}"
        if self.rewind:
            retrain = f" + {self.rewind.description}"
        rounds = f"{num_rounds} round{'s' if num_rounds > 1 else ''}"
        return f"prune {method_text(self.criterion, self.granularity)}, {rounds}{retrain}"

    @property
    def criteria(self) -> tuple[str, ...]:
        return (self.criterion,)

    @property
    def schedules(self) -> tuple[Schedule, ...]:
        return (self.schedule,)

    @property
    def rewinds(self) -> bool:
        return self.rewind is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finetune(TrainingDecision):
    """Train the pruned network further from its final weights, with its masks held."""

    kind: Literal["finetune"] = "finetune"
    training: Training
    stopped_after_epochs: Count | None = None

    @property
    def description(self) -> str:
        return f"fine-tune, {epochs(self.training.num_epochs)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewind(TrainingDecision):
    """Retrain the pruned network as the dense baseline was trained, with its masks held; see `Rewinding`."""

    kind: Literal["rewind"] = "rewind"
    to: Literal["weights", "learning_rate"] = "weights"
    epoch: Count = 0
    stopped_after_epochs: Count | None = None

    @property
    def rewinds(self) -> bool:
        return True

    @property
    def rewinding(self) -> Rewinding:
        return Rewinding(to=self.to, epoch=self.epoch)

    @property
    def description(self) -> str:
        return self.rewinding.description


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrink(DecisionBase):
    """Remove pruned units physically, with everything coupled to them, and check that the outputs agree."""

    kind: Literal["shrink"] = "shrink"

    @property
    def description(self) -> str:
        return "shrink: remove pruned units"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure(DecisionBase):
    """Read the test set once for the pruned network, and for the shrunk one if there is one, and time both.

    They are timed beside the dense network on the same batches, the smaller of them on a processor also as C,
    if there is a compiler. `sparse` adds the pruned network with its linear layers as sparse matrices, on
    devices that support these.
    """

    kind: Literal["measure"] = "measure"
    batch_sizes: tuple[Positive, ...] = (1, 64)
    sparse: bool = False

    @property
    def description(self) -> str:
        return "measure on the test set"


Decision = Annotated[
    TrainDense | LoadDense | Scan | Sweep | Prune | Finetune | Rewind | Shrink | Measure, TaggedBy("kind")
]
