"""Measures the sensitivity scan against the plain loop: time, curves, and the plans solved from them."""

from argparse import Namespace
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from statistics import mean
from time import perf_counter

import torch
from torch import nn
from torch.nn.utils import prune as torch_prune
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.reporting import median, print_machine, print_table, ratio_text, seconds_text
from benchmarks.subjects import (
    accuracy,
    as_baseline,
    built,
    computing_text,
    engine_parser,
    first_decision,
    loaded,
    parsed,
    train_dense,
)
from prune_tui.catalog.batches import Batch, Split, Tree, call
from prune_tui.catalog.tasks.task import tensor
from prune_tui.core.errors import DecisionError
from prune_tui.core.planning.budget import solve
from prune_tui.core.planning.groups import groups_of
from prune_tui.core.planning.target import Target, describe_target, parse_target
from prune_tui.core.report import ScanFigures
from prune_tui.core.returning import drained
from prune_tui.core.run.events import CellScanned, Event
from prune_tui.core.run.fold import apply
from prune_tui.core.run.view import View
from prune_tui.core.scanning.statistics import tolerated
from prune_tui.core.session.decisions import Prune, Scan
from prune_tui.core.terms import Precision
from prune_tui.engine.data import DeviceData
from prune_tui.engine.decisions.scan import scan
from prune_tui.engine.device import computes_bfloat16, pick_device, wait_for
from prune_tui.engine.network.network import Network
from prune_tui.engine.pruning.plan_masks import masks_for_round
from prune_tui.engine.pruning.scores import score
from prune_tui.reexecution.recording import Recording

PLAIN = "plain loop: copy, prune, evaluate all"
EXACT = "exact, float32"
QUICK_POINTS = 1.0
SCANS: Mapping[str, Scan] = {
    EXACT: Scan(),
    "exact, bfloat16": Scan(precision="bfloat16"),
    "quick, float32": Scan(tolerance_points=QUICK_POINTS),
    "quick, bfloat16": Scan(tolerance_points=QUICK_POINTS, precision="bfloat16"),
}
Cells = dict[tuple[str, int], float]
"""The accuracy of each cell: a layer, and the position of a sparsity."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """A scan's figures; the seconds until each cell had a first figure, until all curves, and to the end."""

    figures: ScanFigures
    first_seconds: float
    seconds: float
    whole_seconds: float

    @property
    def cells(self) -> Cells:
        """The accuracy of each cell."""
        return {
            (curve.name, position): accuracy or 0.0
            for curve in self.figures.layers
            for position, accuracy in enumerate(curve.accuracies)
        }


def plain_scan(module: nn.Module, batches: Sequence[Batch], layers: Sequence[str]) -> tuple[float, Cells]:
    """Scan as a textbook does: for each cell prune a copy with torch's own tool, and evaluate all images.

    The images are floats already, which favours this loop. Returns its seconds and the accuracies.
    """
    began = perf_counter()
    total = sum(len(batch) for batch in batches)
    cells = {}
    for name in layers:
        for position, sparsity in enumerate(SCANS[EXACT].sparsities):
            pruned = deepcopy(module)
            layer = pruned.get_submodule(name)
            torch_prune.l1_unstructured(layer, "weight", amount=sparsity)  # type: ignore[no-untyped-call]
            torch_prune.remove(layer, "weight")  # type: ignore[no-untyped-call]
            cells[name, position] = _num_right(pruned, batches) / total
    return perf_counter() - began, cells


def our_scan(network: Network, images: DeviceData, decision: Scan, *, seed: int) -> Scanned:
    """Scan as the engine does, with the images in the order that a seed draws.

    What the dense network gets right is known from its training, to this scan and to the plain loop.
    """
    state = as_baseline(network, images, accuracy=accuracy(network, images, images.validation))
    began = perf_counter()
    told: list[tuple[float, Event]] = []
    context = first_decision(torch.Generator().manual_seed(seed), lambda: perf_counter() - began)
    for event in scan(state, decision, context):
        told.append((perf_counter() - began, event))
    whole_seconds = perf_counter() - began
    view, first_at = View(), dict[tuple[str, int], float]()
    last_at = 0.0
    for at, event in told:
        view = apply(view, event)
        if isinstance(event, CellScanned):
            first_at.setdefault((event.layer, event.position), at)
            last_at = at
    assert view.report.scan is not None
    return Scanned(view.report.scan, max(first_at.values()), last_at, whole_seconds)


def suffix_shares(network: Network, inputs: Tree) -> dict[str, float]:
    """Return, for each layer, the share of the network's MACs that depend on its weight."""

    def flops(layer: str) -> int:
        with FlopCounterMode(display=False) as counter:
            recording.rerun([network.module.get_parameter(f"{layer}.weight")])
        return int(counter.get_total_flops())

    network.module.eval()
    with torch.no_grad():
        with FlopCounterMode(display=False):  # it asks tensors for attributes, which counts as calls
            recording = Recording(network.module, inputs)
        return {layer.name: flops(layer.name) / 2 / network.total_macs for layer in network.layers}


def dense_seconds(module: nn.Module, batches: Sequence[Batch], precision: Precision) -> float:
    """Return how long the dense network takes for one image, in batches as evaluated."""
    device = next(module.parameters()).device
    is_mixed = precision == "bfloat16" and computes_bfloat16(device)
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=is_mixed):
        began = perf_counter()
        for batch in batches:
            call(module, batch.inputs)
        wait_for(device)
        return (perf_counter() - began) / sum(len(batch) for batch in batches)


def floor_seconds(figures: ScanFigures, shares: Mapping[str, float], dense: float) -> float:
    """Return what the suffixes of all cells would take at the dense network's rate, on as many images."""
    return dense * sum(shares[curve.name] * sum(curve.num_images) for curve in figures.layers)


def accuracies_of_plan(
    network: Network, images: DeviceData, plan: Mapping[str, float], splits: Sequence[Split]
) -> list[float]:
    """Prune to a plan without fine-tuning, evaluate on each split, and undo it."""
    state = network.state()
    scores = drained(
        score(network, images, "l1", "weight", list(plan), random_state=torch.Generator(), clock=perf_counter)
    )
    network.mask(masks_for_round(network, scores, Prune(plan=plan), 1))
    found = [accuracy(network, images, split) for split in splits]
    network.load(state, {})
    return found


def measure(
    args: Namespace, network: Network, images: DeviceData
) -> tuple[list[tuple[float, Cells]], dict[str, list[Scanned]], dict[str, list[float]]]:
    """Return the plain loops, our scans, and the floor of each, all measured in turn."""
    plain_module = deepcopy(network.module).to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    plain_module.eval()
    split = images.validation
    batches = list(images.batches(split, images.parts(len(split))))
    shares = suffix_shares(network, images.batch(split, slice(0, 1)).inputs)
    layers = [layer.name for layer in network.layers]
    for precision in ("float32", "bfloat16"):
        dense_seconds(network.module, batches, precision)  # the first pass sets kernels up
    plain: list[tuple[float, Cells]] = []
    ours: dict[str, list[Scanned]] = {name: [] for name in SCANS}
    floors: dict[str, list[float]] = {name: [] for name in (PLAIN, *SCANS)}
    for repeat in range(args.repeats):
        plain.append(plain_scan(plain_module, batches, layers))
        for name, decision in SCANS.items():
            ours[name].append(our_scan(network, images, decision, seed=repeat))
            network.module.eval()
            dense = dense_seconds(network.module, batches, decision.precision)
            floors[name].append(floor_seconds(ours[name][-1].figures, shares, dense))
        floors[PLAIN].append(floors[EXACT][-1])
    return plain, ours, floors


def main(options: Sequence[str] = ()) -> None:
    parser = engine_parser("scan_speed")
    parser.add_argument("--images", type=int, default=10_000, help="test images to scan on, at most")
    parser.add_argument("--epochs", type=int, default=1, help="epochs of training beforehand, at least")
    parser.add_argument("--budget", default="20x", help="what the plans are solved for")
    args = parsed(parser, options)
    target = parse_target(args.budget)
    data = loaded(args)
    images = DeviceData(data, pick_device(args.device))
    network = built(args, images)
    how = train_dense(args, network, images)
    held_out = images.validation
    images.validation = images.test.subset(torch.arange(min(args.images, len(images.test))))
    plain, ours, floors = measure(args, network, images)
    num_cells, num_images = len(plain[0][1]), len(images.validation)
    print_table(
        f"Scan of {args.model} on {args.dataset}, {how}: {num_cells} cells, {num_images:,} images, "
        f"{args.repeats} of each in turn",
        ("scan", "curves in", "plain / this (of the pairs)", "/ its floor", "counts that differ",
         "largest difference", "beyond tolerance", "first curves in", "images a cell", "with whole plans"),
        [
            _plain_row([seconds for seconds, _ in plain], floors[PLAIN], num_images),
            *(_row(name, ours[name], plain, floors[name], num_images) for name in SCANS),
        ],
    )  # fmt: skip
    print(f"\n  {computing_text(network.device)}")
    print(
        "  scanned on images of the test split as if they were for validation: no session counts these reads"
    )
    print("  floor: the multiply-adds of all suffixes at the measured rate of the dense network's own pass")
    print(f"  tolerance: {QUICK_POINTS:g} point, or a fifth of a large difference; an interval of 95 % says")
    print_plans(target, network, images, held_out, ours)
    print_machine()


def print_plans(
    target: Target,
    network: Network,
    images: DeviceData,
    held_out: Split,
    ours: Mapping[str, Sequence[Scanned]],
) -> None:
    """Solve the budget from every scan, prune for real, and print what the plans give."""
    other_parameters = sum(parameter.numel() for parameter in network.module.parameters()) - sum(
        layer.parameters for layer in network.layers
    )
    other_macs = network.total_macs - sum(layer.macs for layer in network.layers)
    predictions: dict[str, list[float]] = {}
    found: dict[str, list[list[float]]] = {}
    try:
        for name, scans in ours.items():
            for scanned in scans:
                solution = solve(
                    target,
                    groups_of(network.layers, scanned.figures.granularity),
                    scanned.figures,
                    {},
                    other_parameters=other_parameters,
                    other_macs=other_macs,
                )
                predictions.setdefault(name, []).append(solution.price.accuracy or 0.0)
                real = accuracies_of_plan(network, images, solution.plan, (images.validation, held_out))
                found.setdefault(name, []).append(real)
    except DecisionError as error:
        print(f"\n  no plans: {error}")
        return
    rows = []
    for name in ours:
        columns = list(zip(*found[name], strict=True))
        exact = list(zip(*found[EXACT], strict=True))
        rows.append(
            [
                name,
                f"{median(predictions[name]):.2%}",
                *(f"{median(column):.2%}" for column in columns),
                *(
                    _points([mine - theirs for mine, theirs in zip(column, other, strict=True)])
                    for column, other in zip(columns, exact, strict=True)
                ),
            ]
        )
    print_table(
        f"Plans of {describe_target(target)} solved from each scan, pruned without fine-tuning; differences "
        f"from the plan of the exact float32 scan",
        ("plan of", "predicted", "scanned images", f"{len(held_out):,} others", "difference (of the pairs)",
         "on the others (of the pairs)"),
        rows,
    )  # fmt: skip


def _num_right(module: nn.Module, batches: Sequence[Batch]) -> int:
    with torch.no_grad():
        return sum(
            int((tensor(call(module, batch.inputs)).argmax(dim=1) == tensor(batch.targets)).sum())
            for batch in batches
        )


def _plain_row(seconds: Sequence[float], floors: Sequence[float], num_images: int) -> list[str]:
    floor = ratio_text(seconds, floors)
    return [PLAIN, seconds_text(median(seconds)), "1", floor, "", "", "", "", f"{num_images:,}", ""]


def _row(
    name: str,
    scans: Sequence[Scanned],
    plain: Sequence[tuple[float, Cells]],
    floors: Sequence[float],
    num_images: int,
) -> list[str]:
    """Return a line; where repeats differ, differences are the largest of them."""
    seconds = [scanned.seconds for scanned in scans]
    pairs = list(zip(scans, (cells for _, cells in plain), strict=True))
    differences = [
        {cell: accuracy - cells[cell] for cell, accuracy in scanned.cells.items()} for scanned, cells in pairs
    ]
    is_exact = scans[0].figures.tolerance_points is None
    num_differing = max(
        sum(round(abs(gap) * num_images) > 0 for gap in gaps.values()) for gaps in differences
    )
    largest = max(abs(gap) for gaps in differences for gap in gaps.values())
    used = mean(count for scanned in scans for curve in scanned.figures.layers for count in curve.num_images)
    return [
        name,
        seconds_text(median(seconds)),
        ratio_text([taken for taken, _ in plain], seconds),
        ratio_text(seconds, floors),
        f"{num_differing} of {len(scans[0].cells)}" if is_exact else "",
        f"{largest * 100:.2f} points",
        "" if is_exact else f"{max(_num_beyond(*pair) for pair in pairs)} of {len(scans[0].cells)}",
        seconds_text(median([scanned.first_seconds for scanned in scans])),
        f"{used:,.0f}",
        seconds_text(median([scanned.whole_seconds for scanned in scans])),
    ]


def _num_beyond(scanned: Scanned, plain: Cells) -> int:
    """Return how many cells are further from the plain loop's than was tolerated."""
    points, dense = scanned.figures.tolerance_points or 0.0, scanned.figures.dense_accuracy
    return sum(
        abs(accuracy - plain[cell]) > tolerated(accuracy - dense, points) + 1e-9
        for cell, accuracy in scanned.cells.items()
    )


def _points(differences: Sequence[float]) -> str:
    low, middle, high = (of(differences) * 100 for of in (min, median, max))
    return f"{middle:+.2f} points ({low:+.2f}–{high:+.2f})"


if __name__ == "__main__":
    main()
