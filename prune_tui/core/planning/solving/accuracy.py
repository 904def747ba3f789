"""The plan that saves most within what may be lost of the accuracy."""

import math
from bisect import bisect_left
from collections.abc import Mapping

from prune_tui.core.errors import DecisionError
from prune_tui.core.planning.solving.problem import Problem, accuracy_floor
from prune_tui.core.planning.solving.units import unit_tradeoffs
from prune_tui.core.planning.target import Target, TargetKind, describe_target
from prune_tui.core.planning.tradeoffs import hull_steps, tradeoffs_of
from prune_tui.core.scanning.predictor import predicted_accuracy


def widest_within(problem: Problem, target: Target, *, saving: TargetKind) -> dict[str, float]:
    """Follow the hulls as far as the predicted accuracy allows; then move one more group.

    `saving` says what is to be saved.

    Raises:
        DecisionError: the dense network or the locked groups miss the target, or one of them has no curve.
    """
    floor = accuracy_floor(target, problem.scan.dense_accuracy)
    _check_locked(problem, target, floor)
    if problem.shape is not None:
        tradeoffs = unit_tradeoffs(saving, problem, problem.shape)
    else:
        tradeoffs = tradeoffs_of(
            saving,
            problem.groups,
            problem.scan.granularity,
            problem.predictor,
            problem.locked,
            problem.kernels,
        )

    def stays(plan: Mapping[str, float]) -> bool:
        accuracy = predicted_accuracy(problem.predictor, {**problem.locked, **plan})
        return accuracy is not None and accuracy >= floor

    steps = hull_steps(tradeoffs)

    def climbed(num_steps: int) -> dict[str, float]:
        plan = dict.fromkeys((tradeoff.name for tradeoff in tradeoffs), 0.0)
        for number, high in steps[:num_steps]:
            plan[tradeoffs[number].name] = tradeoffs[number].levels[high]
        return plan

    num_steps = bisect_left(range(1, len(steps) + 1), True, key=lambda count: not stays(climbed(count)))
    plan = climbed(num_steps)
    if num_steps == len(steps) or problem.scan.granularity == "n_m":
        return plan
    number, high = steps[num_steps]
    tradeoff = tradeoffs[number]
    low, high = tradeoff.step_of(plan[tradeoff.name]), tradeoff.step_of(tradeoff.levels[high])
    while high - low > 1:
        middle = (low + high) // 2
        fits = stays({**plan, tradeoff.name: tradeoff.sparsity_at(middle)})
        low, high = (middle, high) if fits else (low, middle)
    return {**plan, tradeoff.name: tradeoff.sparsity_at(low)}


def _check_locked(problem: Problem, target: Target, floor: float) -> None:
    """Check that the dense network and the locked groups leave the target within reach."""
    accuracy = predicted_accuracy(problem.predictor, problem.locked)
    if accuracy is None:
        unknown = next(
            name
            for name, sparsity in problem.locked.items()
            if sparsity > 0 and name not in problem.predictor.logit_errors
        )
        raise DecisionError(
            f"the drop can't be predicted, as locked {unknown} is not scanned: set it to 0 or scan it"
        )
    if accuracy >= floor:
        return
    if target.kind == "accuracy":
        best = describe_target(Target("accuracy", math.floor(accuracy * 10_000) / 100))
    else:
        lost = (problem.scan.dense_accuracy - accuracy) * 100
        best = describe_target(Target("accuracy_drop", math.ceil(lost * 100) / 100))
    if problem.scan.dense_accuracy < floor:
        raise DecisionError(f"the dense network itself has less: type at best {best}")
    raise DecisionError(
        f"{describe_target(target)}: locked rows alone lose more; type {best} or unlock a row"
    )
