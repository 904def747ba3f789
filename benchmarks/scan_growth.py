"""Measures how a scan's time grows with depth and with the number of cells, with reuse and without."""

from collections.abc import Sequence
from contextlib import nullcontext
from time import perf_counter
from unittest.mock import patch

import torch

from benchmarks.reporting import median, print_machine, print_table, ratio_text, seconds_text
from benchmarks.subjects import (
    as_baseline,
    as_engine_has_it,
    computing_text,
    engine_parser,
    first_decision,
    parsed,
)
from prune_tui.catalog.batches import TensorSplit
from prune_tui.catalog.datasets.images import Data, image_data
from prune_tui.catalog.models import CIFAR_SHAPE
from prune_tui.catalog.models.resnet import ResNet
from prune_tui.core.run.events import CellScanned
from prune_tui.core.session.decisions import Scan
from prune_tui.core.terms import Precision
from prune_tui.engine.data import DeviceData
from prune_tui.engine.decisions import scan as scan_module
from prune_tui.engine.decisions.scan import scan
from prune_tui.engine.device import pick_device, wait_for
from prune_tui.engine.network.network import Network

NUM_CLASSES = 10


def noise(num_images: int) -> Data:
    """Return images of noise: an exact scan's time does not depend on what they show."""
    random_state = torch.Generator().manual_seed(0)
    pixels = torch.randint(256, (num_images, *CIFAR_SHAPE), generator=random_state, dtype=torch.uint8)
    split = TensorSplit(pixels, torch.randint(NUM_CLASSES, (num_images,), generator=random_state))
    return image_data(train=split, validation=split, test=split, num_classes=NUM_CLASSES)


def thin_resnet(depth: int, images: DeviceData) -> Network:
    """Build the thin ResNet of a depth that is 6n + 2, with fresh weights."""
    torch.manual_seed(0)
    blocks_per_stage, left = divmod(depth - 2, 6)
    if left or not blocks_per_stage:
        raise SystemExit(f"benchmarks: no thin ResNet has depth {depth}: give 8, 14, 20, 26, 32, …")
    module = ResNet(widths=(16, 32, 64), blocks_per_stage=blocks_per_stage, num_classes=NUM_CLASSES)
    return as_engine_has_it(module, images)


def scan_seconds(network: Network, images: DeviceData, decision: Scan, *, is_reused: bool) -> float:
    """Return the time until all curves are known; without reuse each evaluation starts at the input."""
    off = patch.object(scan_module, "try_recording", lambda *_, **__: (images.batch_size, "switched off"))
    with nullcontext() if is_reused else off:
        state = as_baseline(network, images, accuracy=1 / NUM_CLASSES)
        began = perf_counter()
        seconds = 0.0
        context = first_decision(torch.Generator().manual_seed(0), lambda: perf_counter() - began)
        for event in scan(state, decision, context):
            if isinstance(event, CellScanned):
                seconds = event.seconds
        return seconds


def dense_seconds(network: Network, images: DeviceData) -> float:
    """Return the time of one pass of all images through the network."""
    with torch.inference_mode():
        began = perf_counter()
        for batch in images.batches(images.validation, images.parts(len(images.validation))):
            images.outputs(network.module, batch.inputs)
        wait_for(images.device)
        return perf_counter() - began


def main(options: Sequence[str] = ()) -> None:
    parser = engine_parser("scan_growth")
    parser.description = "The models are thin ResNets with fresh weights, the images noise."
    parser.add_argument("--depths", type=int, nargs="+", default=[20, 32, 56])
    parser.add_argument("--levels", type=int, nargs="+", default=[3, 9], help="sparsities a layer")
    parser.add_argument("--images", type=int, default=128)
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    parser.set_defaults(repeats=1)
    args = parsed(parser, options)
    precision: Precision = args.precision
    device = pick_device(args.device)
    images = DeviceData(noise(args.images), device)
    rows = []
    for depth in args.depths:
        network = thin_resnet(depth, images)
        dense_seconds(network, images)  # the first pass sets kernels up
        for num_levels in args.levels:
            sparsities = tuple(round(level / (num_levels + 1), 4) for level in range(1, num_levels + 1))
            decision = Scan(sparsities=sparsities, precision=precision)
            reused, anew, dense = [], [], []
            for _ in range(args.repeats):
                reused.append(scan_seconds(network, images, decision, is_reused=True))
                anew.append(scan_seconds(network, images, decision, is_reused=False))
                dense.append(dense_seconds(network, images))
            num_cells = len(network.layers) * num_levels
            rows.append(
                [
                    f"ResNet-{depth}",
                    f"{len(network.layers)} x {num_levels}",
                    seconds_text(median(reused)),
                    seconds_text(median(anew)),
                    ratio_text(anew, reused),
                    *(
                        f"{median(times) / num_cells / median(dense):.2f} dense passes"
                        for times in (reused, anew)
                    ),
                ]
            )
    print_table(
        f"Exact {args.precision} scans of thin ResNets, {args.images} images: {args.repeats} of each in turn",
        ("network", "layers x sparsities", "with reuse", "without", "without / with (of the pairs)",
         "a cell with reuse", "without"),
        rows,
    )  # fmt: skip
    print(f"\n  {computing_text(device)}; a dense pass is one float32 pass of the same images")
    print_machine()


if __name__ == "__main__":
    main()
