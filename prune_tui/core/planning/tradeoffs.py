"""Trade-offs: what each sparsity of a group saves and costs."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import pairwise

from prune_tui.core.planning.groups import PruningGroup
from prune_tui.core.planning.price import FLOAT_BYTES, num_weights_kept, stored_bytes
from prune_tui.core.planning.target import TargetKind
from prune_tui.core.run.latency_table import LatencyTable, LayerLatency
from prune_tui.core.scanning.distortion import RisingCurve, logit_error_at
from prune_tui.core.scanning.predictor import Predictor
from prune_tui.core.session.decisions import N_M_SPARSITY
from prune_tui.core.terms import Granularity

STEP = 0.005
HIGHEST = 0.995
FINE_STEPS = 10_000
"""Sparsities are solved to a ten-thousandth, the resolution of the plan editor."""

MOST_KNOWN = 1_024
"""The trade-offs that are kept: those of a large network, for some kinds of targets."""

SPARSITY_COST = 1e-6
"""The cost of sparsity², so that groups of one size are pruned alike where pruning costs no accuracy."""


@dataclass(frozen=True, slots=True)
class Tradeoff:
    """A group that may be pruned, and what each level of sparsity saves and costs.

    Levels rise from sparsity 0, and each saves more than the one before. `savings` are in bytes, MACs,
    weights or ns, as the target counts; `costs` are those of `cost_at`. `hull` holds the indices of the
    levels on the lower convex hull of cost over saving, `prices` the cost per saving of each step along it.
    `finest` are the sparsities between which it is solved; empty for the multiples of a ten-thousandth.
    `kernels` are those of its layers, where ns are saved.
    """

    group: PruningGroup
    levels: tuple[float, ...]
    savings: tuple[float, ...]
    costs: tuple[float, ...]
    hull: tuple[int, ...]
    prices: tuple[float, ...]
    finest: tuple[float, ...] = ()
    kernels: tuple[LayerLatency, ...] = ()

    @property
    def name(self) -> str:
        return self.group.name

    def step_of(self, sparsity: float) -> int:
        return bisect_left(self.finest, sparsity) if self.finest else round(sparsity * FINE_STEPS)

    def sparsity_at(self, step: int) -> float:
        return self.finest[step] if self.finest else round(step / FINE_STEPS, 4)


def tradeoffs_of(
    kind: TargetKind,
    groups: Sequence[PruningGroup],
    granularity: Granularity,
    predictor: Predictor,
    locked: Mapping[str, float],
    kernels: LatencyTable | None = None,
) -> tuple[Tradeoff, ...]:
    """Return the trade-offs of the groups that are not locked and have a scan curve."""
    return tuple(
        _of_weights(
            kind,
            group,
            granularity,
            predictor.logit_errors[group.name],
            predictor.power,
            kernels_of(group, kernels) if kind == "latency" else (),
        )
        for group in groups_to_move(groups, predictor, locked)
    )


@lru_cache(maxsize=MOST_KNOWN)
def _of_weights(
    kind: TargetKind,
    group: PruningGroup,
    granularity: Granularity,
    curve: RisingCurve,
    power: float,
    kernels: tuple[LayerLatency, ...],
) -> Tradeoff:
    """Return a group's trade-off, worked out once: a budget is solved again at each letter that is typed."""
    levels = [round(step * STEP, 4) for step in range(round(HIGHEST / STEP) + 1)]
    if granularity == "n_m":
        levels = [0.0, N_M_SPARSITY]
    saving = partial(saved_at, kind, group, kernels=kernels)
    found = tradeoff_of(group, partial(_cost, curve, power), levels, saving)
    return replace(found, kernels=kernels) if kernels else found


def kernels_of(group: PruningGroup, kernels: LatencyTable | None) -> tuple[LayerLatency, ...]:
    """Return what the layers of a group take, as far as it was measured."""
    names = {layer.name for layer in group.layers}
    return tuple(one for one in kernels.layers if one.name in names) if kernels is not None else ()


def groups_to_move(
    groups: Sequence[PruningGroup], predictor: Predictor, locked: Mapping[str, float]
) -> list[PruningGroup]:
    """Return the groups that are not locked and have a scan curve."""
    return [
        group
        for group in groups
        if group.is_free and group.name not in locked and group.name in predictor.logit_errors
    ]


def tradeoff_of(
    group: PruningGroup,
    cost: Callable[[float], float],
    all_levels: Sequence[float],
    saving: Callable[[float], float],
    *,
    finest: tuple[float, ...] = (),
) -> Tradeoff:
    """Return a group's trade-off, without the levels that save no more than a lower one."""
    levels, savings = [0.0], [0.0]
    for level in all_levels[1:]:
        saved = saving(level)
        if saved > savings[-1]:
            levels.append(level)
            savings.append(saved)
    costs = [cost(level) for level in levels]
    hull = _lower_hull(savings, costs)
    return Tradeoff(
        group=group,
        levels=tuple(levels),
        savings=tuple(savings),
        costs=tuple(costs),
        hull=hull,
        prices=tuple(
            (costs[high] - costs[low]) / (savings[high] - savings[low]) for low, high in pairwise(hull)
        ),
        finest=finest,
    )


def cost_at(predictor: Predictor, name: str, sparsity: float) -> float:
    """Return the cost of pruning a group: its logit error to the predictor's power, plus SPARSITY_COST."""
    return _cost(predictor.logit_errors[name], predictor.power, sparsity)


def _cost(curve: RisingCurve, power: float, sparsity: float) -> float:
    return float(logit_error_at(curve, sparsity) ** power) + SPARSITY_COST * sparsity**2


def saved_at(
    kind: TargetKind, group: PruningGroup, sparsity: float, *, kernels: tuple[LayerLatency, ...] = ()
) -> int:
    """Return the bytes, MACs, weights or ns that a group saves at a sparsity, counted as in `price`.

    `kernels` are those of its layers; a layer without saves no time.
    """
    saved = 0
    for layer in group.layers:
        nonzero = num_weights_kept(layer, sparsity, group.granularity)
        if kind == "file_size" and sparsity > 0:
            saved += layer.parameters * FLOAT_BYTES - stored_bytes(layer.parameters, nonzero)
        elif kind == "theoretical_speedup":
            saved += layer.macs - layer.macs * nonzero // layer.parameters
        elif kind == "latency":
            times = [one for one in kernels if one.name == layer.name]
            saved += sum(one.ns_at(layer.parameters) - one.ns_at(nonzero) for one in times)
        elif kind != "file_size":
            saved += layer.parameters - nonzero
    return saved


def _lower_hull(savings: Sequence[float], costs: Sequence[float]) -> tuple[int, ...]:
    """Return the indices of the lower convex hull (Andrew's monotone chain, 1979)."""
    hull: list[int] = []
    for at in range(len(savings)):
        while len(hull) > 1:
            first, middle = hull[-2], hull[-1]
            rise = (costs[middle] - costs[first]) * (savings[at] - savings[first])
            if rise < (costs[at] - costs[first]) * (savings[middle] - savings[first]):
                break
            hull.pop()
        hull.append(at)
    return tuple(hull)


def hull_steps(tradeoffs: Sequence[Tradeoff]) -> list[tuple[int, int]]:
    """Return all steps along the hulls as (trade-off index, next level), the least cost per saving first."""
    priced = [
        (price, number, high)
        for number, tradeoff in enumerate(tradeoffs)
        for price, high in zip(tradeoff.prices, tradeoff.hull[1:], strict=True)
    ]
    return [(number, high) for _, number, high in sorted(priced)]
