"""The text of step 1: a row for each model and each dataset, and what is said of those picked."""

from pathlib import Path

from rich.style import Style
from rich.text import Text

from prune_tui.catalog.datasets import IMAGEFOLDER, DatasetEntry
from prune_tui.catalog.datasets.transforms import shape_text, transform_text
from prune_tui.catalog.models import ModelEntry
from prune_tui.reports.numbers import count_text
from prune_tui.tui.palette import Palette
from prune_tui.tui.widgets.table import Cells, Column

Where = tuple[bool, str]
"""Whether the images are here, and where they are or come from."""


def model_columns(room: int) -> list[Column]:
    """Return the columns of the models: a description where there is room."""
    columns = [
        Column("name", "  model", 15),
        Column("parameters", "parameters", 10, True),
        Column("input", "input", 7, True),
    ]
    return [*columns, Column("about", "", room - 40)] if room >= 55 else columns


def model_cells(entry: ModelEntry, columns: list[Column], palette: Palette, *, is_chosen: bool) -> Cells:
    """Return a model's row."""
    cells = (
        _name(entry.name, palette.selected if is_chosen else palette.text, is_chosen=is_chosen),
        Text("" if entry.num_parameters is None else count_text(entry.num_parameters), palette.text),
        Text(shape_text(entry.image_shape) if entry.image_shape else "any", palette.muted),
        Text(entry.description, palette.muted),
    )
    return cells[: len(columns)]


def dataset_columns(room: int) -> list[Column]:
    """Return the columns of the datasets."""
    return [Column("name", "  images", 15), Column("where", "  where", max(14, room - 20))]


def dataset_cells(entry: DatasetEntry, where: Where, palette: Palette, *, is_chosen: bool) -> Cells:
    """Return a dataset's row."""
    name = "imagefolder…" if entry is IMAGEFOLDER else entry.name
    named = _name(name, palette.selected if is_chosen else palette.text, is_chosen=is_chosen)
    if entry is IMAGEFOLDER:
        return named, Text("  your own folder", palette.muted)
    is_here, text = where
    if is_here:
        return named, Text(f"✓ {text}", palette.good)
    if entry.download_bytes:
        return named, Text(f"↓ {entry.download_bytes / 1e6:.0f} MB to fetch", palette.muted)
    return named, Text(f"✗ {text}", palette.bad)


def about_text(model: ModelEntry, dataset: DatasetEntry, where: Where, palette: Palette) -> Text:
    """Describe the model and the dataset that are picked, a line each, and how images change to fit."""
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(model.name, palette.bold).append(f"  {model.description}\n", palette.muted)
    text.append(dataset.name, palette.bold).append("  ")
    if dataset.image_shape is not None and (change := transform_text(dataset.image_shape, model.image_shape)):
        text.append(f"{change}; ", palette.text)
    text.append(dataset.description, palette.muted)
    if dataset is not IMAGEFOLDER:
        text.append(f", {where[1]}", palette.muted)
    return text


def baseline_texts(weights: Path | None, *, trains: bool, is_bundled: bool) -> tuple[str, str]:
    """Say where the baseline comes from: what stands before the number of epochs, and after it."""
    if weights is not None:
        return f"from {weights}", ""
    other = "   b for the bundled one" if trains else "   b to train one instead"
    before, after = ("train for", "epochs") if trains else ("bundled, loads at once", "")
    return before, after + other if is_bundled else after


def _name(name: str, style: Style, *, is_chosen: bool) -> Text:
    return Text(f"{'●' if is_chosen else ' '} {name}", style)
