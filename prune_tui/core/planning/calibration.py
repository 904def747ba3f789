"""Which whole plans a scan evaluates, so that predictions are calibrated: those that budgets lead to."""

from collections.abc import Sequence
from dataclasses import replace

from prune_tui.core.network import LayerInfo
from prune_tui.core.planning.groups import groups_of
from prune_tui.core.planning.tradeoffs import climbs, tradeoffs_of
from prune_tui.core.report import ScanFigures
from prune_tui.core.scanning.distortion import logit_error_at
from prune_tui.core.scanning.predictor import fitted_predictor

JOINT_ERRORS = (0.3, 0.5, 0.7, 0.85, 1.0, 1.4, 2.0)
"""The sum of all groups' logit errors in the plans that are evaluated whole: from next to none to ruin."""

RUIN = 0.5
"""The share of the dense accuracy below which plans that lose still more tell nothing."""


def joint_plans(layers: Sequence[LayerInfo], scan: ScanFigures) -> tuple[dict[str, float], ...]:
    """Return the whole plans to evaluate; none before all curves are known.

    For each of JOINT_ERRORS, the last plan within it on the chain of those that save most weights for their
    logit error (`budget.solve`).
    """
    if scan.granularity == "n_m" or any(None in curve.accuracies for curve in scan.layers):
        return ()
    predictor = fitted_predictor(replace(scan, joint=()))
    groups = groups_of(layers, scan.granularity)
    rows = tradeoffs_of("compression_ratio", groups, scan.granularity, predictor, {})
    plan = {row.name: 0.0 for row in rows}
    errors = dict(plan)
    left, plans = list(JOINT_ERRORS), list[dict[str, float]]()
    for number, high in climbs(rows):
        row = rows[number]
        climbed = logit_error_at(predictor.logit_errors[row.name], row.levels[high])
        reached = sum(errors.values()) - errors[row.name] + climbed
        while left and reached > left[0]:
            del left[0]
            plans.append({name: sparsity for name, sparsity in plan.items() if sparsity > 0})
        plan[row.name], errors[row.name] = row.levels[high], climbed
    plans.append({name: sparsity for name, sparsity in plan.items() if sparsity > 0})
    wanted = [plan for at, plan in enumerate(plans) if len(plan) > 1 and plan not in plans[:at]]
    return tuple(wanted[: len(JOINT_ERRORS)])
