"""prune-tui: prune a neural network from the terminal, and prove the result.

As a library, `import prune_tui as pt` imports nothing heavy; a name is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from prune_tui.export.loading import Loaded, load

__version__ = "0.1.0"
__all__ = ["Loaded", "__version__", "load"]

_WHERE: Final = {"Loaded": "prune_tui.export.loading", "load": "prune_tui.export.loading"}


def __getattr__(name: str) -> object:
    """Load one of the library's names."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)
