"""Round scales for the x axes of charts: where an axis ends, and its labels."""

from typing import Final

Labels = tuple[tuple[float, str], ...]

MAX_TICKS: Final = 8
SHARES: Final[Labels] = tuple((tenth / 10, f".{tenth}") for tenth in range(1, 10))
"""The tenths of an axis from 0 to 1."""


def doublings(largest: float) -> tuple[float, Labels]:
    """Return the scale of log2 of ratios from 1× on, up to the `largest` of these logarithms."""
    right = max(1.0, largest * 1.03)
    return right, tuple((float(power), f"{2**power}×") for power in range(int(right) + 1))


def evenly(largest: float) -> tuple[float, Labels]:
    """Return an even scale from 0 in steps of 1, 2 or 5 times a power of ten."""
    right = largest * 1.05 or 1.0
    step = next(step for power in range(-6, 9) for step in _steps(power) if right / step <= MAX_TICKS)
    return right, tuple((tick * step, f"{tick * step:g}") for tick in range(int(right / step) + 1))


def _steps(power: int) -> tuple[float, ...]:
    return tuple(times * 10.0**power for times in (1, 2, 5))
