"""How weights and units are distributed, before and after: a histogram in one line for each layer."""

from collections.abc import Mapping, Sequence
from typing import Literal

from rich.console import RenderableType
from rich.text import Text

from prune_tui.core.report import Distribution, Quantity, Report
from prune_tui.reports.blocks import block, rebinned
from prune_tui.reports.numbers import shortened
from prune_tui.reports.terminal.tables import plain_table, titled

Stage = Literal["dense", "pruned"]
Found = Mapping[tuple[str, Stage], Distribution]
"""Distributions of one measure, by layer and stage."""

_STAGES: tuple[Stage, ...] = ("dense", "pruned")
_NUM_BARS, _NAME_WIDTH = 22, 20
MAX_LAYERS = 12
"""Of more layers than this, only the largest are drawn."""

_TITLES: Mapping[Quantity, str] = {
    "weights": "distribution of |w|, kept weights",
    "unit_norms": "distribution of the L2 norm of units",
    "top_share": "share of each unit that is among the layer's largest tenth",
}


def distributions_parts(report: Report) -> list[RenderableType]:
    """Show each measure's distributions, dense beside pruned, on one scale from 0."""
    shown, note = _shown_layers(report)
    parts: list[RenderableType] = []
    for measure, title in _TITLES.items():
        found = {
            (one.layer, one.stage): one
            for one in report.distributions
            if one.measure == measure and one.counts
        }
        names = [name for name in shown if any(layer == name for layer, _ in found)]
        if names:
            parts.append(_table(title + note, names, found))
    return parts


def _shown_layers(report: Report) -> tuple[list[str], str]:
    """Return the layers to draw, in the order they run, and a note where some are left out."""
    names = list(dict.fromkeys(one.layer for one in report.distributions))
    if len(names) <= MAX_LAYERS:
        return names, ""
    weights = {layer.name: layer.parameters for layer in report.layers}
    largest = sorted(names, key=lambda name: -weights.get(name, 0))[:MAX_LAYERS]
    note = f"; the {MAX_LAYERS} largest of {len(names)} layers"
    return [name for name in names if name in largest], note


def _table(title: str, names: Sequence[str], found: Found) -> RenderableType:
    table = plain_table()
    table.add_column("layer", no_wrap=True)
    stages: list[Stage] = [stage for stage in _STAGES if any(key[1] == stage for key in found)]
    for stage in stages:
        table.add_column(stage, no_wrap=True, min_width=_NUM_BARS)
    table.add_column("from 0 to", justify="right", no_wrap=True)
    for name in names:
        pair = [found.get((name, stage)) for stage in stages]
        largest = max(one.largest for one in pair if one)
        table.add_row(
            Text(shortened(name, _NAME_WIDTH)),
            *(histogram_line(one, largest=largest) if one else "" for one in pair),
            f"{largest:.3g}",
        )
    return titled(title, table)


def histogram_line(distribution: Distribution, *, largest: float, num_bars: int = _NUM_BARS) -> str:
    """Draw a distribution as blocks from 0 to `largest`, which is no less than its own.

    The fullest bar has the highest block. An empty bar is blank; one that holds anything shows.
    """
    reach = largest / distribution.largest if distribution.largest > 0 else 1.0
    bars = rebinned(distribution.counts, num_bars, reach=reach)
    fullest = max(bars)
    return "".join(block(count / fullest) if count else " " for count in bars)
