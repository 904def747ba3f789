"""The app's two themes, and the few styles that text is drawn in, taken from the theme."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from rich.style import Style
from rich.text import Text
from textual.app import App
from textual.color import Color
from textual.theme import Theme

DARK: Final = Theme(
    name="prune-dark",
    primary="#8ac48a",
    secondary="#7aa2c9",
    accent="#8ac48a",
    success="#8ac48a",
    warning="#e0b35c",
    error="#e57a72",
    foreground="#d6dbe0",
    background="#131618",
    surface="#131618",
    panel="#1f2427",
    dark=True,
    variables={"input-selection-background": "#8ac48a 30%", "block-cursor-text-style": "none"},
)

LIGHT: Final = Theme(
    name="prune-light",
    primary="#2f7d3b",
    secondary="#2f6690",
    accent="#2f7d3b",
    success="#2f7d3b",
    warning="#9a6700",
    error="#b3372f",
    foreground="#24292e",
    background="#fbfbf9",
    surface="#fbfbf9",
    panel="#eeeeea",
    dark=False,
    variables={"input-selection-background": "#2f7d3b 25%", "block-cursor-text-style": "none"},
)


@dataclass(frozen=True, slots=True)
class Palette:
    """Styles by meaning; every use also differs by letters or shape, for terminals without colour."""

    text: Style
    bold: Style
    muted: Style
    faint: Style
    accent: Style
    good: Style
    warn: Style
    bad: Style
    cool: Style
    selected: Style


def palette_of(app: App[Any]) -> Palette:
    """Return the palette of the app's theme."""
    variables = app.theme_variables
    names = ("foreground", "background", "primary", "success", "warning", "error", "secondary")
    text, background, *colours = (variables[name] for name in names)
    if app.no_color:
        return colourless(text, background)
    return coloured(text, background, *colours)


@lru_cache(maxsize=8)
def coloured(text: str, background: str, accent: str, good: str, warn: str, bad: str, cool: str) -> Palette:
    """Return the palette of these colours."""
    ink, paper, lead = Color.parse(text), Color.parse(background), Color.parse(accent)
    return Palette(
        text=Style(color=ink.rich_color),
        bold=Style(color=ink.rich_color, bold=True),
        muted=Style(color=_mixed(ink, paper, 0.35)),
        faint=Style(color=_mixed(ink, paper, 0.55)),
        accent=Style(color=lead.rich_color),
        good=Style(color=Color.parse(good).rich_color),
        warn=Style(color=Color.parse(warn).rich_color),
        bad=Style(color=Color.parse(bad).rich_color),
        cool=Style(color=Color.parse(cool).rich_color),
        selected=Style(color=lead.rich_color, bold=True),
    )


@lru_cache(maxsize=8)
def colourless(text: str, background: str) -> Palette:
    """Return the palette for NO_COLOR: greys, and bold or underline in the place of colour."""
    plain = coloured(text, background, text, text, text, text, text)
    strong = plain.bold
    return replace(plain, warn=strong, bad=strong + Style(underline=True), selected=strong)


def append_runs(text: Text, cells: Iterable[tuple[str, Style | None]]) -> None:
    """Append letters with their styles, neighbours of one style as one run; None is no style."""
    for style, run in groupby(cells, key=itemgetter(1)):
        text.append("".join(letter for letter, _ in run), style)


def _mixed(ink: Color, paper: Color, share: float) -> str:
    """Mix towards the background; a terminal's own colours can't be mixed."""
    return "bright_black" if ink.ansi is not None else ink.blend(paper, share).hex6.lower()
