"""Builds the C of pruned networks with all warnings and under sanitizers, and compares it with torch.

Every model of the catalog, and ten families of torchvision, get random weights, 90 % of them zero, and random
statistics. Each is exported as `prune-tui export --to c` does, and checked by its own `check.c`: alone and in
batches. The first compiler builds it for three widths of vectors and under sanitizers, the others for this
machine. It exits with 1 where anything is wrong.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

import torch
from torch import nn

from benchmarks.reporting import print_machine, print_table
from prune_tui.catalog import torchvision_operators
from prune_tui.catalog.models import MODELS
from prune_tui.engine.device import prepare_process
from prune_tui.export.c.folder import Folder, to_c
from prune_tui.export.description import Description
from prune_tui.export.network import Exported
from prune_tui.native.choosing import Plan, measured, ruled
from prune_tui.native.program import Program

SPARSITY: Final = 0.9
NUM_IMAGES: Final = 8

FAMILIES: Final[Mapping[str, Mapping[str, object]]] = {
    "resnet18": {},
    "vgg11_bn": {"init_weights": False},
    "mobilenet_v2": {},
    "mobilenet_v3_small": {},
    "alexnet": {},
    "squeezenet1_1": {},
    "densenet121": {},
    "googlenet": {"init_weights": False},
    "mnasnet0_5": {},
    "efficientnet_b0": {},
    "regnet_x_400mf": {},
    "shufflenet_v2_x0_5": {},
    "resnext50_32x4d": {},
}
"""Models of torchvision, and what they are built with."""

WARNINGS: Final = ("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow")
SANITIZERS: Final = ("-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover")
_WIDTHS: Final = ("-march=native", "-march=haswell", "-march=x86-64")
_RESULT: Final = re.compile(r"largest difference (\S+) of the largest output(?:, (\d+) classes differ)?")


@dataclass(slots=True)
class Built:
    """What became of a network: by the flags of each build, its warnings, result and seconds to compile."""

    name: str
    compiler: str
    num_lines: int = 0
    num_bytes: int = 0
    seconds: float = 0.0
    sanitizer: str = "not run"
    warnings: list[str] = field(default_factory=list)
    differences: list[float] = field(default_factory=list)
    num_wrong: int = 0
    failures: list[str] = field(default_factory=list)


def main(options: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks exported_c", description=__doc__)
    names = (*MODELS, *(f"torchvision:{name}" for name in FAMILIES))
    parser.add_argument("--models", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--cc", nargs="+", default=["gcc", "clang"], metavar="NAME", help="compilers")
    parser.add_argument("--size", type=int, default=64, help="side of the images of torchvision's models")
    parser.add_argument("--ruled", action="store_true", help="choose kernels by the rule, both ways")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of torch")
    args = parser.parse_args(options)
    prepare_process(args.threads)
    compilers = [name for name in args.cc if which(name)]
    if not compilers:
        raise SystemExit(f"benchmarks: none of the compilers is here: {', '.join(args.cc)}")
    rows, failures = [], list[str]()
    for name in args.models:
        folder = to_c(pruned(name, args.size), ruled_both_ways if args.ruled else measured)
        for compiler in compilers:
            is_first = compiler == compilers[0]
            built = tried(name, compiler, folder, widths() if is_first else widths()[:1], sanitizes=is_first)
            rows.append(row_of(built))
            print(*rows[-1], sep="  ", flush=True)
            failures += [f"{name}, {compiler}: {failure}" for failure in shortfalls(built)]
    columns = (
        "model",
        "compiler",
        "lines",
        "kB",
        "compiled",
        "warnings",
        "sanitizers",
        "difference",
        "classes",
    )
    print_table(f"C of networks with {SPARSITY:.0%} zeros", columns, rows)
    print_machine()
    if failures:
        raise SystemExit("\n".join(f"benchmarks: {failure}" for failure in failures))


def ruled_both_ways(program: Program) -> Plan:
    """Choose by the rule, but have examples run both one by one and side by side."""
    return replace(ruled(program), few=3)


def widths() -> Sequence[str]:
    """Return the flags for vectors of each width that this processor has."""
    return _WIDTHS if platform.machine() in ("x86_64", "AMD64") else _WIDTHS[:1]


def pruned(name: str, size: int) -> Exported:
    """Return a model with random weights, most of them zero, random statistics, and made-up images."""
    torch.manual_seed(0)
    module, shape = built_model(name, size)
    with torch.no_grad():
        for layer in module.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                kept = torch.rand_like(layer.weight) < 1 - SPARSITY
                nn.init.kaiming_normal_(layer.weight).mul_(kept / (1 - SPARSITY) ** 0.5)
            elif isinstance(layer, nn.BatchNorm2d):
                assert layer.running_mean is not None
                assert layer.running_var is not None
                layer.running_mean.normal_(0, 0.1)
                layer.running_var.uniform_(0.5, 1.5)
                layer.weight.uniform_(0.5, 1.5)
                layer.bias.normal_(0, 0.1)
    description = Description(
        model=name, num_classes=10, input_shape=shape, layers={}, session="random", checkpoint="none",
        stage="pruned",
    )  # fmt: skip
    return Exported(module.eval(), torch.randn(NUM_IMAGES, *shape), description)


def built_model(name: str, size: int) -> tuple[nn.Module, tuple[int, int, int]]:
    """Return a model with fresh weights, and the shape of its images."""
    library, _, inside = name.rpartition(":")
    if not library:
        return MODELS[name].build(num_classes=10), MODELS[name].own_shape
    torchvision_operators.ensure()
    from torchvision import models

    module: nn.Module = models.get_model(inside, weights=None, num_classes=10, **FAMILIES[inside])
    return module, (3, size, size)


def tried(name: str, compiler: str, folder: Folder, flags: Sequence[str], *, sanitizes: bool) -> Built:
    """Build a folder with each of the flags, and under sanitizers, and run its check."""
    text = folder.files["net.c"]
    built = Built(name, compiler, text.count(b"\n"), len(text) + len(folder.files.get("net.weights", b"")))
    with TemporaryDirectory(prefix="exported-c-") as path:
        for file, content in folder.files.items():
            (Path(path) / file).write_bytes(content)
        for width in flags:
            began = perf_counter()
            said = compiled(Path(path), compiler, ["-O3", width])
            built.seconds = built.seconds or perf_counter() - began
            if said.returncode:
                built.failures.append(f"{width} is not built: {first_line(said.stderr, 'error')}")
                continue
            built.warnings += [line for line in said.stderr.splitlines() if "warning:" in line]
            checked(Path(path), built, width)
        if sanitizes:
            said = compiled(Path(path), compiler, [*SANITIZERS, "-march=native"])
            if said.returncode:
                built.failures.append(f"sanitizers: {first_line(said.stderr, 'error')}")
            else:
                built.sanitizer = "clean" if checked(Path(path), built, "sanitizers") else "not clean"
    return built


def compiled(folder: Path, compiler: str, flags: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """Compile a folder's check, with all warnings."""
    command = [compiler, "-std=c11", *WARNINGS, *flags, "-ffp-contract=fast", "net.c", "check.c"]
    command += ["-o", "check", "-lm"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=1800, check=False)


def checked(folder: Path, built: Built, what: str) -> bool:
    """Run a folder's check; return whether it ended well."""
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"} if sys.platform == "darwin" else None
    said = subprocess.run(
        ["./check"], cwd=folder, capture_output=True, text=True, timeout=1800, check=False, env=environment
    )
    if match := _RESULT.match(said.stdout):
        built.differences.append(float(match[1]))
        built.num_wrong += int(match[2] or 0)
    if said.returncode:
        reason = first_line(said.stderr, "rror") or said.stdout.strip()
        built.failures.append(f"{what}: {reason or f'its check ends with {said.returncode}'}")
    return said.returncode == 0


def first_line(text: str, word: str) -> str:
    """Return the first line with a word."""
    return next((line.strip() for line in text.splitlines() if word in line), "")


def shortfalls(built: Built) -> list[str]:
    """Say what is wrong with a network."""
    return [*built.failures, *dict.fromkeys(built.warnings)]


def row_of(built: Built) -> list[str]:
    """Return a row of the table."""
    return [
        built.name,
        built.compiler,
        f"{built.num_lines:,}",
        f"{built.num_bytes / 1000:,.0f}",
        f"{built.seconds:.1f} s",
        str(len(built.warnings)),
        built.sanitizer,
        f"{max(built.differences, default=float('nan')):.1e}",
        "the same" if not built.num_wrong else f"{built.num_wrong} differ",
    ]


if __name__ == "__main__":
    main(sys.argv[1:])
