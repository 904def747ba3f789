"""Compares re-execution with the plain forward pass, bit for bit, on 16 families of torchvision models."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import torch
from torch import nn

from benchmarks.reporting import median, print_machine, print_table, ratio_text
from benchmarks.subjects import computing_text
from prune_tui.catalog import torchvision_operators
from prune_tui.catalog.batches import call
from prune_tui.catalog.tasks.classification import Classification
from prune_tui.catalog.tasks.task import tensor
from prune_tui.engine.device import prepare_process
from prune_tui.reexecution.dataflow import dataflow_of
from prune_tui.reexecution.recording import ControlFlowChangedError, Recording
from prune_tui.reexecution.segments import LARGEST_BATCH_SIZE, RECORDED_BYTES, Layout, layout_of

SPARSITY = 0.5
PICK = Classification(1000).picked
"""Takes the output that is scored, also out of the dict of a segmentation network."""


@dataclass(frozen=True, slots=True)
class Family:
    """How a model is built: its smallest input if that is more than the benchmark's, and its options."""

    smallest: int = 1
    options: Mapping[str, object] = field(default_factory=dict)
    takes_size: bool = False


FAMILIES: Mapping[str, Family] = {
    "resnet18": Family(),
    "resnet50": Family(),
    "vgg16_bn": Family(options={"init_weights": False}),
    "densenet121": Family(),
    "googlenet": Family(options={"init_weights": False}),
    "inception_v3": Family(smallest=96, options={"init_weights": False}),
    "mobilenet_v3_small": Family(),
    "efficientnet_b0": Family(),
    "mnasnet1_0": Family(),
    "regnet_y_400mf": Family(),
    "squeezenet1_1": Family(),
    "shufflenet_v2_x1_0": Family(),
    "convnext_tiny": Family(),
    "vit_b_16": Family(takes_size=True),
    "swin_t": Family(),
    "lraspp_mobilenet_v3_large": Family(options={"weights_backbone": None}),
}


@dataclass(slots=True)
class Compared:
    """The result of one family: what is recorded, the layers that differ, the seconds of each round.

    `layout` is how a scan within its budget records; `all_bytes` are those of every result of an image.
    """

    size: int
    num_calls: int
    all_bytes: float
    layout: Layout
    num_layers: int
    num_compared: int
    affecting: set[str] = field(default_factory=set)
    differing: set[str] = field(default_factory=set)
    reexecuted: list[float] = field(default_factory=list)
    plain: list[float] = field(default_factory=list)


def built(name: str, size: int) -> tuple[nn.Module, int]:
    """Build a family's model with random weights; return it with the side of its input."""
    from torchvision import models

    family = FAMILIES[name]
    size = max(size, family.smallest)
    options = {**family.options, "image_size": size} if family.takes_size else dict(family.options)
    torch.manual_seed(0)
    module: nn.Module = models.get_model(name, weights=None, **options)
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear) and not layer.weight.any():
            nn.init.normal_(layer.weight, std=0.02)  # a head of zeros would hide all that comes before it
    return module.eval().to(memory_format=torch.channels_last), size  # type: ignore[call-overload]


def layers_that_run(module: nn.Module, batch: torch.Tensor) -> list[str]:
    """Return the convolutions and linear layers in the order they run; auxiliary heads may not."""
    names: dict[str, None] = {}
    hooks = [
        layer.register_forward_hook(lambda _layer, _inputs, _output, name=name: names.update({name: None}))
        for name, layer in module.named_modules()
        if isinstance(layer, nn.Conv2d | nn.Linear)
    ]
    module(batch)
    for hook in hooks:
        hook.remove()
    return list(names)


def spread_over(names: Sequence[str], count: int) -> list[str]:
    """Return so many of the names, the first and the last included; all if `count` is 0."""
    if not 0 < count < len(names):
        return list(names)
    return [names[round(at * (len(names) - 1) / max(1, count - 1))] for at in range(count)]


def compare(name: str, args: argparse.Namespace) -> Compared:
    """Prune layer after layer at random; compare the outputs of re-execution and of the plain pass."""
    module, size = built(name, args.size)
    batch = torch.randn(args.batch, 3, size, size, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        names = layers_that_run(module, batch)
        changes = [[module.get_parameter(f"{layer}.weight")] for layer in names]
        flow = dataflow_of(module, batch, changes, PICK)
        layout = layout_of(flow, num_traced=args.batch, num_images=LARGEST_BATCH_SIZE, budget=RECORDED_BYTES)
        if layout is None:
            raise SystemExit(f"benchmarks: {name} leaves behind more than a scan may record")
        recording = Recording(module, batch, flow=flow, changes=range(len(changes)), pick=PICK)
        chosen = spread_over(names, args.layers)
        compared = Compared(
            size=size,
            num_calls=len(flow.calls),
            all_bytes=flow.total_bytes / args.batch,
            layout=layout,
            num_layers=len(names),
            num_compared=len(chosen),
        )
        for _ in range(args.repeats):
            reexecuted = plain = 0.0
            for layer in chosen:
                weight = module.get_parameter(f"{layer}.weight")
                original = weight.data.clone()
                kept = torch.rand(weight.shape, generator=torch.Generator().manual_seed(0)) > SPARSITY
                weight.data.mul_(kept)
                began = perf_counter()
                try:
                    outputs: torch.Tensor | None = tensor(recording.rerun([weight]))
                except ControlFlowChangedError:
                    outputs = None
                between = perf_counter()
                wanted = tensor(PICK(call(module, batch)))
                plain += perf_counter() - between
                reexecuted += between - began
                weight.data.copy_(original)
                if not torch.equal(wanted, tensor(recording.outputs)):
                    compared.affecting.add(layer)
                if outputs is None or not torch.equal(outputs, wanted):
                    compared.differing.add(layer)
            compared.reexecuted.append(reexecuted)
            compared.plain.append(plain)
    return compared


def main(options: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks families")
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=list(FAMILIES), metavar="NAME")
    parser.add_argument("--layers", type=int, default=0, help="layers of each to compare; 0 is all")
    parser.add_argument("--size", type=int, default=64, help="side of the images in pixels")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=1, help="rounds over all layers")
    parser.add_argument("--threads", type=int, help="CPU threads of torch; else torch's own choice")
    args = parser.parse_args(options)
    prepare_process(args.threads)
    torchvision_operators.ensure()
    found = {name: compare(name, args) for name in args.families}
    print_table(
        f"Re-execution and the plain forward pass, {args.batch} images, random weights, a layer pruned at "
        f"{SPARSITY:.0%}: {args.repeats} of each in turn",
        ("family", "input", "calls", "all results", "recorded an image", "batch x segments", "layers",
         "compared", "change the outputs", "differ", "re-execution / plain", "scanned"),
        [
            [
                name,
                f"{each.size}x{each.size}",
                str(each.num_calls),
                f"{each.all_bytes / 2**20:.1f} MiB",
                f"{each.layout.recorded_bytes / each.layout.batch_size / 2**20:.1f} MiB",
                f"{each.layout.batch_size} x {len(each.layout.segments)}",
                str(each.num_layers),
                str(each.num_compared),
                str(len(each.affecting)),
                str(len(each.differing)),
                ratio_text(each.reexecuted, each.plain),
                "plainly" if median(each.reexecuted) >= median(each.plain) else "re-executed",
            ]
            for name, each in found.items()
        ],
    )  # fmt: skip
    num_compared = sum(each.num_compared for each in found.values())
    num_differing = sum(len(each.differing) for each in found.values())
    print(
        f"\n  {num_differing} of {num_compared} layers have outputs that differ in any bit when re-executed"
    )
    for name, each in found.items():
        if each.differing:
            print(f"  {name}: {', '.join(sorted(each.differing))}")
    print(f"  {computing_text(torch.device('cpu'))}")
    print_machine()


if __name__ == "__main__":
    main()
