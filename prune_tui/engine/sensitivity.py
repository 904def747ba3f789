"""The sensitivity scan: prune one layer, evaluate on the validation split, restore; a curve a layer."""

from collections.abc import Callable, Generator

import torch

from prune_tui.core.decisions import Scan
from prune_tui.core.events import BatchEvaluated, CellScanned, ScanStarted
from prune_tui.core.report import ScanCurve, ScanFigures
from prune_tui.engine.measuring import Clock, Images, evaluate
from prune_tui.engine.network import Network
from prune_tui.engine.pruning import mask_layer, prunable_layers, scores_of

ScanEvent = ScanStarted | BatchEvaluated | CellScanned


def scan(
    network: Network,
    images: Images,
    decision: Scan,
    *,
    should_stop: Callable[[int], bool],
    random_state: torch.Generator,
    clock: Clock,
) -> Generator[ScanEvent, None, int | None]:
    """Scan every layer of a dense network that can be pruned, leaving the network as it was.

    A layer is scored once, so that its masks are nested from one sparsity to the next. Returns None, or the
    number of cells done if `should_stop` (asked before each cell with the number done) ended the scan.
    """
    names = prunable_layers(network, decision.granularity)
    dense = yield from evaluate(network.module, images, images.validation, clock)
    yield ScanStarted(
        ScanFigures(
            criterion=decision.criterion,
            granularity=decision.granularity,
            num_images=len(images.validation),
            dense_accuracy=dense.accuracy,
            sparsities=decision.sparsities,
            layers=tuple(
                ScanCurve(name=name, accuracies=(None,) * len(decision.sparsities)) for name in names
            ),
        )
    )
    num_cells, num_done = len(names) * len(decision.sparsities), 0
    for name in names:
        scores = scores_of(network, decision.criterion, [name], random_state)[name]
        weight = network.weight(name)
        original = weight.detach().clone()
        try:
            for position, sparsity in enumerate(decision.sparsities):
                if should_stop(num_done):
                    return num_done
                mask = mask_layer(scores, sparsity, None, decision.granularity)
                with torch.no_grad():
                    weight.copy_(original * mask)
                pruned = yield from evaluate(network.module, images, images.validation, clock)
                num_done += 1
                yield CellScanned(name, position, pruned.accuracy, num_done, num_cells, clock())
        finally:
            with torch.no_grad():
                weight.copy_(original)
    return None
