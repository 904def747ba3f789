"""The order of a table's rows: as they are given, or by the numbers of a column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Order:
    """Something that rows can be sorted by: a number for each row's key, and the column that shows it.

    The column may be too narrow a terminal away to be on show. Rows without a number come last.
    """

    column: str
    label: str
    numbers: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Sorting:
    """Which column the rows are sorted by, the highest first unless turned; None is the order as given."""

    column: str | None = None
    is_turned: bool = False

    @property
    def sign(self) -> str:
        """The sign in the header: `▼` for the highest first."""
        return "▲" if self.is_turned else "▼"

    def turned(self) -> "Sorting":
        return Sorting(self.column, not self.is_turned)

    def next(self, orders: Sequence[Order]) -> "Sorting":
        """Return the sorting by the next of these, after the last of them the order as given."""
        columns: list[str | None] = [None, *(order.column for order in orders)]
        at = columns.index(self.column) if self.column in columns else 0
        return Sorting(columns[(at + 1) % len(columns)])

    def words(self, orders: Sequence[Order]) -> str:
        """Say the order: `by MACs, the most first`."""
        label = next((order.label for order in orders if order.column == self.column), None)
        if label is None:
            return "in the order of the network" + (", the last first" if self.is_turned else "")
        return f"by {label}, the {'least' if self.is_turned else 'most'} first"

    def sorted(self, keys: Sequence[str], orders: Sequence[Order]) -> list[str]:
        """Return these keys in this order; those with the same number stay in the order given."""
        order = next((one for one in orders if one.column == self.column), None)
        if order is None:
            return list(reversed(keys)) if self.column is None and self.is_turned else list(keys)
        known = [key for key in keys if key in order.numbers]
        sign = 1 if self.is_turned else -1
        known.sort(key=lambda key: sign * order.numbers[key])
        return known + [key for key in keys if key not in order.numbers]
