"""prune-tui: prune a neural network from the terminal, and prove the result.

As a library, `import prune_tui as pt` imports nothing heavy; a name is loaded when it is first used
(docs/LIBRARY.md).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from prune_tui.core.errors import PruneTuiError
    from prune_tui.core.session.decisions import Method
    from prune_tui.core.session.recipe import Training
    from prune_tui.core.session.rounds import Iterative, OneShot, Rewinding
    from prune_tui.engine.measure.evaluate import Evaluation
    from prune_tui.export.loading import Loaded, load
    from prune_tui.library.data import Data
    from prune_tui.library.functions import counts, evaluate, finetune, prune, scan, shrink
    from prune_tui.library.in_place import hold_masks, masks
    from prune_tui.library.named import baseline, dataset, model
    from prune_tui.library.plan import Plan
    from prune_tui.library.scan import Scan
    from prune_tui.library.workbench import Workbench

__version__ = "0.1.0"

__all__ = [
    "Data",
    "Evaluation",
    "Iterative",
    "Loaded",
    "Method",
    "OneShot",
    "Plan",
    "PruneTuiError",
    "Rewinding",
    "Scan",
    "Training",
    "Workbench",
    "__version__",
    "baseline",
    "counts",
    "dataset",
    "evaluate",
    "finetune",
    "hold_masks",
    "load",
    "masks",
    "model",
    "prune",
    "scan",
    "shrink",
]

_WHERE: Final = {
    "Data": "prune_tui.library.data",
    "Evaluation": "prune_tui.engine.measure.evaluate",
    "Iterative": "prune_tui.core.session.rounds",
    "Loaded": "prune_tui.export.loading",
    "Method": "prune_tui.core.session.decisions",
    "OneShot": "prune_tui.core.session.rounds",
    "Plan": "prune_tui.library.plan",
    "PruneTuiError": "prune_tui.core.errors",
    "Rewinding": "prune_tui.core.session.rounds",
    "Scan": "prune_tui.library.scan",
    "Training": "prune_tui.core.session.recipe",
    "Workbench": "prune_tui.library.workbench",
    "baseline": "prune_tui.library.named",
    "counts": "prune_tui.library.functions",
    "dataset": "prune_tui.library.named",
    "evaluate": "prune_tui.library.functions",
    "finetune": "prune_tui.library.functions",
    "hold_masks": "prune_tui.library.in_place",
    "load": "prune_tui.export.loading",
    "masks": "prune_tui.library.in_place",
    "model": "prune_tui.library.named",
    "prune": "prune_tui.library.functions",
    "scan": "prune_tui.library.functions",
    "shrink": "prune_tui.library.functions",
}
"""The module of each name that is loaded when it is first used."""

if not TYPE_CHECKING:  # a type checker is to know the names above, and no others

    def __getattr__(name: str) -> object:
        if name not in _WHERE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_WHERE[name]), name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *_WHERE})
