"""A plan's rows: what each sparsity of a layer, with those that go with it, would save and cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from prune_tui.core.network import LayerInfo
from prune_tui.core.planning.price import FLOAT_BYTES, num_pruned, stored_bytes
from prune_tui.core.planning.target import Kind
from prune_tui.core.scanning.distortion import strain
from prune_tui.core.scanning.predictor import Forecaster
from prune_tui.core.session.decisions import N_M_SPARSITY
from prune_tui.core.terms import Granularity

STEP = 0.005
HIGHEST = 0.995
EVENLY = 1e-6
"""The cost of sparsity itself, squared: where nothing strains, layers of a size are pruned alike."""


@dataclass(frozen=True, slots=True)
class Row:
    """A layer that is free, with those that take its sparsity, and what each level would save and cost.

    Levels rise from sparsity 0; each saves more than the one before. `costs` are of `cost_at`.
    `hull` are the levels that no mix of others betters: the lower convex hull of cost over saving.
    """

    name: str
    layers: tuple[LayerInfo, ...]
    levels: tuple[float, ...]
    savings: tuple[int, ...]
    costs: tuple[float, ...]
    hull: tuple[int, ...]


def leaders_of(layers: Sequence[LayerInfo], granularity: Granularity) -> list[LayerInfo]:
    """Return the layers that have a sparsity of their own."""
    names = {layer.name for layer in layers}
    return [layer for layer in layers if granularity != "unit" or layer.coupled_to not in names]


def rows_of(
    kind: Kind,
    layers: Sequence[LayerInfo],
    granularity: Granularity,
    ready: Forecaster,
    fixed: Mapping[str, float],
) -> tuple[Row, ...]:
    """Return the rows that are not fixed and have a curve, each with the layers coupled to it."""
    levels = [round(step * STEP, 4) for step in range(round(HIGHEST / STEP) + 1)]
    if granularity == "n_m":
        levels = [0.0, N_M_SPARSITY]
    rows = []
    for leader in leaders_of(layers, granularity):
        if leader.name not in fixed and leader.name in ready.strains:
            coupled = [layer for layer in layers if layer.coupled_to == leader.name]
            together = (leader, *coupled) if granularity == "unit" else (leader,)
            rows.append(_row(kind, together, ready, levels))
    return tuple(rows)


def _row(kind: Kind, together: tuple[LayerInfo, ...], ready: Forecaster, all_levels: Sequence[float]) -> Row:
    """Set up a row; levels that save no more than a lower one are left out."""
    levels, savings = [0.0], [0]
    for level in all_levels[1:]:
        saved = saved_at(kind, together, level)
        if saved > savings[-1]:
            levels.append(level)
            savings.append(saved)
    name = together[0].name
    costs = [cost_at(ready, name, level) for level in levels]
    return Row(
        name=name,
        layers=together,
        levels=tuple(levels),
        savings=tuple(savings),
        costs=tuple(costs),
        hull=_lower_hull(savings, costs),
    )


def cost_at(ready: Forecaster, name: str, sparsity: float) -> float:
    """Return what pruning a layer costs: its strain to the power under which they add up, and EVENLY."""
    return float(strain(ready.strains[name], sparsity) ** ready.power) + EVENLY * sparsity**2


def saved_at(kind: Kind, together: Sequence[LayerInfo], sparsity: float) -> int:
    """Return the bytes, MACs or weights that layers save at a sparsity, counted as `price` does."""
    saved = 0
    for layer in together:
        kept = layer.parameters - num_pruned(layer.parameters, sparsity)
        if kind == "file_size" and sparsity > 0:
            saved += layer.parameters * FLOAT_BYTES - stored_bytes(layer.parameters, kept)
        elif kind == "theoretical_speedup":
            saved += layer.macs - layer.macs * kept // layer.parameters
        elif kind in ("compression_ratio", "accuracy_drop"):
            saved += layer.parameters - kept
    return saved


def _lower_hull(savings: Sequence[int], costs: Sequence[float]) -> tuple[int, ...]:
    """Return the positions of the lower convex hull (Andrew's monotone chain, 1979)."""
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


def climbs(rows: Sequence[Row]) -> list[tuple[int, int]]:
    """Return all steps up the hulls as (row, level to climb to), the one of least cost a saving first."""
    priced = [
        ((row.costs[high] - row.costs[low]) / (row.savings[high] - row.savings[low]), number, high)
        for number, row in enumerate(rows)
        for low, high in pairwise(row.hull)
    ]
    return [(number, high) for _, number, high in sorted(priced)]
