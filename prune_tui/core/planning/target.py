"""Targets of a plan, parsed from text such as `≥ 20x` or `0.1 MB`."""

import re
from dataclasses import dataclass
from typing import Literal, assert_never

from prune_tui.core.errors import TargetError

TargetKind = Literal["file_size", "compression_ratio", "theoretical_speedup", "accuracy_drop"]


@dataclass(frozen=True, slots=True)
class Target:
    """A target: at most `value` bytes or points of accuracy drop, or a ratio of at least `value`."""

    kind: TargetKind
    value: float


_BYTES = {"b": 1, "byte": 1, "bytes": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "kib": 2**10, "mib": 2**20}
_POINTS = ("point", "points", "pt", "pts", "pp")
_COMPRESSION = ("", "smaller", "compression", "compressed")
_SPEEDUP = ("macs", "fewer macs", "less macs", "faster", "speedup")
_TARGET = re.compile(
    r"(?P<bound><=|≤|=<|<|at most|>=|≥|=>|>|at least)?\s*(?P<number>\d{1,12}(?:[.,]\d{1,9})?|[.,]\d{1,9})\s*"
    r"(?P<unit>.*)"
)
_RIGHT = "type a budget such as 20x, 0.1 MB, 1 point or 3x MACs"


def parse_target(text: str) -> Target:
    """Parse a target as a person types it: `20x`, `≤ 0.1 MB`, `<= 1.5 points`, `≥ 3x fewer MACs`.

    A kB is 1,000 bytes, a KiB 1,024.

    Raises:
        TargetError: it is none of these; the message says what would be right.
    """
    match = _TARGET.fullmatch(" ".join(text.lower().split()))
    if match is None:
        raise TargetError(f"{text.strip()!r} is no budget: {_RIGHT}")
    value = float(match["number"].replace(",", "."))
    kind, scale = _unit(match["unit"], text)
    target = Target(kind, value * scale)
    is_least = kind in ("compression_ratio", "theoretical_speedup")
    if match["bound"] and is_least != (match["bound"] in (">=", "≥", "=>", ">", "at least")):
        raise TargetError(f"{text.strip()!r} asks for the wrong side: type {describe_target(target)}")
    if is_least and value < 1:
        raise TargetError(f"a ratio is at least 1, not {value:g}: type one such as 20x")
    if kind == "file_size" and value <= 0:
        raise TargetError("a file has at least one byte: type a size such as 0.1 MB")
    if kind == "accuracy_drop" and value > 100:
        raise TargetError(f"a drop is at most 100 points, not {value:g}: type one such as 1 point")
    return target


def _unit(unit: str, text: str) -> tuple[TargetKind, float]:
    """Return what a unit measures, and its size in bytes or points, or 1 for a ratio."""
    if unit in _BYTES:
        return "file_size", float(_BYTES[unit])
    if unit in _POINTS or unit.removesuffix(" drop") in _POINTS:
        return "accuracy_drop", 1.0
    if unit[:1] in ("x", "×"):
        of = unit[1:].strip()
        if of in _COMPRESSION:
            return "compression_ratio", 1.0
        if of in _SPEEDUP:
            return "theoretical_speedup", 1.0
    raise TargetError(f"{text.strip()!r} has no unit that is known: {_RIGHT}")


def describe_target(target: Target) -> str:
    """Return a target as `parse_target` reads it: `≤ 0.1 MB`, `≥ 20x`, `≤ 1 point`, `≥ 3x fewer MACs`."""
    match target.kind:
        case "file_size":
            unit, scale = ("MB", 1e6) if target.value >= 1e5 else ("kB", 1e3)
            return f"≤ {target.value / scale:.12g} {unit}"
        case "compression_ratio":
            return f"≥ {target.value:.12g}x"
        case "theoretical_speedup":
            return f"≥ {target.value:.12g}x fewer MACs"
        case "accuracy_drop":
            return f"≤ {target.value:.12g} point{'' if target.value == 1 else 's'}"
        case _:
            assert_never(target.kind)
