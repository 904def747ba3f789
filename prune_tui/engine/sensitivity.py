"""The sensitivity scan: prune one layer, evaluate on the validation split, restore; a curve a layer."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

import torch

from prune_tui.core.decisions import Scan
from prune_tui.core.events import BatchEvaluated, CellScanned, ScanStarted
from prune_tui.core.report import ScanCurve, ScanFigures
from prune_tui.engine.masking import Masks
from prune_tui.engine.measuring import Clock, Images, evaluate
from prune_tui.engine.network import Network
from prune_tui.engine.pruning import layers_with, masks_of_layer, prunable_layers
from prune_tui.engine.scoring import score

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

    Layers whose units are coupled are pruned together, as one curve named by the first. A layer is scored
    once, so that its masks are nested from one sparsity to the next. Returns None, or the number of cells
    done if `should_stop` (asked before each cell with the number done) ended the scan.
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
    scores = yield from score(
        network,
        images,
        decision.criterion,
        decision.granularity,
        layers_with(network, names, decision.granularity),
        random_state=random_state,
        clock=clock,
    )
    for name in names:
        for position, sparsity in enumerate(decision.sparsities):
            if should_stop(num_done):
                return num_done
            with _pruned(network, masks_of_layer(network, scores, name, sparsity, decision.granularity)):
                pruned = yield from evaluate(network.module, images, images.validation, clock)
            num_done += 1
            yield CellScanned(name, position, pruned.accuracy, num_done, num_cells, clock())
    return None


@contextmanager
def _pruned(network: Network, masks: Masks) -> Iterator[None]:
    """Prune these parameters, and restore them afterwards."""
    parameters = {name: network.module.get_parameter(name) for name in masks}
    originals = {name: parameter.detach().clone() for name, parameter in parameters.items()}
    try:
        with torch.no_grad():
            for name, parameter in parameters.items():
                parameter.masked_fill_(~masks[name], 0.0)
        yield
    finally:
        with torch.no_grad():
            for name, parameter in parameters.items():
                parameter.copy_(originals[name])
