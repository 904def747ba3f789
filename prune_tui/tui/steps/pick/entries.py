"""What step 1 offers beside the catalog: rows that ask for a name, and how such a name is read."""

from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import Final

from prune_tui.catalog.code.reference import code_reference, definitions, demand_name, read_source
from prune_tui.catalog.datasets import DATA_FACTORY, DATASETS, IMAGEFOLDER, DatasetEntry, dataset_entry
from prune_tui.catalog.models import MODELS, ModelEntry, model_entry
from prune_tui.catalog.models.torchvision_names import TORCHVISION
from prune_tui.catalog.paths import is_file
from prune_tui.catalog.plugins import plugins
from prune_tui.core.errors import CodeError, ModelError, UnknownNameError

ANOTHER_MODEL: Final = ModelEntry(
    "another…",
    "torchvision:NAME, timm:NAME, path/to/net.py:factory, or an installed package's",
    None,
    None,
    "",
)
"""The row that asks for a model's name."""

OWN_DATA: Final = DatasetEntry(
    "your own…",
    "path/to/data.py:function, or an installed package's: returns train, validation and test",
    None,
    None,
    0,
    "",
)
"""The row that asks for a function that returns data."""

ASKING: Final = {IMAGEFOLDER.name: "your own folder", OWN_DATA.name: "your own function"}
"""The rows of datasets that ask for something, and what they ask for."""

_TORCHVISION_NAMES: Final = tuple(f"torchvision:{name}" for name in TORCHVISION)


def model_names() -> tuple[str, ...]:
    """Return the names to suggest for a model."""
    return (*MODELS, *plugins("models"), *_TORCHVISION_NAMES, "timm:")


def dataset_names() -> tuple[str, ...]:
    """Return the names to suggest for data."""
    return (*DATASETS, *plugins("datasets"))


def read_model(text: str) -> ModelEntry:
    """Return the model that a person named, torchvision's also by their bare names.

    Its code is not run, and no library is imported.

    Raises:
        PruneTuiError: there is none by that name, or no such file.
    """
    text = f"torchvision:{text}" if text in TORCHVISION and text not in MODELS else text
    library, _, name = text.partition(":")
    if library == "torchvision" and name not in TORCHVISION:
        raise UnknownNameError("model", text, _TORCHVISION_NAMES)
    if library == "timm" and name and find_spec("timm") is None:
        raise ModelError("timm:NAME needs timm, which is not installed: pip install timm")
    try:
        entry = model_entry(text)
    except UnknownNameError:
        raise UnknownNameError("model", text, model_names()) from None
    _demand_file(entry.name)
    return entry


def read_dataset(text: str) -> DatasetEntry:
    """Return the data that a person named; their code is not run.

    Raises:
        PruneTuiError: there are none by that name, or no such file.
    """
    entry = dataset_entry(text)
    reference = code_reference(entry.name)
    if reference is None:
        return entry
    demand_name(reference, what=DATA_FACTORY)
    return replace(entry, name=reference.text, code=reference.text)


def _demand_file(name: str) -> None:
    if (reference := code_reference(name)) is not None:
        read_source(reference.path)


def why_missing(name: str) -> str:
    """Say why a file of code that is picked can't be run, if so."""
    reference = code_reference(name)
    return "" if reference is None or is_file(reference.path) else f"there is no file {reference.path}"


def completions(typed: str, names: Sequence[str]) -> list[str]:
    """Return the names that a text may become: those it begins first, then those it is a part of.

    A file of code becomes what it defines.
    """
    if not typed:
        return []
    wanted = typed.casefold()
    inside = [name for name in (*names, *_defined_in(typed)) if wanted in name.casefold()]
    return sorted(inside, key=lambda name: not name.casefold().startswith(wanted))


def _defined_in(typed: str) -> list[str]:
    reference = code_reference(typed)
    if reference is None or not is_file(reference.path):
        return []
    try:
        found = definitions(read_source(reference.path), reference.path)
    except CodeError:
        return []
    file = typed.removesuffix(f":{reference.name}")
    return [f"{file}:{name}" for name in found]
