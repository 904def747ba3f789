"""How far predicted latencies are from measured ones, for plans of catalog models with random weights.

For each model the kernels are measured as the app does it; then uniform plans and random ones (densities
drawn around the same mean) at several sparsities are built and timed as a whole, on one thread.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from prune_tui.catalog.models import model_entry
from prune_tui.core.returning import drained
from prune_tui.core.run.latency_table import NS_PER_MS, Examples, LatencyTable
from prune_tui.native.choosing import measured
from prune_tui.native.fusing import fused
from prune_tui.native.pricing import nonzeros_of, pricing, thinned_to, timed
from prune_tui.native.program import Program
from prune_tui.native.running import NativeNetwork
from prune_tui.native.tracing import program_of

MODELS: Final = ("lenet5", "lenet-300-100", "han-cnn", "resnet20")
SPARSITIES: Final = (0.8, 0.9, 0.95, 0.98)
BATCH_SIZE: Final = 64
SPREAD: Final = 0.8
"""Densities of a random plan are the mean's times e to the power of so many standard deviations."""

EXAMPLES: Final[tuple[Examples, ...]] = ("one", "batch")


@dataclass(frozen=True, slots=True)
class Compared:
    """A plan's predicted and measured times in ms, for one example and for a batch."""

    plan: str
    predicted_ms: Mapping[Examples, float]
    measured_ms: Mapping[Examples, float]

    def error(self, examples: Examples) -> float:
        return self.predicted_ms[examples] / self.measured_ms[examples] - 1


def main(options: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks latency_prediction")
    parser.add_argument("--models", nargs="+", default=MODELS)
    parser.add_argument("--sparsities", nargs="+", type=float, default=SPARSITIES)
    args = parser.parse_args(options)
    torch.set_num_threads(1)
    largest: dict[Examples, float] = dict.fromkeys(EXAMPLES, 0.0)
    for model in args.models:
        program = _program(model)
        kernels = drained(pricing(program, list(nonzeros_of(program)), batch_size=BATCH_SIZE))
        found = list(_compared(program, kernels, args.sparsities))
        _print(model, kernels, found)
        for examples in EXAMPLES:
            largest[examples] = max(largest[examples], *(abs(one.error(examples)) for one in found))
    print(
        f"largest error: {largest['one'] * 100:.0f} % at batch 1, "
        f"{largest['batch'] * 100:.0f} % at batch {BATCH_SIZE}"
    )


def _program(model: str) -> Program:
    entry = model_entry(model)
    torch.manual_seed(0)
    inputs = torch.zeros(2, *entry.image_shape)
    return fused(program_of(entry.build(num_classes=10), inputs))


def _compared(program: Program, kernels: LatencyTable, sparsities: Sequence[float]) -> Iterator[Compared]:
    random = np.random.default_rng(1)
    for sparsity in sparsities:
        uniform = dict.fromkeys(nonzeros_of(program), 1 - sparsity)
        spread = {
            name: min(1.0, density * float(np.exp(SPREAD * random.standard_normal())))
            for name, density in uniform.items()
        }
        for words, densities in (("uniform", uniform), ("random", spread)):
            thinned = thinned_to(program, densities, random)
            chosen = measured(thinned)
            seconds = timed(NativeNetwork(thinned, chosen.choices, few=chosen.few), program, BATCH_SIZE)
            nonzero = nonzeros_of(thinned)
            yield Compared(
                f"{words} {sparsity * 100:g} %",
                {each: kernels.ns_of(nonzero, each) / NS_PER_MS for each in EXAMPLES},
                {each: seconds[each] * 1e3 for each in EXAMPLES},
            )


def _print(model: str, kernels: LatencyTable, found: Sequence[Compared]) -> None:
    said = f"said ±{kernels.one_error * 100:.0f} % and ±{kernels.batch_error * 100:.0f} %"
    table = Table(title=f"{model} ({said})")
    for heading in (
        "plan",
        "batch 1, ms",
        "measured",
        "error",
        f"batch {BATCH_SIZE}, ms",
        "measured",
        "error",
    ):
        table.add_column(heading, justify="left" if heading == "plan" else "right")
    for one in found:
        cells = [
            text
            for each in EXAMPLES
            for text in (
                f"{one.predicted_ms[each]:.4f}",
                f"{one.measured_ms[each]:.4f}",
                f"{one.error(each) * 100:+.0f} %",
            )
        ]
        table.add_row(one.plan, *cells)
    Console(width=100).print(table)
