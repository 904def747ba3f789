"""The plans that a scan evaluates as a whole to calibrate predictions: those that budgets lead to."""

from collections.abc import Sequence
from dataclasses import replace

from prune_tui.core.network import LayerInfo
from prune_tui.core.planning.groups import groups_of
from prune_tui.core.planning.tradeoffs import hull_steps, tradeoffs_of
from prune_tui.core.report import ScanFigures
from prune_tui.core.scanning.distortion import logit_error_at
from prune_tui.core.scanning.predictor import fitted_predictor

JOINT_ERRORS = (0.3, 0.5, 0.7, 0.85, 1.0, 1.4, 2.0)
"""The sum of all groups' logit errors in each plan: from almost none to a ruined network."""


def calibration_plans(layers: Sequence[LayerInfo], scan: ScanFigures) -> tuple[dict[str, float], ...]:
    """Return the plans over several layers to evaluate; none before all curves are known.

    Among the plans that save most weights for their logit error (`budget.solve`), these are the last within
    each of JOINT_ERRORS.
    """
    if scan.granularity == "n_m" or any(None in curve.accuracies for curve in scan.layers):
        return ()
    predictor = fitted_predictor(replace(scan, joint=()))
    groups = groups_of(layers, scan.granularity)
    tradeoffs = tradeoffs_of("compression_ratio", groups, scan.granularity, predictor, {})
    plan = {tradeoff.name: 0.0 for tradeoff in tradeoffs}
    errors = dict(plan)
    left, plans = list(JOINT_ERRORS), list[dict[str, float]]()
    for number, high in hull_steps(tradeoffs):
        tradeoff = tradeoffs[number]
        climbed = logit_error_at(predictor.logit_errors[tradeoff.name], tradeoff.levels[high])
        reached = sum(errors.values()) - errors[tradeoff.name] + climbed
        while left and reached > left[0]:
            del left[0]
            plans.append({name: sparsity for name, sparsity in plan.items() if sparsity > 0})
        plan[tradeoff.name], errors[tradeoff.name] = tradeoff.levels[high], climbed
    plans.append({name: sparsity for name, sparsity in plan.items() if sparsity > 0})
    wanted = [plan for at, plan in enumerate(plans) if len(plan) > 1 and plan not in plans[:at]]
    return tuple(wanted[: len(JOINT_ERRORS)])
