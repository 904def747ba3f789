"""What a configuration file sets, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

Value = str | int | float


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a configuration file sets: `values` by key, and `keys` by the id of an action (`plan.prune`).

    `path` is the file, whether or not it is there.
    """

    path: Path
    values: Mapping[str, Value] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)

    def text(self, key: str) -> str | None:
        """Return what is set for a key that takes a text; None if nothing is."""
        value = self.values.get(key)
        return value if isinstance(value, str) else None

    def whole(self, key: str) -> int | None:
        """Return what is set for a key that takes a whole number; None if nothing is."""
        value = self.values.get(key)
        return value if isinstance(value, int) else None

    def number(self, key: str) -> float | None:
        """Return what is set for a key that takes a number; None if nothing is."""
        value = self.values.get(key)
        return float(value) if isinstance(value, int | float) else None
