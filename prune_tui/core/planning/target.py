"""Targets of a plan, parsed from text such as `≥ 20x`, `0.1 MB` or `≤ 0.1 MB and ≤ 1 point`."""

import re
from dataclasses import dataclass, replace
from typing import Literal, assert_never

from prune_tui.core.errors import TargetError

TargetKind = Literal[
    "file_size",
    "compression_ratio",
    "theoretical_speedup",
    "sparsity",
    "nonzero_parameters",
    "latency",
    "accuracy_drop",
    "accuracy",
]


@dataclass(frozen=True, slots=True)
class Target:
    """A target, and perhaps a second one that must be met as well.

    `value` is at most so many bytes, nonzero parameters, milliseconds or points of accuracy drop, or at least
    this ratio, or this sparsity or accuracy in percent.
    """

    kind: TargetKind
    value: float
    also: "Target | None" = None

    @property
    def parts(self) -> tuple["Target", ...]:
        """Its single targets."""
        return (self,) if self.also is None else (replace(self, also=None), self.also)

    @property
    def is_of_accuracy(self) -> bool:
        """Whether it says what may be lost, and not what is to be saved."""
        return self.kind in ("accuracy_drop", "accuracy")

    @property
    def of_accuracy(self) -> "Target | None":
        """The part that says what may be lost."""
        return next((part for part in self.parts if part.is_of_accuracy), None)

    @property
    def of_size(self) -> "Target | None":
        """The part that says what is to be saved."""
        return next((part for part in self.parts if not part.is_of_accuracy), None)


_BYTES = {"b": 1, "byte": 1, "bytes": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "kib": 2**10, "mib": 2**20}
_POINTS = ("point", "points", "pt", "pts", "pp")
_COMPRESSION = ("", "smaller", "compression", "compressed")
_SPEEDUP = ("macs", "fewer macs", "less macs", "faster", "speedup")
_PERCENT = ("%", "percent")
_SPARSITY = ("sparsity", "sparse", "zeros", "pruned")
_ACCURACY = ("accuracy", "acc", "score")
_PARAMETERS = ("params", "param", "parameters", "nonzero parameters", "nonzeros")
_MILLISECONDS = {"ms": 1.0, "milliseconds": 1.0, "s": 1e3, "us": 1e-3, "µs": 1e-3}
_THOUSANDS = {"k": 1e3, "m": 1e6}
_LEAST = (">=", "≥", "=>", ">", "at least")
_TARGET = re.compile(
    r"(?P<bound><=|≤|=<|<|at most|>=|≥|=>|>|at least)?\s*"
    r"(?P<number>\d{1,12}(?:[.,]\d{1,9})*|[.,]\d{1,9})\s*(?P<unit>.*)"
)
_AND = re.compile(r"\s+and\s+|\s*[&;+]\s*|,\s+", re.IGNORECASE)
_RIGHT = "type a budget such as 20x, 0.1 MB, 1 point or 3x MACs"


def parse_target(text: str) -> Target:
    """Parse a target as a person types it: `20x`, `≤ 0.1 MB`, `≥ 3x fewer MACs`, `95 %`, `10k params`.

    A kB is 1,000 bytes, a KiB 1,024. A percentage is a sparsity, but with ≥ and no word it is an accuracy.
    Two targets are joined by `and`: one of size or speed, one of accuracy.

    Raises:
        TargetError: it is none of these; the message says what would be right.
    """
    first, *others = (_single(part) for part in _AND.split(" ".join(text.split())))
    if not others:
        return first
    if len(others) > 1 or first.is_of_accuracy == others[0].is_of_accuracy:
        raise TargetError("two at once are a size or speed and an accuracy: type them as 0.1 MB and 1 point")
    return replace(first, also=others[0])


def _single(text: str) -> Target:
    match = _TARGET.fullmatch(text.lower())
    if match is None:
        raise TargetError(f"{text!r} is no budget: {_RIGHT}")
    is_least = match["bound"] in _LEAST if match["bound"] else None
    if match["unit"].startswith(_PERCENT):
        kind, scale = _percentage(match, text, is_least=is_least), 1.0
    else:
        kind, scale = _unit(match["unit"], text)
    target = Target(kind, _number(match["number"], text, is_count=kind == "nonzero_parameters") * scale)
    if is_least is not None and is_least != _is_least(kind):
        raise TargetError(f"{text!r} asks for the wrong side: type {describe_target(target)}")
    if reason := _why_out_of_range(target):
        raise TargetError(reason)
    return target


def _is_least(kind: TargetKind) -> bool:
    return kind in ("compression_ratio", "theoretical_speedup", "sparsity", "accuracy")


def _number(digits: str, text: str, *, is_count: bool) -> float:
    if is_count and re.fullmatch(r"\d{1,3}(,\d{3})+", digits):
        return float(digits.replace(",", ""))
    try:
        return float(digits.replace(",", "."))
    except ValueError:
        raise TargetError(f"{text!r} has no number that can be read: {_RIGHT}") from None


def _why_out_of_range(target: Target) -> str:
    """Return what is wrong with a target's value; empty if nothing is."""
    kind, value = target.kind, target.value
    if kind in ("compression_ratio", "theoretical_speedup") and value < 1:
        return f"a ratio is at least 1, not {value:g}: type one such as 20x"
    if kind == "file_size" and value <= 0:
        return "a file has at least one byte: type a size such as 0.1 MB"
    if kind == "nonzero_parameters" and value < 1:
        return "a network has at least one parameter: type a number such as 10k params"
    if kind == "latency" and value <= 0:
        return "a latency is above 0: type one such as 2 ms"
    if kind == "accuracy_drop" and value > 100:
        return f"a drop is at most 100 points, not {value:g}: type one such as 1 point"
    if kind == "sparsity" and value >= 100:
        return f"a sparsity is below 100 %, not {value:g}: type one such as 95 % sparsity"
    if kind == "accuracy" and value > 100:
        return f"an accuracy is at most 100 %, not {value:g}: type one such as ≥ 96 % accuracy"
    return ""


def _percentage(match: re.Match[str], text: str, *, is_least: bool | None) -> TargetKind:
    """Return what a percentage is of: with ≥ and no word of the accuracy, with neither of the weights."""
    of = match["unit"].removeprefix("percent").removeprefix("%").strip()
    if of in _SPARSITY or (not of and is_least is None):
        return "sparsity"
    if of in _ACCURACY or (not of and is_least):
        return "accuracy"
    number = match["number"]
    raise TargetError(f"{text!r} says not of what: type {number} % sparsity or ≥ {number} % accuracy")


def _unit(unit: str, text: str) -> tuple[TargetKind, float]:
    """Return what a unit measures, and its size in bytes, points, ms or parameters, or 1 for a ratio."""
    if unit in _BYTES:
        return "file_size", float(_BYTES[unit])
    if unit in _POINTS or unit.removesuffix(" drop") in _POINTS:
        return "accuracy_drop", 1.0
    if unit in _MILLISECONDS:
        return "latency", _MILLISECONDS[unit]
    if unit in _PARAMETERS:
        return "nonzero_parameters", 1.0
    if unit[:1] in _THOUSANDS and unit[1:].strip() in _PARAMETERS:
        return "nonzero_parameters", _THOUSANDS[unit[0]]
    if unit[:1] in ("x", "×"):
        of = unit[1:].strip()
        if of in _COMPRESSION:
            return "compression_ratio", 1.0
        if of in _SPEEDUP:
            return "theoretical_speedup", 1.0
    raise TargetError(f"{text!r} has no unit that is known: {_RIGHT}")


def describe_target(target: Target) -> str:
    """Return a target as `parse_target` reads it: `≤ 0.1 MB`, `≥ 20x`, `≤ 1 point`, `≥ 3x fewer MACs`."""
    return " and ".join(_described(part) for part in target.parts)


def _described(target: Target) -> str:
    value = f"{target.value:.12g}"
    match target.kind:
        case "file_size":
            unit, scale = ("MB", 1e6) if target.value >= 1e5 else ("kB", 1e3)
            return f"≤ {target.value / scale:.12g} {unit}"
        case "compression_ratio":
            return f"≥ {value}x"
        case "theoretical_speedup":
            return f"≥ {value}x fewer MACs"
        case "sparsity":
            return f"≥ {value} % sparsity"
        case "nonzero_parameters":
            return f"≤ {_count(target.value)} params"
        case "latency":
            return f"≤ {value} ms"
        case "accuracy_drop":
            return f"≤ {value} point{'' if target.value == 1 else 's'}"
        case "accuracy":
            return f"≥ {value} % accuracy"
        case _:
            assert_never(target.kind)


def _count(value: float) -> str:
    """Write a count as short as it is exact: `10k`, `1.5M`, `12,345`."""
    for letter, scale in (("M", 1e6), ("k", 1e3)):
        if value >= scale and value % (scale / 1e3) == 0 and len(f"{value / scale:g}") <= 5:
            return f"{value / scale:g}{letter}"
    return f"{value:,.12g}"
