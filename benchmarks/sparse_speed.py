"""Times pruned networks in each runtime at hand, side by side: torch, ONNX Runtime, int8, CSR, and sparse C.

Ratios are of medians from one run, in turn on the same batch. Exits with 1 below what sparse kernels are
expected to reach.
"""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from torch import nn

from benchmarks.reporting import print_machine, print_table
from prune_tui.catalog.criteria.facts import LayerFacts
from prune_tui.catalog.criteria.magnitude import lamp
from prune_tui.catalog.models import model_entry
from prune_tui.catalog.torchvision_operators import ensure
from prune_tui.core.report import Latency
from prune_tui.core.returning import drained
from prune_tui.engine.device import prepare_process
from prune_tui.engine.measure.latency import time_forward
from prune_tui.engine.network.sparse import sparse_twin
from prune_tui.export.onnx import open_onnx, to_onnx
from prune_tui.native.choosing import measured
from prune_tui.native.fusing import fused
from prune_tui.native.program import Program
from prune_tui.native.running import NativeNetwork
from prune_tui.native.tracing import program_of

BATCH_SIZES: Final = (1, 64)
EAGER, CHANNELS_LAST, COMPILED, ONNX, INT8, CSR, OURS = (
    "torch", "torch, channels last", "torch.compile", "ONNX Runtime", "int8 dynamic", "torch CSR", "sparse C",
)  # fmt: skip
TORCH: Final = (EAGER, CHANNELS_LAST)


@dataclass(frozen=True, slots=True)
class Subject:
    """A network to time: how it is built and pruned, the shape of an image, and what is expected of it.

    `least` has how many times faster than torch it should be, by batch size, and `least_onnx` than ONNX
    Runtime.
    """

    name: str
    build: Callable[[], nn.Module]
    image: tuple[int, ...]
    least: Mapping[int, float]
    least_onnx: float = 0.0


def prunable(module: nn.Module) -> dict[str, nn.Parameter]:
    """Return the weights of convolutions and linear layers by the layers' names."""
    return {
        name: layer.weight
        for name, layer in module.named_modules()
        if isinstance(layer, nn.Conv2d | nn.Linear)
    }


@torch.no_grad()
def pruned_by_lamp(module: nn.Module, sparsity: float) -> nn.Module:
    """Prune the whole network to a sparsity by LAMP."""
    weights = prunable(module)
    generator = torch.Generator()
    scores = {
        name: lamp(LayerFacts(weight=weight, granularity="weight", random_state=generator))
        for name, weight in weights.items()
    }
    everything = torch.cat([score.flatten() for score in scores.values()])
    threshold = everything.kthvalue(int(len(everything) * sparsity)).values
    for name, weight in weights.items():
        weight *= scores[name] > threshold
    return module


@torch.no_grad()
def pruned_as_recorded(module: nn.Module, session: Path) -> nn.Module:
    """Keep as many weights of each layer as a session's pruned network has, at random."""
    layers = json.loads(session.read_text("utf-8"))["record"]["report"]["layers"]
    weights = prunable(module)
    for layer in layers:
        weight = weights[layer["name"]]
        kept = torch.randperm(weight.numel())[: layer["nonzero"]]
        mask = torch.zeros(weight.numel())
        mask[kept] = 1
        weight *= mask.reshape(weight.shape)
    return module


def catalog(name: str) -> nn.Module:
    return model_entry(name).build(num_classes=10)


def torchvision_resnet18() -> nn.Module:
    ensure()
    from torchvision.models import resnet18

    module: nn.Module = resnet18(weights=None)
    return module


def subjects(image_size: int) -> list[Subject]:
    sessions = Path(__file__).parent.parent / "sessions"
    small, residual = {1: 5.0, 64: 6.0}, {1: 3.0, 64: 3.0}
    large = (3, image_size, image_size)
    found = [
        Subject(
            "han-cnn, its session's plan",
            lambda: pruned_as_recorded(catalog("han-cnn"), sessions / "han-cnn.json"),
            (1, 28, 28), small, 2.5,
        ),
        Subject("lenet5, 95 %", lambda: pruned_by_lamp(catalog("lenet5"), 0.95), (1, 28, 28), small, 2.5),
        Subject(
            "lenet-300-100, 97 %", lambda: pruned_by_lamp(catalog("lenet-300-100"), 0.97), (1, 28, 28), small
        ),
        Subject("mlp, 90 %", lambda: pruned_by_lamp(catalog("mlp"), 0.9), (1, 28, 28), {}),
    ]  # fmt: skip
    for name, image, build in (
        ("resnet20", (3, 32, 32), lambda: catalog("resnet20")),
        (f"torchvision resnet18 at {image_size}", large, torchvision_resnet18),
    ):
        for sparsity in (0.9, 0.95):
            is_high = sparsity == 0.95
            found.append(
                Subject(
                    f"{name}, {sparsity:.0%}",
                    lambda build=build, sparsity=sparsity: pruned_by_lamp(build(), sparsity),
                    image,
                    residual if is_high else {},
                    2.5 if is_high else 0.0,
                )
            )
    return found


class _Runtime(nn.Module):
    """A network in another runtime as a module."""

    def __init__(self, run: Callable[[torch.Tensor], object]) -> None:
        super().__init__()
        self._run = run

    def forward(self, inputs: torch.Tensor) -> object:
        return self._run(inputs)


def runtimes(
    module: nn.Module, program: Program, inputs: torch.Tensor, args: Namespace
) -> dict[str, nn.Module]:
    """Return the network in each runtime, by name."""
    last = deepcopy(module).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    found: dict[str, nn.Module] = {EAGER: module}
    if inputs.dim() == 4:
        found[CHANNELS_LAST] = _Runtime(lambda x: last(x.to(memory_format=torch.channels_last)))
    if args.compile:
        found[COMPILED] = torch.compile(module)  # type: ignore[assignment]
    onnx = open_onnx(to_onnx(module, inputs[:2], description="{}"), num_threads=args.threads)
    found[ONNX] = _Runtime(onnx)
    found[INT8] = torch.ao.quantization.quantize_dynamic(module, {nn.Linear}, dtype=torch.qint8)
    sparse = sparse_twin(module, list(prunable(module)))
    if sparse is not None:
        found[CSR] = sparse
    plan = measured(program)
    found[OURS] = NativeNetwork(program, plan.choices, few=plan.few, threads=args.threads)
    return found


def timed(subject: Subject, args: Namespace) -> dict[int, dict[str, Latency]]:
    """Time a subject in all runtimes; also check that ours computes what torch does."""
    torch.manual_seed(0)
    module = subject.build().eval()
    program = fused(program_of(module, torch.randn(2, *subject.image)))
    found = dict[int, dict[str, Latency]]()
    modules = runtimes(module, program, torch.randn(2, *subject.image), args)
    for size in args.batches:
        inputs = torch.randn(size, *subject.image)
        with torch.inference_mode():
            wanted, given = module(inputs), modules[OURS](inputs)
            difference = float((wanted - given).abs().max() / wanted.abs().max())
        if difference > 1e-4:
            raise SystemExit(f"benchmarks: {subject.name}: sparse C differs by {difference:.1e}")
        found[size] = drained(time_forward(modules, inputs, torch.device("cpu")))
    return found


def shortfalls(subject: Subject, times: Mapping[int, Mapping[str, Latency]]) -> list[str]:
    """Say where sparse C is less ahead than expected."""
    short = list[str]()
    for size, latencies in times.items():
        ours = latencies[OURS].p50
        eager = min(latencies[name].p50 for name in TORCH if name in latencies)
        for name, ratio, least in (
            ("torch", eager / ours, subject.least.get(size, 0.0)),
            (ONNX, latencies[ONNX].p50 / ours, subject.least_onnx),
        ):
            if ratio < least:
                short.append(
                    f"{subject.name}, batch {size}: {ratio:.1f} times {name}'s speed, wanted {least:g}"
                )
    return short


def main(options: Sequence[str] = ()) -> None:
    parser = ArgumentParser(prog="python -m benchmarks sparse_speed")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="subjects that begin so")
    parser.add_argument("--batches", nargs="+", type=int, default=BATCH_SIZES, metavar="N")
    parser.add_argument("--image-size", type=int, default=224, help="of torchvision's ResNet-18")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--compile", action="store_true", help="torch.compile, too: a minute a network")
    args = parser.parse_args(options)
    prepare_process(args.threads)
    short, rows = list[str](), list[list[str]]()
    columns = (EAGER, CHANNELS_LAST, *([COMPILED] if args.compile else []), ONNX, INT8, CSR, OURS)
    for subject in subjects(args.image_size):
        if args.only and not subject.name.startswith(tuple(args.only)):
            continue
        times = timed(subject, args)
        short += shortfalls(subject, times)
        for size, latencies in times.items():
            ours = latencies[OURS].p50
            eager = min(latencies[name].p50 for name in TORCH if name in latencies)
            rows.append([
                f"{subject.name}, batch {size}",
                *(f"{latencies[name].p50:.3f}" if name in latencies else "" for name in columns),
                f"{eager / ours:.1f}", f"{latencies[ONNX].p50 / ours:.1f}",
            ])  # fmt: skip
            print(f"  {rows[-1]}", flush=True)
    print_table(
        "Milliseconds a batch (median), and how many times faster sparse C is",
        ("network", *columns, "than torch", "than ONNX Runtime"),
        rows,
    )
    print(f"\n  threads: {args.threads}; torch is the better of two memory formats")
    print_machine()
    if short:
        raise SystemExit("\n".join(f"benchmarks: {line}" for line in short))


if __name__ == "__main__":
    main()
