"""What a sensitivity scan found: a curve for each layer, from which plans are made."""

from collections.abc import Mapping
from dataclasses import dataclass

from prune_tui.core.network import LayerInfo
from prune_tui.core.report import ScanCurve, ScanFigures
from prune_tui.library.plan import Plan, Scanned, priced, solved
from prune_tui.library.rendering import as_html, as_text
from prune_tui.reports.terminal.scans import scan_table


@dataclass(frozen=True, slots=True)
class Scan:
    """A sensitivity scan of one network by one criterion and granularity."""

    scanned: Scanned

    @property
    def figures(self) -> ScanFigures:
        """All figures of the scan."""
        return self.scanned.figures

    @property
    def layers(self) -> tuple[LayerInfo, ...]:
        """The network's layers, in the order they run, each with the reason why it is locked, if it is."""
        return self.scanned.layers

    @property
    def curves(self) -> Mapping[str, ScanCurve]:
        """The curve of each group by its first layer's name."""
        return {curve.name: curve for curve in self.figures.layers}

    @property
    def dense_accuracy(self) -> float:
        """The dense network's accuracy on the validation split, a fraction of 1."""
        return self.figures.dense_accuracy

    def solve(self, budget: str, *, locked: Mapping[str, float] | None = None) -> Plan:
        """Return the plan that meets a budget at the least predicted loss.

        Args:
            budget: text as in the app: `20x`, `≤ 0.1 MB`, `10k params`, `3x MACs`, `95 % sparsity`,
                `1 point`, `≥ 96 % accuracy`, or two such as `0.1 MB and 1 point`.
            locked: sparsities of layers that are to stay as they are.

        Raises:
            TargetError: the text is no budget.
            DecisionError: the budget can't be met; the message names the best that can.
        """
        return solved(self.scanned, budget, locked or {})

    def plan(self, sparsities: Mapping[str, float] | float) -> Plan:
        """Return a plan of your own with its predicted price; one number is for every free layer.

        Raises:
            UnknownNameError: the network has no such layer.
            DecisionError: a layer takes no sparsity of its own, or a sparsity is out of range.
        """
        return priced(self.scanned, sparsities)

    def __str__(self) -> str:
        return as_text(scan_table(self.figures))

    def _repr_html_(self) -> str:
        return as_html(scan_table(self.figures))
