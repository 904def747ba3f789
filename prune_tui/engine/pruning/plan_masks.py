"""Turns a plan into masks for the whole network, from the scores of its weights."""

from collections.abc import Mapping, Sequence
from typing import assert_never

import torch

from prune_tui.catalog.criteria.blocks import blocks_of
from prune_tui.catalog.schedules import steps_entry
from prune_tui.core.errors import DecisionError, UnknownNameError
from prune_tui.core.planning.groups import group_with, groups_of, why_not_prunable
from prune_tui.core.session.decisions import Prune
from prune_tui.core.session.rounds import Iterative, OneShot, Schedule
from prune_tui.core.terms import Granularity
from prune_tui.engine.network.masks import (
    keep_units,
    keep_units_globally,
    mask_blocks,
    mask_blocks_globally,
    mask_n_m,
    mask_weights,
    mask_weights_globally,
    remaining_units,
    unit_mask,
    unit_scores,
)
from prune_tui.engine.network.network import Masks, Network, Scores, Units, weight_name


def prunable_layers(network: Network, granularity: Granularity) -> list[str]:
    """Return the names of the groups that take a sparsity, those of their first layers."""
    return [group.name for group in groups_of(network.layers, granularity) if group.is_free]


def layers_with(network: Network, names: Sequence[str], granularity: Granularity) -> list[str]:
    """Return all layers of these groups."""
    groups = groups_of(network.layers, granularity)
    return [layer.name for group in groups if group.name in names for layer in group.layers]


def masks_of_layer(
    network: Network, scores: Scores, name: str, sparsity: float, granularity: Granularity
) -> Masks:
    """Mask one group, named by its first layer, to a target sparsity; returns the masks that change."""
    weight = weight_name(name)
    match granularity:
        case "weight":
            return {weight: mask_weights(scores[name], sparsity, network.masks.get(weight))}
        case "block_4" | "block_16":
            blocks = blocks_of(network.layer(name), granularity)
            assert blocks is not None
            return {weight: mask_blocks(scores[name], blocks, sparsity, network.masks.get(weight))}
        case "n_m":
            return {weight: mask_n_m(scores[name], network.masks.get(weight))}
        case "unit":
            units = _units(network, name)
            keep = keep_units(_by_unit(network, units, scores), sparsity, _remaining(network, units))
            return _masks_of_units(network, units, keep)
        case _:
            assert_never(granularity)


def masks_for_round(network: Network, scores: Scores, decision: Prune, round: int) -> Masks:
    """Return the masks after one round of a decision, counted from 1; pruned weights stay pruned."""
    granularity = decision.granularity
    if decision.scope == "global":
        assert isinstance(decision.plan, float)
        target = target_of_round(decision.schedule, decision.plan, round)
        return network.masks | _global_masks(network, scores, target, granularity)
    masks = dict(network.masks)
    for name, final in plan_of(network, decision).items():
        target = target_of_round(decision.schedule, final, round)
        masks = joined(masks, masks_of_layer(network, scores, name, target, granularity))
    return masks


def joined(one: Masks, other: Masks) -> Masks:
    """Return masks that keep what both keep; a batch norm may belong to units of several groups."""
    return one | {name: one[name] & mask if name in one else mask for name, mask in other.items()}


def target_of_round(schedule: Schedule, final: float, round: int) -> float:
    """Return the target sparsity of a round, counted from 1; in the last round it is exactly `final`."""
    match schedule:
        case OneShot():
            return final
        case Iterative(steps=steps, num_rounds=num_rounds):
            target = steps_entry(steps).target
            return final if round == num_rounds else target(final, round, num_rounds)
        case _:
            assert_never(schedule)


def plan_of(network: Network, decision: Prune) -> Mapping[str, float]:
    """Return the target sparsity of each group that a decision prunes.

    Raises:
        UnknownNameError: the plan names a layer that the model does not have.
        DecisionError: the plan prunes a layer that this granularity can't prune, or nothing at all.
    """
    groups = groups_of(network.layers, decision.granularity)
    names = [layer.name for layer in network.layers]
    for name in decision.locked:
        if name not in names:
            raise UnknownNameError("layer", name, names)
    if isinstance(decision.plan, float):
        free = [group.name for group in groups if group.is_free and group.name not in decision.locked]
        if not free and (locked := next((group for group in groups if not group.is_free), None)):
            what = "whole units" if decision.granularity == "unit" else decision.granularity
            raise DecisionError(
                f"no layer can be pruned by {what} (layer {locked.name}: {locked.locked_reason}): "
                "prune single weights"
            )
        return _not_empty(dict.fromkeys(free, decision.plan))
    for name, sparsity in decision.plan.items():
        group = group_with(groups, name)
        if group is None:
            raise UnknownNameError("layer", name, names)
        if sparsity > 0 and (reason := why_not_prunable(group, name, decision.granularity)):
            raise DecisionError(reason)
    return _not_empty(decision.plan)


def _not_empty(plan: Mapping[str, float]) -> Mapping[str, float]:
    pruned = {name: sparsity for name, sparsity in plan.items() if sparsity > 0}
    if not pruned:
        raise DecisionError("the plan prunes nothing: give at least one layer a sparsity above 0")
    return pruned


def _global_masks(network: Network, scores: Scores, sparsity: float, granularity: Granularity) -> Masks:
    so_far = {name: mask for name in scores if (mask := network.mask_of(name)) is not None}
    if granularity == "weight":
        by_name = mask_weights_globally(scores, sparsity, so_far)
        return {weight_name(name): mask for name, mask in by_name.items()}
    blocks = {name: blocks for name in scores if (blocks := blocks_of(network.layer(name), granularity))}
    if blocks:
        by_name = mask_blocks_globally(scores, blocks, sparsity, so_far)
        return {weight_name(name): mask for name, mask in by_name.items()}
    by_leader = {units.layers[0]: units for units in network.units or () if units.layers[0] in scores}
    by_unit = {name: _by_unit(network, units, scores) for name, units in by_leader.items()}
    kept = keep_units_globally(
        by_unit,
        {
            name: sum(network.weight(layer).numel() for layer in units.layers) // len(by_unit[name])
            for name, units in by_leader.items()
        },
        sparsity,
        {name: _remaining(network, units) for name, units in by_leader.items()},
    )
    joint: Masks = {}
    for name, keep in kept.items():
        joint = joined(joint, _masks_of_units(network, by_leader[name], keep))
    return joint


def _units(network: Network, leader: str) -> Units:
    units = network.units_of(leader)
    assert units is not None, f"{leader} has no units of its own"
    return units


def _by_unit(network: Network, units: Units, scores: Scores) -> torch.Tensor:
    """Return one score per unit, the mean over the layers that compute it, [units]."""
    each = [
        units.by_unit(layer, unit_scores(scores[layer], network.mask_of(layer))).mean(dim=1)
        for layer in units.layers
    ]
    return torch.stack(each).mean(dim=0)


def _remaining(network: Network, units: Units) -> torch.Tensor:
    """Return which units have a weight left in at least one of their layers, a boolean [units]."""
    each = []
    for layer in units.layers:
        mask, weight = network.mask_of(layer), network.weight(layer)
        of_rows = torch.ones(len(weight), dtype=torch.bool, device=weight.device)
        of_rows = of_rows if mask is None else remaining_units(mask)
        each.append(units.by_unit(layer, of_rows).any(dim=1))
    return torch.stack(each).any(dim=0)


def _masks_of_units(network: Network, units: Units, keep: torch.Tensor) -> Masks:
    """Mask everything that belongs to pruned units: weights, biases, scales and shifts of batch norms."""
    masks: Masks = {}
    for layer in units.layers:
        mask = unit_mask(units.by_row(layer, keep), network.weight(layer).shape)
        so_far = network.mask_of(layer)
        masks[weight_name(layer)] = mask if so_far is None else mask & so_far
    for name in units.vectors:
        so_far = network.masks.get(name)
        vector = torch.ones_like(network.module.get_parameter(name), dtype=torch.bool)
        mask = vector if so_far is None else so_far.clone()
        positions, kept = units.at(name, keep)
        mask[positions] &= kept
        masks[name] = mask
    return masks
