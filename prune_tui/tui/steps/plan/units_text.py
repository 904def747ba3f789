"""What a plan keeps of a group: its weights, or its units and what shrinking makes of them."""

from collections.abc import Mapping

from prune_tui.core.planning.groups import PruningGroup
from prune_tui.reports.numbers import count_text
from prune_tui.tui.state import State

KEPT_WIDTH = 9
"""The width of a number of weights."""


def kept_width(state: State) -> int:
    """Return the width of what is kept in each row."""
    if state.settings.granularity != "unit":
        return KEPT_WIDTH
    return max(KEPT_WIDTH, *(len(kept_text(group, {}, state)) for group in state.groups))


def kept_text(group: PruningGroup, sparsities: Mapping[str, float], state: State) -> str:
    """Say how many weights a group keeps, or how many of its units: `10 of 20`."""
    if state.settings.granularity != "unit":
        return count_text(group.num_kept(sparsities))
    units = state.planner.units(group, sparsities.get(group.name, 0.0))
    return f"{units.kept} of {units.total}"


def padding_text(group: PruningGroup, sparsity: float, state: State) -> str:
    """Say how many units shrinking leaves, where it leaves more than the plan keeps."""
    if state.settings.granularity != "unit":
        return ""
    units = state.planner.units(group, sparsity)
    return f"; shrinking leaves {units.left} of its units" if units.left > units.kept else ""
