"""A prune in rounds that was stopped before its last round: it reached less than its plan says."""

from collections.abc import Sequence
from dataclasses import dataclass

from prune_tui.core.network import LayerInfo
from prune_tui.core.planning.groups import by_layer, groups_of
from prune_tui.core.planning.price import num_weights_kept
from prune_tui.core.report import Report
from prune_tui.core.session.decisions import Decision, Prune


@dataclass(frozen=True, slots=True)
class StoppedShort:
    """The last round that was begun, of how many, and the share of the weights that the plan prunes."""

    round: int
    num_rounds: int
    target_sparsity: float


def stopped_short(
    decisions: Sequence[Decision], report: Report, layers: Sequence[LayerInfo]
) -> StoppedShort | None:
    """Return how far the last prune came, if it was stopped before its last round; else None."""
    prunes = [(at, decision) for at, decision in enumerate(decisions) if isinstance(decision, Prune)]
    if not prunes:
        return None
    index, prune = prunes[-1]
    reached = max((epoch.round for epoch in report.epochs if epoch.decision == index), default=0)
    if not 0 < reached < prune.schedule.num_rounds:
        return None
    return StoppedShort(reached, prune.schedule.num_rounds, target_sparsity(prune, layers))


def target_sparsity(prune: Prune, layers: Sequence[LayerInfo]) -> float:
    """Return the share of the weights of prunable layers that a prune's plan takes away."""
    if isinstance(prune.plan, float):
        plan = {layer.name: prune.plan for layer in layers if layer.name not in prune.locked}
    else:
        plan = by_layer(groups_of(layers, prune.granularity), prune.plan)
    prunable = [layer for layer in layers if layer.is_prunable]
    kept = sum(num_weights_kept(layer, plan.get(layer.name, 0.0), prune.granularity) for layer in prunable)
    total = sum(layer.parameters for layer in prunable)
    return (total - kept) / max(1, total)
