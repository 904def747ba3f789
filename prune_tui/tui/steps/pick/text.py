"""The text of step 1: a row for each model and each dataset, and what is said of those picked."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from rich.style import Style
from rich.text import Text

from prune_tui.catalog.datasets import IMAGEFOLDER, DatasetEntry
from prune_tui.catalog.datasets.transforms import shape_text, transform_text
from prune_tui.catalog.models import ModelEntry
from prune_tui.core.workflow.step import Step
from prune_tui.reports.numbers import count_text, shortened
from prune_tui.tui.palette import Palette
from prune_tui.tui.steps.pick.entries import ANOTHER_MODEL, ASKING
from prune_tui.tui.widgets.tables.columns import Cells, Column

NAME_WIDTH: Final = 15
"""The room of a name; of long names, which begin alike, it shows the end."""

SLIM: Final = 32
"""In less room a table shows names alone."""

LEAST_ABOUT: Final = 12
"""The least room that a description is worth."""

Where = tuple[bool, str]
"""Whether the images are here, and where they are or come from."""


def model_columns(room: int, *, has_named: bool = False) -> list[Column]:
    """Return the columns of the models: a description where there is room.

    With models that were named, whose names are long, names take the room of the input where there is little.
    """
    if room < SLIM:
        return [Column("name", "  model", max(8, room - 3))]
    if has_named and room < 55:
        return [Column("name", "  model", 24), Column("parameters", "parameters", 10, True)]
    columns = [
        Column("name", "  model", NAME_WIDTH),
        Column("parameters", "parameters", 10, True),
        Column("input", "input", 7, True),
    ]
    if room < 55:
        return columns
    wide = min(34, room - 27) if has_named else NAME_WIDTH
    left = room - 25 - wide
    about = [Column("about", "", left)] if left >= LEAST_ABOUT else []
    return [replace(columns[0], width=wide), *columns[1:], *about]


def model_cells(
    entry: ModelEntry,
    columns: list[Column],
    palette: Palette,
    *,
    is_chosen: bool,
    num_parameters: int | None = None,
) -> Cells:
    """Return a model's row; `num_parameters` are those of the open network, where the entry knows none."""
    style = palette.selected if is_chosen else palette.text
    name = _name(shortened(entry.name, columns[0].width - 2), style, is_chosen=is_chosen)
    asks = entry is ANOTHER_MODEL
    number = entry.num_parameters if entry.num_parameters is not None else num_parameters
    size, shape = "–" if number is None else count_text(number), "any"
    if entry.image_shape is not None:
        shape = shape_text(entry.image_shape)
    by_key = {
        "name": name,
        "parameters": Text("" if asks else size, palette.text),
        "input": Text("" if asks else shape, palette.muted),
        "about": Text(entry.description, palette.muted),
    }
    return tuple(by_key[column.key] for column in columns)


def dataset_columns(room: int) -> list[Column]:
    """Return the columns of the datasets; of where they are only the sign where there is little room."""
    if room < SLIM:
        return [Column("name", "  images", max(8, room - 6)), Column("where", "", 1)]
    return [Column("name", "  images", NAME_WIDTH), Column("where", "  where", max(14, room - 20))]


def dataset_cells(
    entry: DatasetEntry, where: Where, palette: Palette, *, is_chosen: bool, is_slim: bool = False
) -> Cells:
    """Return a dataset's row; a slim one has only a sign for where it is."""
    name = "imagefolder…" if entry is IMAGEFOLDER else entry.name
    style = palette.selected if is_chosen else palette.text
    named = _name(shortened(name, NAME_WIDTH - 2), style, is_chosen=is_chosen)
    if entry.name in ASKING:
        return named, Text("" if is_slim else f"  {ASKING[entry.name]}", palette.muted)
    is_here, text = where
    if is_slim:
        sign, tone = ("✓", palette.good) if is_here else ("↓", palette.muted)
        return named, Text(sign, tone) if is_here or entry.download_bytes else Text("✗", palette.bad)
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
    if dataset.name not in ASKING:
        text.append(f", {where[1]}", palette.muted)
    return text


def way_back_text(
    name: str, steps: Sequence[Step], palette: Palette, *, is_picked: bool, is_in_field: bool
) -> Text:
    """Say that a session is open, and how to go back to it: by a step's number, after Esc in a field."""
    text = Text(f"{name} is {'' if is_picked else 'still '}open:  ", palette.muted)
    if is_in_field:
        text.append("esc", palette.selected).append(" leaves the field, then  ", palette.muted)
    elif not is_picked:
        text.append("esc", palette.selected).append(" picks it again  ", palette.muted)
    for step in steps:
        text.append(f"{step.value}", palette.selected).append(f" {step.title}  ", palette.muted)
    return text


def _name(name: str, style: Style, *, is_chosen: bool) -> Text:
    return Text(f"{'●' if is_chosen else ' '} {name}", style)
