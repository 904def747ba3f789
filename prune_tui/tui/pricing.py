"""What the plan is priced by and what the scan suggests, each worked out once for what it depends on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from prune_tui.catalog.criteria import criterion_entry

if TYPE_CHECKING:
    from prune_tui.core.planning.planner import Planner
    from prune_tui.core.planning.settings import PlanSettings
    from prune_tui.core.run.measured_plans import MeasuredPlan
    from prune_tui.core.run.view import View


class Pricing:
    """The last planner and the last suggestions, kept until what they are made of changes."""

    def __init__(self) -> None:
        self._planner: Planner | None = None
        self._suggested: tuple[tuple[object, ...], dict[str, float]] | None = None

    def planner(self, view: View, settings: PlanSettings, learned: tuple[MeasuredPlan, ...]) -> Planner:
        """Return the planner for what is known, under these settings; predictions learn from `learned`.

        Fitting them takes longer than a key may, so that they do not follow each batch of a measurement.
        """
        from prune_tui.core.planning.planner import planner_of, plans_taught
        from prune_tui.core.planning.settings import matching_scan

        before, view = self._planner, replace(view, measured_plans=learned)
        scan = matching_scan(view.report.scan, settings)
        scan = scan if scan is not None and scan.dense_accuracy > 0 else None
        measured = plans_taught(view, settings) if scan is not None else ()
        shape = view.shape if settings.granularity == "unit" else None
        if before is None or (
            before.layers,
            before.shape,
            before.settings,
            before.figures,
            before.scan.measured if before.scan is not None else (),
            before.histograms,
            before.kernels,
        ) != (view.layers, shape, settings, scan, measured, view.dense_histograms, view.kernels):
            is_on_magnitude = criterion_entry(settings.criterion).weights_by_magnitude == "global"
            known = before.scan if before is not None else None
            self._planner = planner_of(view, settings, is_threshold_on_magnitude=is_on_magnitude, known=known)
        assert self._planner is not None
        return self._planner

    def suggested(self, planner: Planner, *, is_at_chance: bool) -> dict[str, float]:
        """Return the sparsities that the scan suggests; all 0 if the baseline is at chance."""
        made_of = (planner.layers, planner.groups, planner.figures, planner.shape, planner.settings)
        if self._suggested is None or self._suggested[0] != made_of:
            suggested = planner.suggested()
            if is_at_chance:
                suggested = dict.fromkeys(suggested, 0.0)
            self._suggested = made_of, suggested
        return self._suggested[1]
