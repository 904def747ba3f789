"""Scans the dense network: prunes one group, evaluates, restores; one curve per group.

At the end, plans over several groups are evaluated, which calibrate the predictions.
"""

from collections.abc import Mapping
from dataclasses import replace

import torch

from prune_tui.core.report import ScanCurve, ScanFigures
from prune_tui.core.returning import Returning
from prune_tui.core.run.events import JointScanned, ScanStarted
from prune_tui.core.session.decisions import Scan
from prune_tui.engine.context import Context, DecisionResult, Execution
from prune_tui.engine.decisions.test_set import dense_accuracy
from prune_tui.engine.network.network import Masks, Network, Scores
from prune_tui.engine.pruning.plan_masks import joined, layers_with, masks_of_layer, prunable_layers
from prune_tui.engine.pruning.scores import score
from prune_tui.engine.scan.calibration import evaluate_calibration_plans
from prune_tui.engine.scan.cells import curve_of
from prune_tui.engine.scan.evaluator import Evaluator, Levels
from prune_tui.engine.scan.loop import scan_cells
from prune_tui.engine.scan.trial import try_recording
from prune_tui.engine.state import EngineState

NUM_JOINT_IMAGES = 1_000
"""The number of images on which a quick scan evaluates plans over several groups."""


def scan(state: EngineState, decision: Scan, context: Context) -> Execution:
    """Scan every group of the dense network that can be pruned, and restore the network as it is.

    A group's curve has the name of its first layer. Each group is scored once, so that the masks of a higher
    sparsity are subsets of those of a lower one.
    """
    network, data = state.network, state.data
    before, masks = network.state(), network.masks
    network.load(state.dense.weights, {})
    accuracy = yield from dense_accuracy(state, context)
    names = prunable_layers(network, decision.granularity)
    order = torch.randperm(len(data.validation), generator=context.random_state)
    drawn = data.validation.subset(order)
    scores = yield from score(
        network,
        data,
        decision.criterion,
        decision.granularity,
        layers_with(network, names, decision.granularity),
        random_state=context.random_state,
        clock=context.clock,
    )
    levels = {name: _levels(network, scores, name, decision) for name in names}
    evaluator = Evaluator(network, data, decision.precision, levels)
    largest, reason = try_recording(evaluator, drawn, num_levels=len(decision.sparsities))
    layout = evaluator.layout
    figures = ScanFigures(
        criterion=decision.criterion,
        granularity=decision.granularity,
        num_images=len(drawn),
        dense_accuracy=accuracy,
        sparsities=decision.sparsities,
        layers=tuple(ScanCurve(name=name, accuracies=(None,) * len(decision.sparsities)) for name in names),
        tolerance_points=decision.tolerance_points,
        is_reused=layout is not None,
        batch_size=min(largest, len(drawn)),
        recorded_bytes=0 if layout is None else layout.recorded_bytes,
        note=None if reason is None else f"each evaluation starts at the input: {reason}",
    )
    yield ScanStarted(figures)
    should_stop = context.should_stop_after(decision.stopped_after_evaluations)
    dense_scores: list[torch.Tensor] = []
    scanning = Returning(
        scan_cells(
            evaluator,
            drawn,
            figures,
            should_stop=should_stop,
            clock=context.clock,
            dense_scores=dense_scores,
        )
    )
    yield from scanning
    cells, num_done = scanning.value
    stopped_after = None if all(cell.is_settled for cell in cells) else num_done
    if stopped_after is None:
        scanned = replace(figures, layers=tuple(curve_of(name, cells, figures) for name in names))

        def masks_of_plan(plan: Mapping[str, float]) -> Masks:
            masks: Masks = {}
            for name, sparsity in plan.items():
                masks = joined(masks, masks_of_layer(network, scores, name, sparsity, decision.granularity))
            return masks

        num_images = len(drawn) if decision.tolerance_points is None else min(len(drawn), NUM_JOINT_IMAGES)
        for event in evaluate_calibration_plans(
            evaluator, masks_of_plan, drawn, dense_scores, scanned, num_images=num_images, clock=context.clock
        ):
            if should_stop(num_done):
                stopped_after = num_done
                break
            num_done += isinstance(event, JointScanned)
            yield event
    network.load(before, masks)
    return DecisionResult(decision.stopped_after(stopped_after), stopped_after=stopped_after)


def _levels(network: Network, scores: Scores, name: str, decision: Scan) -> Levels:
    """Return at how many of the sparsities each weight remains, for all parameters that the group masks."""
    levels: dict[str, torch.Tensor] = {}
    for sparsity in decision.sparsities:
        for parameter, mask in masks_of_layer(network, scores, name, sparsity, decision.granularity).items():
            level = mask.to(torch.uint8)
            levels[parameter] = levels[parameter] + level if parameter in levels else level
    return levels
