"""The trained dense baselines that ship with prune-tui, so that a first session can start at once."""

from importlib.resources import files
from pathlib import Path
from typing import Final

from prune_tui.catalog.paths import is_file

BUNDLED_MODEL: Final = "lenet5"
BUNDLED_DATASET: Final = "digits"


def bundled_baseline(model: str, dataset: str) -> Path | None:
    """Return the file of the bundled baseline of `model` on `dataset`, or None if there is none."""
    path = Path(str(files("prune_tui"))) / "assets" / "baselines" / f"{model}-{dataset}.safetensors"
    return path if is_file(path) else None
