"""A made-up network whose errors add up by a power that is known, scanned as the engine would."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from prune_tui.core.network import LayerInfo
from prune_tui.core.planning.calibration import calibration_plans
from prune_tui.core.report import JointPoint, ScanCurve, ScanFigures
from prune_tui.core.scanning.distortion import logit_error_at, logit_errors_of
from prune_tui.core.scanning.predictor import combined_error

DENSE, CHANCE = 0.95, 0.1


def layer(name: str, parameters: int, *, macs: int | None = None, coupled_to: str | None = None) -> LayerInfo:
    macs = parameters if macs is None else macs
    return LayerInfo(name, "linear", parameters, 10, macs, coupled_to=coupled_to)


def accuracy_under(error: float) -> float:
    """What this network keeps under a logit error."""
    return CHANCE + (DENSE - CHANCE) * math.exp(-1.4 * error**2)


def scanned(
    layers: Sequence[LayerInfo],
    errors: Mapping[str, Sequence[float]],
    sparsities: Sequence[float],
    *,
    power: float,
) -> ScanFigures:
    """Scan it: the cells' errors are given, the plans evaluated whole follow."""
    scan = ScanFigures(
        criterion="l1",
        granularity="weight",
        num_images=1000,
        dense_accuracy=DENSE,
        sparsities=tuple(sparsities),
        layers=tuple(
            ScanCurve(
                name=name,
                accuracies=tuple(accuracy_under(one) for one in each),
                distortions=tuple(one**2 for one in each),
            )
            for name, each in errors.items()
        ),
    )
    points = (
        JointPoint(plan=plan, accuracy=accuracy_of(scan, plan, power=power))
        for plan in calibration_plans(layers, scan)
    )
    return replace(scan, joint=tuple(points))


def accuracy_of(scan: ScanFigures, plan: Mapping[str, float], *, power: float) -> float:
    """What a whole plan really gives."""
    curves = logit_errors_of(scan)
    parts = [logit_error_at(curves[name], sparsity) for name, sparsity in plan.items() if sparsity > 0]
    return accuracy_under(combined_error(parts, power))
