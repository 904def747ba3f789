"""Finds what installed packages offer under the entry points `prune_tui.models`, `.datasets`, `.criteria`."""

from dataclasses import dataclass
from typing import Any, Literal

from prune_tui.catalog.lookup import load_function
from prune_tui.core.errors import CodeError

Group = Literal["models", "datasets", "criteria"]


@dataclass(frozen=True, slots=True)
class Plugin:
    """An entry point: `reference` is `package.module:name`, `package` the distribution that offers it."""

    name: str
    reference: str
    package: str

    def load(self) -> Any:
        """Import what it refers to; installed packages are trusted, as every other import is.

        Raises:
            CodeError: the package fails at import, or has no such name.
        """
        try:
            return load_function(self.reference)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a package may raise anything
            said = " ".join(str(error).split())
            raise CodeError(
                f"{self.name}, of the package {self.package}, can't be loaded: {type(error).__name__}: {said}"
            ) from None


def plugins(group: Group) -> dict[str, Plugin]:
    """Return what is offered under an entry point, by name, without importing any of it."""
    from importlib.metadata import entry_points  # slow, and the first paint asks for no package

    found = sorted(entry_points(group=f"prune_tui.{group}"), key=lambda point: point.name)
    return {
        point.name: Plugin(
            point.name, point.value.partition("[")[0].strip(), point.dist.name if point.dist else "?"
        )
        for point in found
    }
