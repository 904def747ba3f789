"""A session without its files: a method for each kind of decision, on a network and its data."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from torch import nn

from prune_tui.core.errors import ModelError
from prune_tui.core.report import Curve, EpochFigures, Report
from prune_tui.core.session import decisions as made
from prune_tui.core.session.decisions import Method
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.rounds import OneShot, Rewinding, Schedule
from prune_tui.core.terms import Granularity, Precision, Scope
from prune_tui.library.bench import GIVEN, Bench
from prune_tui.library.plan import Plan, Scanned
from prune_tui.library.scan import Scan

PlanLike = Plan | Mapping[str, float] | float


class Workbench(Bench):
    """A copy of a network, its data, and the decisions made so far.

    A decision's random numbers follow from the seed and its index, the number of decisions before it, as in a
    session: the same decisions on the same network and data give the same weights, to the bit on the same
    machine, versions and number of threads. Decision 0 gives the dense baseline. Unless it is `load_dense` or
    `train_dense`, the module's own weights are loaded first, as decision 0.

    The module that is given is left as it is, and so are torch's random state and settings. A decision that
    fails or is interrupted leaves the bench as it was before it.

    Raises:
        PruneTuiError: the network can't be pruned, the data are malformed, or the device is not there.
    """

    def load_dense(self, weights: str | os.PathLike[str] | None = None) -> None:
        """Make weights from a safetensors file the dense baseline; None takes the module's own.

        Raises:
            CheckpointError: the file is missing, pruned or for another model.
        """
        self._source.weights = None if weights is None else Path(weights)
        self._perform(lambda: made.LoadDense(weights=GIVEN))

    def train_dense(
        self,
        training: Training,
        *,
        fresh: nn.Module | None = None,
        kept_epochs: Sequence[int] = (),
        stopped_after_epochs: int | None = None,
    ) -> tuple[EpochFigures, ...]:
        """Train the dense baseline from the module's own weights, or from those of `fresh`.

        The weights after each of `kept_epochs` are kept, so that pruned networks can be rewound to them.
        """
        given = self._source.given
        if fresh is not None and not _are_alike(fresh, given):
            raise ModelError(
                "fresh is another network than the bench's: give one with the same weights' shapes"
            )
        self._source.fresh = given if fresh is None else fresh
        self._perform(
            lambda: made.TrainDense(
                training=training,
                kept_epochs=tuple(kept_epochs),
                stopped_after_epochs=stopped_after_epochs,
            )
        )
        return self._epochs()

    def scan(
        self,
        *,
        criterion: str = "l1",
        granularity: Granularity = "weight",
        sparsities: Sequence[float] | None = None,
        tolerance_points: float | None = None,
        precision: Precision = "float32",
        stopped_after_evaluations: int | None = None,
    ) -> Scan:
        """Scan the dense baseline: prune one group at a time to each sparsity, evaluate, restore.

        Args:
            criterion: the name of a pruning criterion.
            granularity: `weight`, `unit`, `block_4` or `block_16` (outputs of one input), or `n_m` (2:4).
            sparsities: rising; None takes those of the app.
            tolerance_points: the half-width of each accuracy's 95 % interval, in points; None is exact.
            precision: `bfloat16` is faster where the device supports it.
            stopped_after_evaluations: ends there, as a run that was stopped did.
        """
        if sparsities is None:
            sparsities = (made.N_M_SPARSITY,) if granularity == "n_m" else made.SCAN_SPARSITIES
        self._perform(
            lambda: made.Scan(
                criterion=criterion,
                granularity=granularity,
                sparsities=tuple(sparsities),
                tolerance_points=tolerance_points,
                precision=precision,
                stopped_after_evaluations=stopped_after_evaluations,
            )
        )
        figures, view = self.report.scan, self.view
        assert figures is not None
        return Scan(
            Scanned(
                figures,
                view.layers,
                view.other_parameters,
                view.other_macs,
                view.shape,
                view.overhead_bytes,
            )
        )

    def sweep(
        self,
        methods: Sequence[Method],
        *,
        sparsities: Sequence[float] | None = None,
        schedule: Schedule | None = None,
        finetune: Training | None = None,
        finetune_last: Training | None = None,
        modes: Sequence[Literal["sparse", "shrunk"]] = (),
        from_scratch: Training | None = None,
        locked: Sequence[str] = (),
        batch_sizes: Sequence[int] = (),
        stopped_after_points: int | None = None,
    ) -> tuple[Curve, ...]:
        """Prune the whole dense baseline by each method to each sparsity; returns a curve for each."""
        index = len(self.decisions) or 1
        self._perform(
            lambda: made.Sweep(
                methods=tuple(methods),
                sparsities=made.Sweep().sparsities if sparsities is None else tuple(sparsities),
                schedule=schedule or OneShot(),
                finetune=finetune,
                finetune_last=finetune_last,
                modes=tuple(modes),
                from_scratch=from_scratch,
                locked=tuple(locked),
                batch_sizes=tuple(batch_sizes),
                stopped_after_points=stopped_after_points,
            )
        )
        return tuple(curve for curve in self.report.curves if curve.decision == index)

    def prune(
        self,
        plan: PlanLike,
        *,
        criterion: str | None = None,
        granularity: Granularity | None = None,
        scope: Scope = "layer",
        locked: Sequence[str] = (),
        schedule: Schedule | None = None,
        finetune: Training | None = None,
        finetune_last: Training | None = None,
        rewind: Rewinding | None = None,
        start_from: Literal["dense", "pruned"] = "dense",
        stopped_after_epochs: int | None = None,
    ) -> tuple[EpochFigures, ...]:
        """Prune to a plan, in one round or over a schedule, and retrain after each round.

        Args:
            plan: a sparsity for each layer, or one number for all that are not `locked`.
            criterion: None takes that of a `Plan`, else `l1`.
            granularity: None takes that of a `Plan`, else `weight`.
            scope: `global` takes one threshold for the whole network, and one number as the plan.
            locked: layers that stay dense where the plan is one number.
            schedule: None is one round.
            finetune: the recipe after each round; `finetune_last` that after the last, if it differs.
            finetune_last: see `finetune`.
            rewind: retrains as the dense baseline was trained, instead of fine-tuning.
            start_from: the dense baseline, or the network as it is pruned now.
            stopped_after_epochs: ends there, as a run that was stopped did.

        Returns:
            The figures after each epoch; epoch 0 is right after pruning.
        """
        self._perform(
            lambda: made.Prune(
                plan=float(plan) if isinstance(plan, int | float) else dict(plan),
                criterion=criterion or (plan.criterion if isinstance(plan, Plan) else "l1"),
                granularity=granularity or (plan.granularity if isinstance(plan, Plan) else "weight"),
                scope=scope,
                locked=tuple(locked),
                schedule=schedule or OneShot(),
                finetune=finetune,
                finetune_last=finetune_last,
                rewind=rewind,
                start_from=start_from,
                stopped_after_epochs=stopped_after_epochs,
            )
        )
        return self._epochs()

    def finetune(
        self, training: Training, *, stopped_after_epochs: int | None = None
    ) -> tuple[EpochFigures, ...]:
        """Train the pruned network further with its masks held, and keep the best epoch by validation."""
        self._perform(lambda: made.Finetune(training=training, stopped_after_epochs=stopped_after_epochs))
        return self._epochs()

    def rewind(
        self,
        *,
        to: Literal["weights", "learning_rate"] = "weights",
        epoch: int = 0,
        stopped_after_epochs: int | None = None,
    ) -> tuple[EpochFigures, ...]:
        """Retrain the pruned network as the dense baseline was trained, from the end of an epoch."""
        self._perform(lambda: made.Rewind(to=to, epoch=epoch, stopped_after_epochs=stopped_after_epochs))
        return self._epochs()

    def shrink(self) -> nn.Module:
        """Return a smaller network that computes what the pruned one does, without its pruned units.

        Raises:
            DecisionError: no unit can be removed, or the outputs differ.
        """
        self._perform(lambda: made.Shrink())
        assert self.state.shrunk is not None
        return self.state.shrunk.module

    def measure(self, *, batch_sizes: Sequence[int] = (1, 64), sparse: bool = False) -> Report:
        """Read the test set once for the pruned network, and the shrunk one if there is one; time them."""
        self._perform(lambda: made.Measure(batch_sizes=tuple(batch_sizes), sparse=sparse))
        return self.report


def _are_alike(one: nn.Module, other: nn.Module) -> bool:
    shapes = [{name: tensor.shape for name, tensor in each.state_dict().items()} for each in (one, other)]
    return shapes[0] == shapes[1]
