"""The planner: everything needed to price a plan and to make a decision of it, in one frozen value."""

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from prune_tui.core.errors import DecisionError
from prune_tui.core.network import LayerInfo
from prune_tui.core.planning.budget import solved
from prune_tui.core.planning.groups import PruningGroup, by_layer, group_with, groups_of
from prune_tui.core.planning.plan_editor import EditablePlan
from prune_tui.core.planning.price import Price, num_pruned, price
from prune_tui.core.planning.settings import (
    PlanSettings,
    group_sparsities,
    locked_globally,
    matching_scan,
    overall_sparsity,
)
from prune_tui.core.planning.solving.problem import Problem
from prune_tui.core.planning.target import Target
from prune_tui.core.report import ScanFigures
from prune_tui.core.run.events import WeightsBinned
from prune_tui.core.run.latency_table import LatencyTable
from prune_tui.core.run.view import View
from prune_tui.core.scanning.curves import is_complete, safe_sparsity
from prune_tui.core.scanning.predictor import (
    Prediction,
    Predictor,
    WholePlan,
    fitted_predictor,
    predicted,
    predicted_accuracy,
)
from prune_tui.core.shrinking import NetworkShape, UnitGroup

MOST_TAUGHT: Final = 40
"""The plans measured last teach the predictor; more would take too long between two keys."""

LEAST_IMAGES_TAUGHT: Final = 500


@dataclass(frozen=True, slots=True)
class FittedScan:
    """A scan, the plans measured since, and the accuracy predictor fitted to both."""

    figures: ScanFigures
    measured: tuple[WholePlan, ...]
    predictor: Predictor


@dataclass(frozen=True, slots=True)
class Units:
    """The units of a group: all there are, those that a plan keeps, and those of the shrunk network."""

    total: int
    kept: int
    left: int


@dataclass(frozen=True, slots=True)
class Planner:
    """Prices plans of one network under one choice of settings.

    `scan` is None unless it used the criterion and granularity of the settings: other curves would mislead.
    `shape` is what the network becomes without some of its units; None unless units are pruned.
    `is_threshold_on_magnitude` says whether the criterion ranks weights by |w|. `overhead_bytes` are those of
    a dense checkpoint beside its parameters. `kernels` give what layers take; None unless they were measured.
    """

    layers: tuple[LayerInfo, ...] = ()
    groups: tuple[PruningGroup, ...] = ()
    settings: PlanSettings = field(default_factory=PlanSettings)
    scan: FittedScan | None = None
    histograms: Mapping[str, WeightsBinned] = field(default_factory=dict)
    other_parameters: int = 0
    other_macs: int = 0
    shape: NetworkShape | None = None
    is_threshold_on_magnitude: bool = False
    overhead_bytes: int = 0
    kernels: LatencyTable | None = None

    @property
    def figures(self) -> ScanFigures | None:
        return self.scan.figures if self.scan is not None else None

    def group_with(self, layer: str | None) -> PruningGroup | None:
        return None if layer is None else group_with(self.groups, layer)

    def share(self, group: PruningGroup) -> float:
        """Return the share of the prunable weights that a group holds."""
        return group.parameters / max(1, sum(layer.parameters for layer in self.layers))

    def units(self, group: PruningGroup, sparsity: float) -> Units:
        """Return how many units of a group a sparsity keeps, and how many shrinking leaves."""
        shape = self.shape.group(group.name) if self.shape is not None else None
        own = UnitGroup(group.name, group.leader.units) if shape is None else shape
        kept = own.units - num_pruned(own.units, sparsity)
        return Units(own.units, kept, own.num_left(kept))

    def suggested(self) -> dict[str, float]:
        """Return the sparsity that the scan suggests for each layer.

        Together they save most within the tolerance of the settings, as predicted from the scan alone. As
        long as it has gaps, each is the highest that is safe for its layer alone.
        """
        problem = self.problem({})
        if problem is not None and is_complete(problem.scan):
            untaught = replace(problem, predictor=fitted_predictor(problem.scan))
            target = Target("accuracy_drop", self.settings.tolerance_points)
            with suppress(DecisionError):
                plan = solved(untaught, target).plan
                return {layer.name: _round_down(plan.get(layer.name, 0.0)) for layer in self.layers}
        return {layer.name: safe_sparsity(self.figures, layer.name) for layer in self.layers}

    def problem(self, locked: Mapping[str, float]) -> Problem | None:
        """Return what budgets are solved over, with these groups locked; None without a scan."""
        if self.scan is None:
            return None
        return Problem(
            groups=self.groups,
            scan=self.scan.figures,
            predictor=self.scan.predictor,
            locked=locked,
            other_parameters=self.other_parameters,
            other_macs=self.other_macs,
            shape=self.shape,
            overhead_bytes=self.overhead_bytes,
            kernels=self.kernels,
        )

    def overall(self, plan: EditablePlan) -> float:
        """Return the share of the unlocked weights that a plan prunes."""
        return overall_sparsity(plan, self.groups)

    def num_locked_globally(self, plan: EditablePlan) -> int:
        """Return how many groups scope `global` leaves dense because the person locked them."""
        return len(locked_globally(plan, self.groups, self.settings))

    def sparsities(self, plan: EditablePlan) -> dict[str, float]:
        """Return the predicted sparsity of each layer; only estimated under scope `global`."""
        return by_layer(self.groups, self._by_group(plan))

    def price(self, plan: EditablePlan) -> Price:
        """Return the counts of a plan and its predicted accuracy."""
        by_group = self._by_group(plan)
        counted = price(
            self.layers,
            by_layer(self.groups, by_group),
            other_parameters=self.other_parameters,
            other_macs=self.other_macs,
            granularity=self.settings.granularity,
            shape=self.shape,
            overhead_bytes=self.overhead_bytes,
            kernels=self.kernels,
        )
        if self.scan is None:
            return counted
        return replace(counted, accuracy=predicted_accuracy(self.scan.predictor, by_group))

    def prediction(self, plan: EditablePlan) -> Prediction | None:
        """Return the predicted accuracy of a plan and its interval; None where the scan can't predict it."""
        return None if self.scan is None else predicted(self.scan.predictor, self._by_group(plan))

    def _by_group(self, plan: EditablePlan) -> dict[str, float]:
        return group_sparsities(
            plan,
            self.groups,
            self.settings,
            self.histograms,
            is_threshold_on_magnitude=self.is_threshold_on_magnitude,
        )


def _round_down(sparsity: float) -> float:
    """Return a sparsity in whole percent, so that no more is pruned."""
    return math.floor(sparsity * 100 + 1e-6) / 100


def planner_of(
    view: View, settings: PlanSettings, *, is_threshold_on_magnitude: bool, known: FittedScan | None = None
) -> Planner:
    """Return the planner of the network in a view; `known` is a scan that is already fitted."""
    scan, measured = matching_scan(view.report.scan, settings), plans_taught(view, settings)
    if scan is None or scan.dense_accuracy <= 0:
        chosen = None
    elif known is not None and known.figures is scan and known.measured == measured:
        chosen = known
    else:
        chosen = FittedScan(scan, measured, fitted_predictor(scan, measured))
    return Planner(
        layers=view.layers,
        groups=groups_of(view.layers, settings.granularity),
        settings=settings,
        scan=chosen,
        histograms=view.dense_histograms,
        other_parameters=view.other_parameters,
        other_macs=view.other_macs,
        shape=view.shape if settings.granularity == "unit" else None,
        is_threshold_on_magnitude=is_threshold_on_magnitude,
        overhead_bytes=view.overhead_bytes,
        kernels=view.kernels,
    )


def plans_taught(view: View, settings: PlanSettings) -> tuple[WholePlan, ...]:
    """Return the newest plans of these settings' method that were measured, to fit the predictor to."""
    found = [
        WholePlan(one.decision.plan, one.accuracy, one.half_width)
        for one in view.measured_plans
        if not isinstance(one.decision.plan, float)
        and one.after is None
        and (one.decision.criterion, one.decision.granularity) == (settings.criterion, settings.granularity)
        and (one.is_complete or one.num_images >= LEAST_IMAGES_TAUGHT)
    ]
    return tuple(found[-MOST_TAUGHT:])
