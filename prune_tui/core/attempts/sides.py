"""Two plans side by side: what each leaves of every pruning group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prune_tui.core.attempts.attempt import AttemptView
from prune_tui.core.attempts.taking import target_of
from prune_tui.core.network import LayerInfo, NetworkCounts
from prune_tui.core.planning.groups import PruningGroup, groups_of
from prune_tui.core.planning.plan_editor import EditablePlan
from prune_tui.core.planning.planner import Planner
from prune_tui.core.planning.price import num_weights_kept
from prune_tui.core.planning.settings import describe_settings
from prune_tui.core.terms import Granularity


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A plan as a whole. `kept` are the weights left by layer; None where nobody knows before pruning.

    `is_actual` says whether they were counted. `predicted` is the accuracy right after pruning as predicted,
    `pruned_accuracy` as it was, and `accuracy` in the end, all on the validation split.
    """

    name: str
    description: str
    granularity: Granularity
    kept: Mapping[str, int | None]
    is_actual: bool
    counts: NetworkCounts | None = None
    predicted: float | None = None
    pruned_accuracy: float | None = None
    accuracy: float | None = None
    test_accuracy: float | None = None

    @property
    def compression(self) -> float | None:
        return self.counts.compression_ratio if self.counts is not None else None

    @property
    def speedup(self) -> float | None:
        return self.counts.theoretical_speedup if self.counts is not None else None


@dataclass(frozen=True, slots=True)
class SideRow:
    """One pruning group: the weights it has, and how many each side keeps of them."""

    group: PruningGroup
    left: int | None
    right: int | None

    def sparsity(self, kept: int | None) -> float | None:
        """Return the share of the group's weights that are pruned."""
        return None if kept is None else 1 - kept / self.group.parameters


def side_of_attempt(attempt: AttemptView, layers: Sequence[LayerInfo]) -> Side:
    """Return an attempt as it was counted, or as it was planned where it was not."""
    target = target_of(attempt.prune, layers)
    kept: dict[str, int | None] = {
        layer.name: None
        if (sparsity := target[layer.name]) is None
        else num_weights_kept(layer, sparsity, attempt.prune.granularity)
        for layer in layers
    }
    figures = attempt.test_figures
    return Side(
        name=f"attempt {attempt.number}",
        description=attempt.description,
        granularity=attempt.prune.granularity,
        kept={**kept, **attempt.nonzero},
        is_actual=bool(attempt.nonzero),
        counts=attempt.smallest,
        pruned_accuracy=attempt.pruned_accuracy,
        accuracy=attempt.accuracy,
        test_accuracy=figures.accuracy if figures is not None else None,
    )


def side_of_plan(plan: EditablePlan, planner: Planner) -> Side:
    """Return the plan being edited, as it is priced."""
    sparsities, price = planner.sparsities(plan), planner.price(plan)
    return Side(
        name="the plan",
        description=", ".join(value for _, value in describe_settings(planner.settings)),
        granularity=planner.settings.granularity,
        kept={
            layer.name: num_weights_kept(layer, sparsities.get(layer.name, 0.0), planner.settings.granularity)
            for layer in planner.layers
        },
        is_actual=False,
        counts=price,
        predicted=price.accuracy,
    )


def side_rows(left: Side, right: Side, layers: Sequence[LayerInfo]) -> tuple[SideRow, ...]:
    """Return a row for each group that can be pruned: at the granularity of both, else for each layer."""
    granularity = left.granularity if left.granularity == right.granularity else "weight"
    return tuple(
        SideRow(group, _kept(group, left), _kept(group, right))
        for group in groups_of(layers, granularity)
        if group.leader.is_prunable
    )


def _kept(group: PruningGroup, side: Side) -> int | None:
    """Return how many weights a side keeps of a group."""
    parts = [side.kept.get(layer.name, layer.parameters) for layer in group.layers]
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None
