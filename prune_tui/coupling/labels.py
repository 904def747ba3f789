"""Says which positions of tensors are one unit: atoms, tied where they go together, pinned where they stay.

An atom is one position of one dimension of a parameter. Following a pass through the network ties atoms that
can only be removed together; tied atoms are a unit. A unit with a pinned atom can't be removed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]
Bools: TypeAlias = npt.NDArray[np.bool_]

FIXED = "its units meet values of a fixed number"


@dataclass(frozen=True, slots=True)
class Axis:
    """A dimension of a tensor whose positions belong to units.

    `atoms` [size] says to which; `is_zero` [size], where the tensor is zero once that unit is masked.
    """

    atoms: Ints
    is_zero: Bools

    def __len__(self) -> int:
        return len(self.atoms)

    def where(self, is_zero: Bools | bool) -> "Axis":
        """Return the axis with this instead of `is_zero`."""
        return Axis(self.atoms, np.broadcast_to(np.asarray(is_zero), self.atoms.shape))

    def at(self, positions: "Ints | slice") -> "Axis":
        return Axis(self.atoms[positions], self.is_zero[positions])


Axes: TypeAlias = tuple[Axis | None, ...]
"""The dimensions of a tensor; None where the positions belong to no unit, as those of a batch or an image."""


class Ledger:
    """The atoms so far, what ties them, and what pins them."""

    def __init__(self) -> None:
        self._size = 0
        self._ties: list[tuple[Ints, Ints]] = []
        self._pins: list[tuple[Ints, str]] = []
        self._contracted: list[Ints] = []

    def new(self, size: int, *, is_zero: bool) -> Axis:
        """Return an axis of new atoms."""
        atoms = np.arange(self._size, self._size + size)
        self._size += size
        return Axis(atoms, np.full(size, is_zero))

    def filler(self, size: int, *, is_zero: bool = False) -> Axis:
        """Return an axis for positions that belong to no unit, beside others that do."""
        axis = self.new(size, is_zero=is_zero)
        self.pin(axis, FIXED)
        return axis

    def tie_atoms(self, first: Ints, second: Ints) -> None:
        assert first.size == second.size
        if first is not second:
            self._ties.append((first.reshape(-1), second.reshape(-1)))

    def tie(self, axes: Sequence[Axis | None], *, reason: str = FIXED) -> Axis | None:
        """Tie axes position by position; return one, zero where all are. If any is None, pin the others."""
        known = [axis for axis in axes if axis is not None]
        if len(known) < len(axes):
            for axis in known:
                self.pin(axis, reason)
        if not known:
            return None
        for axis in known[1:]:
            self.tie_atoms(known[0].atoms, axis.atoms)
        is_zero = np.logical_and.reduce([axis.is_zero for axis in known])
        return known[0].where(is_zero if len(known) == len(axes) else False)

    def pin(self, axis: Axis | None, reason: str) -> None:
        """Say that these units can't be removed, and why."""
        if axis is not None:
            self._pins.append((axis.atoms, reason))

    def contract(self, activations: Axis | None, weights: Axis | None) -> None:
        """Sum over a dimension of activations, times that of a weight.

        Units that are not zero when masked would be missed in the sum, so these are pinned.
        """
        both = self.tie([activations, weights])
        if activations is None or weights is None or both is None:
            return
        self._contracted.append(weights.atoms)
        is_lost = ~(activations.is_zero | weights.is_zero)
        if is_lost.any():
            self.pin(activations.at(is_lost.nonzero()[0]), "a masked unit of it is not zero where it is read")

    def units(self) -> Ints:
        """Return the unit of each atom, [atoms]: the least of the atoms that are tied to it."""
        units = np.arange(self._size)
        if not self._ties:
            return units
        first, second = (np.concatenate(atoms) for atoms in zip(*self._ties, strict=True))
        while True:
            before, least = units, np.minimum(units[first], units[second])
            units = before.copy()
            np.minimum.at(units, before[first], least)
            np.minimum.at(units, before[second], least)
            while not np.array_equal(shorter := units[units], units):
                units = shorter
            if np.array_equal(units, before):
                return units

    def reasons(self, units: Ints) -> dict[int, str]:
        """Return why units can't be removed, the first reason of each that has one."""
        reasons: dict[int, str] = {}
        for atoms, reason in self._pins:
            for unit in np.unique(units[atoms]).tolist():
                reasons.setdefault(unit, reason)
        return reasons

    def contracted(self) -> Bools:
        """Return which atoms are columns that read units, [atoms]."""
        contracted = np.zeros(self._size, dtype=np.bool_)
        for atoms in self._contracted:
            contracted[atoms] = True
        return contracted
