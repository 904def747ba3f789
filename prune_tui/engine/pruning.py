"""Turns a plan into masks for the whole network: scores by the criterion, then the highest are kept."""

from collections.abc import Mapping
from typing import assert_never

import torch

from prune_tui.catalog.criteria import criterion_entry
from prune_tui.catalog.schedules import steps_entry
from prune_tui.core.decisions import Granularity, Iterative, OneShot, Prune, Schedule
from prune_tui.core.errors import DecisionError, UnknownNameError
from prune_tui.engine.masking import (
    Masks,
    mask_units,
    mask_units_globally,
    mask_weights,
    mask_weights_globally,
)
from prune_tui.engine.network import Network


@torch.no_grad()
def scores_of(
    network: Network, criterion: str, layers: list[str], random_state: torch.Generator
) -> dict[str, torch.Tensor]:
    """Score the weights of some layers, in the network's order whatever the order asked in."""
    score = criterion_entry(criterion).load()
    return {
        layer.name: score(network.weight(layer.name).detach(), random_state)
        for layer in network.layers
        if layer.name in layers
    }


def prunable_layers(network: Network, granularity: Granularity) -> list[str]:
    """Return the names of the layers that this granularity can prune."""
    return [layer.name for layer in network.layers if granularity == "weight" or layer.locked_reason is None]


def mask_layer(
    scores: torch.Tensor, sparsity: float, mask: torch.Tensor | None, granularity: Granularity
) -> torch.Tensor:
    """Mask one layer to a target sparsity."""
    match granularity:
        case "weight":
            return mask_weights(scores, sparsity, mask)
        case "unit":
            return mask_units(scores, sparsity, mask)
        case _:
            assert_never(granularity)


def masks_for_round(network: Network, decision: Prune, round: int, random_state: torch.Generator) -> Masks:
    """Return the masks after one round of a decision, counted from 1, never regrowing those there are."""
    plan = plan_of(network, decision)
    targets = {
        name: max(target_of_round(decision.schedule, final, round), _sparsity(network.masks.get(name)))
        for name, final in plan.items()
    }
    scores = scores_of(network, decision.criterion, list(targets), random_state)
    if decision.scope == "layer":
        new = {
            name: mask_layer(scores[name], target, network.masks.get(name), decision.granularity)
            for name, target in targets.items()
        }
    else:
        assert isinstance(decision.plan, float)
        target = target_of_round(decision.schedule, decision.plan, round)
        globally = mask_weights_globally if decision.granularity == "weight" else mask_units_globally
        new = globally(scores, target, network.masks)
    return {**network.masks, **new}


def target_of_round(schedule: Schedule, final: float, round: int) -> float:
    """Return the sparsity to reach in a round; the last round's is exactly the final one."""
    match schedule:
        case OneShot():
            return final
        case Iterative(steps=steps, num_rounds=num_rounds):
            target = steps_entry(steps).target
            return final if round == num_rounds else target(final, round, num_rounds)
        case _:
            assert_never(schedule)


def plan_of(network: Network, decision: Prune) -> Mapping[str, float]:
    """Return the target sparsity of each layer that the decision prunes.

    Raises:
        UnknownNameError: the plan names a layer that the model does not have.
        DecisionError: the plan prunes units of a layer whose units can't be removed, or nothing at all.
    """
    free = prunable_layers(network, decision.granularity)
    if isinstance(decision.plan, float):
        return _not_empty(dict.fromkeys(free, decision.plan))
    names = [layer.name for layer in network.layers]
    for name, sparsity in decision.plan.items():
        if name not in names:
            raise UnknownNameError("layer", name, names)
        if name not in free and sparsity > 0:
            reason = network.layer(name).locked_reason
            raise DecisionError(f"units of layer {name} can't be pruned: {reason}; give it sparsity 0")
    return _not_empty(decision.plan)


def _not_empty(plan: Mapping[str, float]) -> Mapping[str, float]:
    pruned = {name: sparsity for name, sparsity in plan.items() if sparsity > 0}
    if not pruned:
        raise DecisionError("the plan prunes nothing: give at least one layer a sparsity above 0")
    return pruned


def _sparsity(mask: torch.Tensor | None) -> float:
    return 0.0 if mask is None else 1 - int(mask.sum()) / mask.numel()
