"""Neighbouring plans that meet the same target: one group keeps more or less, all others make up for it."""

from collections.abc import Callable, Mapping, Sequence

Plan = Mapping[str, float]
"""A sparsity by group name."""

Meets = Callable[[Plan], bool]
"""Whether a plan saves enough; one that keeps less does if one that keeps more does."""

FINEST = 10_000
"""Sparsities are in ten-thousandths, as everywhere."""

NUM_HALVINGS = 24
MOST_KEPT = 64.0
"""No group keeps so many times its share, so that the search for the factor ends."""


def neighbour(plan: Plan, name: str, share: float, meets: Meets) -> Plan | None:
    """Return the plan in which one group keeps `share` times as much, and the target is only just met.

    None if that is no other plan, or the target is then out of reach.
    """
    kept = min(1.0, (1 - plan[name]) * share)
    if abs(kept - (1 - plan[name])) < 1 / FINEST:
        return None
    return just_met({**plan, name: sparsity_of(kept)}, meets, fixed=(name,))


def just_met(plan: Plan, meets: Meets, *, fixed: Sequence[str] = ()) -> Plan | None:
    """Return the plan with as much kept as the target allows: every group's density times one factor.

    Groups in `fixed` stay as they are. None if the target is out of reach.
    """
    low, high = 0.0, MOST_KEPT
    if not meets(scaled(plan, low, fixed=fixed)):
        return None
    for _ in range(NUM_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if meets(scaled(plan, middle, fixed=fixed)) else (low, middle)
    return scaled(plan, low, fixed=fixed)


def scaled(plan: Plan, factor: float, *, fixed: Sequence[str] = ()) -> Plan:
    """Return the plan with the density of every group that is not `fixed` times a factor."""
    return {name: at if name in fixed else sparsity_of((1 - at) * factor) for name, at in plan.items()}


def sparsity_of(density: float) -> float:
    """Return the sparsity that keeps a share, in ten-thousandths; something always stays."""
    kept = min(FINEST, max(FINEST // 1000, round(density * FINEST)))
    return 1 - kept / FINEST if kept < FINEST else 0.0
