"""A plan: a sparsity for each pruning group, how it is pruned, and what it is predicted to cost and save."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from rich.console import Group, RenderableType
from rich.text import Text

from prune_tui.core.errors import DecisionError, UnknownNameError
from prune_tui.core.network import LayerInfo
from prune_tui.core.numbers import percent_text, sparsity_text, times_text
from prune_tui.core.planning.budget import Solution, is_met, solve
from prune_tui.core.planning.groups import by_layer, group_with, groups_of, why_not_prunable
from prune_tui.core.planning.price import Price, price
from prune_tui.core.planning.target import describe_target, parse_target
from prune_tui.core.report import ScanFigures
from prune_tui.core.scanning.predictor import fitted_predictor, predicted_accuracy
from prune_tui.core.session.decisions import N_M_SPARSITY
from prune_tui.core.shrinking import NetworkShape
from prune_tui.core.terms import Granularity, method_text
from prune_tui.library.rendering import as_html, as_text
from prune_tui.reports.terminal.plans import plan_table
from prune_tui.reports.terminal.tables import plain_table


@dataclass(frozen=True, slots=True, eq=False)
class Plan(Mapping[str, float]):
    """A target sparsity by the name of each group's first layer; layers left out stay as they are.

    `price` holds the predicted counts (for units those of the shrunk network), and the predicted accuracy
    right after pruning; None for a plan that does not come from a scan. `target` is the budget that it was
    solved for.
    """

    sparsities: Mapping[str, float]
    criterion: str = "l1"
    granularity: Granularity = "weight"
    price: Price | None = None
    target: str | None = None
    scanned: ScanFigures | None = field(default=None, repr=False)

    def __getitem__(self, layer: str) -> float:
        return self.sparsities[layer]

    def __iter__(self) -> Iterator[str]:
        return iter(self.sparsities)

    def __len__(self) -> int:
        return len(self.sparsities)

    def __str__(self) -> str:
        return as_text(self._table())

    def _repr_html_(self) -> str:
        return as_html(self._table())

    def _table(self) -> RenderableType:
        if self.price is not None and self.scanned is not None and self.target is not None:
            solution = Solution(self.sparsities, self.price, is_met=True)
            return plan_table(solution, parse_target(self.target), self.scanned)
        table = plain_table()
        table.add_column("layer")
        table.add_column("sparsity", justify="right")
        for name, sparsity in self.sparsities.items():
            table.add_row(Text(name), sparsity_text(sparsity))
        lines: list[RenderableType] = [
            Text(f"plan, {method_text(self.criterion, self.granularity)}"),
            table,
        ]
        if self.price is not None:
            lines.append(Text(_price_line(self.price, self.granularity)))
        return Group(*lines)


def _price_line(paid: Price, granularity: Granularity) -> str:
    predicted = "" if paid.accuracy is None else f", predicted accuracy {percent_text(paid.accuracy)}"
    return (
        f"compression ratio {times_text(paid.compression_ratio)}, theoretical speedup "
        f"{times_text(paid.theoretical_speedup)}, predicted file {paid.file_bytes:,} bytes"
        f"{' once shrunk' if granularity == 'unit' else ''}{predicted}"
    )


@dataclass(frozen=True, slots=True)
class Scanned:
    """A scan's figures, and the counts of the network that was scanned: what plans are made from."""

    figures: ScanFigures
    layers: tuple[LayerInfo, ...]
    other_parameters: int
    other_macs: int
    shape: NetworkShape | None = None
    overhead_bytes: int = 0

    def price(self, sparsities: Mapping[str, float]) -> Price:
        """Return the counts of a plan."""
        return price(
            self.layers,
            by_layer(groups_of(self.layers, self.figures.granularity), sparsities),
            other_parameters=self.other_parameters,
            other_macs=self.other_macs,
            granularity=self.figures.granularity,
            shape=self.shape if self.figures.granularity == "unit" else None,
            overhead_bytes=self.overhead_bytes,
        )


def solved(scanned: Scanned, budget: str, locked: Mapping[str, float]) -> Plan:
    """Return the plan that meets a budget such as `20x` at the least predicted loss.

    Raises:
        TargetError: the text is no budget.
        DecisionError: the budget can't be met; the message names the best that can.
    """
    target = parse_target(budget)
    figures = scanned.figures
    groups = groups_of(scanned.layers, figures.granularity)
    _check_layers(scanned, locked)
    solution = solve(
        target,
        groups,
        figures,
        locked,
        other_parameters=scanned.other_parameters,
        other_macs=scanned.other_macs,
        shape=scanned.shape,
        overhead_bytes=scanned.overhead_bytes,
    )
    if not is_met(target, solution.price, figures):
        raise DecisionError(f"{describe_target(target)} can't be met")
    sparsities = {
        group.name: {**locked, **solution.plan}[group.name]
        for group in groups
        if group.name in locked or group.name in solution.plan
    }
    named = describe_target(target)
    return Plan(sparsities, figures.criterion, figures.granularity, solution.price, named, figures)


def priced(scanned: Scanned, sparsities: Mapping[str, float] | float) -> Plan:
    """Return a plan with its price; one number is for every group that can be pruned.

    Raises:
        UnknownNameError: the network has no such layer.
        DecisionError: a layer takes no sparsity of its own, or a sparsity is out of range.
    """
    figures = scanned.figures
    groups = groups_of(scanned.layers, figures.granularity)
    if not isinstance(sparsities, Mapping):
        sparsities = dict.fromkeys((group.name for group in groups if group.is_free), float(sparsities))
    _check_layers(scanned, sparsities)
    counted = scanned.price(sparsities)
    accuracy = None
    if figures.dense_accuracy > 0:
        accuracy = predicted_accuracy(fitted_predictor(figures), sparsities)
    paid = replace(counted, accuracy=accuracy)
    return Plan(dict(sparsities), figures.criterion, figures.granularity, paid, scanned=figures)


def _check_layers(scanned: Scanned, sparsities: Mapping[str, float]) -> None:
    granularity = scanned.figures.granularity
    groups = groups_of(scanned.layers, granularity)
    for name, sparsity in sparsities.items():
        group = group_with(groups, name)
        if group is None:
            raise UnknownNameError("layer", name, [layer.name for layer in scanned.layers])
        if sparsity > 0 and (reason := why_not_prunable(group, name, granularity)):
            raise DecisionError(reason)
        if not 0 <= sparsity < 1 or (granularity == "n_m" and sparsity not in (0, N_M_SPARSITY)):
            right = "0 or 0.5 (2:4)" if granularity == "n_m" else "at least 0 and below 1"
            raise DecisionError(f"layer {name} is given sparsity {sparsity:g}: {right} is right")
