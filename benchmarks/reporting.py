"""Prints what was measured as plain tables: medians, p95, ratios with their spread, and the machine."""

import os
import platform
import statistics
from collections.abc import Sequence
from importlib.metadata import version

from prune_tui.engine.device import processor_name

PACKAGES = ("prune-tui", "textual", "torch", "torchvision", "numpy")


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def p95(values: Sequence[float]) -> float:
    """Return the 95th percentile, interpolated between the two values nearest to it."""
    return statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


def milliseconds(seconds: float) -> str:
    """Say a time in milliseconds."""
    return f"{seconds * 1000:.1f} ms"


def seconds_text(seconds: float) -> str:
    """Say a time in seconds."""
    return f"{seconds:.3f} s"


def ratio_text(values: Sequence[float], reference: Sequence[float]) -> str:
    """Say the ratio of two medians, with the lowest and highest ratio of the pairs, measured alternately."""
    pairs = [value / other for value, other in zip(values, reference, strict=True)]
    return f"{median(values) / median(reference):.3f} ({min(pairs):.3f}–{max(pairs):.3f})"


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a title and a table: the first column aligned left, the others right."""
    table = [columns, *rows]
    widths = [max(len(row[at]) for row in table) for at in range(len(columns))]
    print(f"\n{title}\n")
    for row in table:
        first, *others = (
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  " + "  ".join([first, *others]).rstrip())


def print_machine() -> None:
    """Print the machine: processor, cores, load, system, versions."""
    load = f", load {os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else ""
    print(f"\n  {processor_name()}, {os.cpu_count()} cores{load}; {platform.system()} {platform.release()}")
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    print(f"  Python {platform.python_version()}, {versions}\n")
