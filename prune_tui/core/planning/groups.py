"""Pruning groups: the layers that are pruned as one, and why a group is locked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from prune_tui.core.network import LayerInfo
from prune_tui.core.planning.price import num_weights_kept
from prune_tui.core.terms import Granularity


@dataclass(frozen=True, slots=True)
class PruningGroup:
    """Layers that share one sparsity; plans name the group by its first layer, the leader.

    `locked_reason` says why the group takes no sparsity at its `granularity`; None if it takes one.
    """

    leader: LayerInfo
    followers: tuple[LayerInfo, ...] = ()
    locked_reason: str | None = None
    granularity: Granularity = "weight"

    @property
    def name(self) -> str:
        return self.leader.name

    @property
    def layers(self) -> tuple[LayerInfo, ...]:
        """All its layers, the leader first."""
        return (self.leader, *self.followers)

    @property
    def parameters(self) -> int:
        """The number of weights of all its layers."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def is_free(self) -> bool:
        return self.locked_reason is None

    def num_kept(self, sparsities: Mapping[str, float]) -> int:
        """Return how many of its weights remain, given a sparsity for each layer."""
        return sum(
            num_weights_kept(layer, sparsities.get(layer.name, 0.0), self.granularity)
            for layer in self.layers
        )


def groups_of(layers: Sequence[LayerInfo], granularity: Granularity) -> tuple[PruningGroup, ...]:
    """Return the groups of a network at a granularity, in the order their leaders run."""
    match granularity:
        case "weight" | "block_4" | "block_16":
            return tuple(
                PruningGroup(layer, (), layer.weights_locked_reason, granularity) for layer in layers
            )
        case "n_m":
            return tuple(PruningGroup(layer, (), _n_m_reason(layer), granularity) for layer in layers)
        case "unit":
            names = {layer.name for layer in layers}
            return tuple(
                PruningGroup(
                    layer,
                    tuple(other for other in layers if other.coupled_to == layer.name),
                    layer.weights_locked_reason or layer.locked_reason,
                    granularity,
                )
                for layer in layers
                if layer.coupled_to not in names
            )
        case _:
            assert_never(granularity)


def group_with(groups: Sequence[PruningGroup], layer: str) -> PruningGroup | None:
    """Return the group that a layer belongs to; None if there is no such layer."""
    return next((group for group in groups if any(own.name == layer for own in group.layers)), None)


def why_not_prunable(group: PruningGroup, layer: str, granularity: Granularity) -> str | None:
    """Return why a layer takes no sparsity of its own, and what to do instead; None if it takes one."""
    if group.name != layer:
        return f"units of layer {layer} go with those of {group.name}: give {group.name} the sparsity"
    if group.is_free:
        return None
    what = f"layer {layer} can't be pruned 2:4" if granularity == "n_m" else _cannot(layer, granularity)
    return f"{what}: {group.locked_reason}; give it sparsity 0"


def by_layer(groups: Sequence[PruningGroup], plan: Mapping[str, float]) -> dict[str, float]:
    """Return the sparsity of every layer from the sparsity of its group."""
    return {layer.name: plan[group.name] for group in groups if group.name in plan for layer in group.layers}


def _cannot(layer: str, granularity: Granularity) -> str:
    return f"{'units of ' if granularity == 'unit' else ''}layer {layer} can't be pruned"


def _n_m_reason(layer: LayerInfo) -> str | None:
    """Return why a layer can't be pruned 2:4: each unit's inputs are taken four at a time."""
    if layer.weights_locked_reason is not None:
        return layer.weights_locked_reason
    inputs = "1 input is" if layer.inputs == 1 else f"{layer.inputs} inputs are"
    return None if layer.inputs % 4 == 0 else f"its {inputs} not a multiple of 4"
