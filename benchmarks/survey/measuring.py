"""Takes one of torchvision's models through opening, scanning, pruning by units and shrinking."""

import platform
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from time import perf_counter

import torch
from torch import nn

from benchmarks.families import spread_over
from benchmarks.subjects import as_engine_has_it, first_decision
from benchmarks.survey.records import Surveyed
from prune_tui.catalog.batches import TensorSplit, Tree, tensors_of
from prune_tui.catalog.datasets.images import Data, image_data
from prune_tui.catalog.models.torchvision_models import build
from prune_tui.core.errors import PruneTuiError
from prune_tui.core.returning import drained
from prune_tui.core.session.decisions import Prune
from prune_tui.engine.data import DeviceData
from prune_tui.engine.decisions.prune import prune_rounds
from prune_tui.engine.device import processor_name
from prune_tui.engine.network.network import weight_name
from prune_tui.engine.network.shrink import checked_shrink
from prune_tui.engine.network.trace import find_units
from prune_tui.engine.scan.evaluator import Evaluator
from prune_tui.engine.scan.trial import NO_GAIN, NOISE, PATHS
from prune_tui.engine.state import Baseline, EngineState
from prune_tui.reexecution.recording import ControlFlowChangedError
from prune_tui.reexecution.segments import RECORDED_BYTES, Layout, layout_of

NUM_CLASSES = 10
SPARSITY = 0.5
BATCH_SIZE = 4
NUM_BATCHES = 2
CPU = torch.device("cpu")

SMALLEST = {"inception_v3": 75, "maxvit_t": 224, "vit_h_14": 70}
"""The side of the smallest images, in pixels, of models that do not take those of 64."""


def surveyed(name: str, size: int, num_layers: int) -> Surveyed:
    """Take a model through it all; what refuses it is the result's reason. `num_layers` are compared."""
    began = perf_counter()
    size = max(size, SMALLEST.get(name, 1))
    found = Surveyed(name, size, machine=machine_text())
    try:
        torch.manual_seed(0)
        module = build(name, num_classes=NUM_CLASSES, image_shape=(3, size, size), is_pretrained=False)
        found = replace(found, parameters=sum(each.numel() for each in module.parameters()))
        data = DeviceData(_noise(size), CPU)
        _enliven(module, data)
        network = as_engine_has_it(module, data)
        state = EngineState(network, data)
        state.set_baseline(Baseline(network.state()))
        found = _scanned(state, found, num_layers)
        found = _shrunk(state, found)
    except PruneTuiError as error:
        found = replace(found, outcome="refused", reason=str(error))
    return replace(found, seconds=round(perf_counter() - began, 1))


def machine_text() -> str:
    """Name the processor and the packages that figures depend on."""
    packages = ", ".join(f"{package} {version(package)}" for package in ("torch", "torchvision"))
    return f"{processor_name()}, {platform.machine()}, one thread; {packages}"


def _noise(size: int) -> Data:
    chance = torch.Generator().manual_seed(0)
    count = BATCH_SIZE * NUM_BATCHES
    pixels = torch.randint(256, (count, 3, size, size), generator=chance, dtype=torch.uint8)
    split = TensorSplit(pixels, torch.randint(NUM_CLASSES, (count,), generator=chance))
    return image_data(train=split, validation=split, test=split, num_classes=NUM_CLASSES)


@torch.no_grad()
def _enliven(module: nn.Module, data: DeviceData) -> None:
    """Give every layer an effect: no weights of zeros, no block scaled away, batch norms with statistics.

    Freshly built, heads of zeros would hide all that comes before them, ConvNeXt's blocks are scaled by a
    millionth, and the activations of deep networks vanish without statistics of the images.
    """
    module.eval()
    norms = [part for part in module.modules() if isinstance(part, nn.modules.batchnorm._BatchNorm)]
    for name, parameter in module.named_parameters():
        if name.endswith("layer_scale"):
            nn.init.uniform_(parameter, 0.5, 1.0)
        elif parameter.dim() > 1 and not parameter.any():
            nn.init.normal_(parameter, std=0.02)
    for norm in norms:
        nn.init.uniform_(norm.weight, 0.5, 1.5)
        nn.init.normal_(norm.bias, std=0.1)
        norm.train()
        norm.momentum = None  # the statistics of the one pass, not a part of them
    data.outputs(module, data.batch(data.train, slice(0, BATCH_SIZE)).inputs)
    module.eval()


def _scanned(state: EngineState, found: Surveyed, num_layers: int) -> Surveyed:
    """Compare re-execution and whole passes of layers spread over the network, on each batch."""
    network, data = state.network, state.data
    layers = [layer.name for layer in network.prunable]
    found = replace(found, num_layers=len(layers))
    levels = {name: {weight_name(name): _level(network.weight(name))} for name in layers}
    evaluator = Evaluator(network, data, "float32", levels)
    evaluator.load_batch(data.validation, slice(0, BATCH_SIZE))
    if not _are_equal(evaluator.plain_outputs(), evaluator.plain_outputs()):
        return replace(found, note=NOISE)
    layout = layout_of(evaluator.flow(), num_traced=BATCH_SIZE, num_images=BATCH_SIZE, budget=RECORDED_BYTES)
    if layout is None:
        return replace(found, note=f"one image leaves behind over {RECORDED_BYTES / 2**20:.0f} MiB")
    try:
        found = _compared(evaluator, state, layout, spread_over(layers, num_layers), found)
    except ControlFlowChangedError:
        return replace(found, note=PATHS)
    size = min(layout.batch_size, BATCH_SIZE)
    found = replace(found, recorded_mib=layout.recorded_bytes / size / 2**20)
    if found.num_differing:
        return replace(found, note="re-executing gives other outputs than a whole pass")
    num_segments = len(layout.segments)
    pays = 1 / found.speedup + (num_segments - 1) / len(layers) < 1
    return replace(found, is_reexecuted=pays, note="" if pays else NO_GAIN)


def _compared(
    evaluator: Evaluator, state: EngineState, layout: Layout, chosen: Sequence[str], found: Surveyed
) -> Surveyed:
    size, names = min(layout.batch_size, BATCH_SIZE), list(evaluator.levels)
    rerun = plain = 0.0
    affecting, differing = set[str](), set[str]()
    for start in range(0, size * NUM_BATCHES, size):
        evaluator.load_batch(state.data.validation, slice(start, start + size))
        dense = evaluator.plain_outputs()
        recorded: range | None = None
        for name in chosen:
            segment = layout.segment_of(names.index(name))
            if segment != recorded:
                evaluator.record(layout, name)
                recorded = segment
            with evaluator.pruned(name, 0):
                began = perf_counter()
                outputs = evaluator.rerun(name)
                between = perf_counter()
                wanted = evaluator.plain_outputs()
                plain += perf_counter() - between
                rerun += between - began
            if not _are_equal(outputs, wanted):
                differing.add(name)
            if not _are_equal(dense, wanted):
                affecting.add(name)
    return replace(
        found,
        num_compared=len(chosen),
        num_affecting=len(affecting),
        num_differing=len(differing),
        speedup=plain / rerun,
    )


def _shrunk(state: EngineState, found: Surveyed) -> Surveyed:
    """Prune half of the units of each group that can be, and shrink; raises why that can't be done."""
    network = state.network
    find_units(network)
    units = sum(layer.units for layer in network.prunable)
    locked = sum(layer.units for layer in network.prunable if layer.locked_reason)
    found = replace(found, locked_share=locked / units)
    dense_macs = network.total_macs
    context = first_decision(torch.Generator().manual_seed(0), perf_counter)
    drained(prune_rounds(state, Prune(plan=SPARSITY, granularity="unit"), context))
    checked = checked_shrink(network, state.compared)
    if checked is None:
        return replace(found, outcome="refused", reason="no unit can be removed")
    shrunk, difference = checked
    parameters = sum(each.numel() for each in shrunk.module.parameters())
    outputs = state.data.outputs(network.module, state.compared)
    found = replace(found, tells_apart=any(bool((each != each[:1]).any()) for each in tensors_of(outputs)))
    return replace(
        found,
        parameters_ratio=found.parameters / parameters,
        macs_ratio=dense_macs / shrunk.total_macs,
        disagreement=difference,
    )


def _level(weight: torch.Tensor) -> torch.Tensor:
    """Return 1 for the larger half of a layer's weights, the others 0; uint8, of the weight's shape."""
    magnitude = weight.detach().abs()
    return (magnitude > magnitude.flatten()[:100_001].median()).to(torch.uint8)


def _are_equal(one: Tree, other: Tree) -> bool:
    """Return whether outputs are the same to the bit."""
    return all(
        torch.equal(ours, theirs) for ours, theirs in zip(tensors_of(one), tensors_of(other), strict=True)
    )
