"""The rows of the list of sessions, in any of its orders, and what is said of the one under the cursor."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal

from rich.style import Style
from rich.text import Text

from prune_tui.reports.numbers import accuracy_text, printable, shortened, times_text
from prune_tui.reports.summaries import Summary
from prune_tui.tui.palette import Palette
from prune_tui.tui.steps.pick.sessions.reading import Found
from prune_tui.tui.widgets.tables.columns import Cells, Column

Order = Literal["date", "name", "model"]
ORDERS: Final[tuple[Order, ...]] = ("date", "name", "model")

_NARROW: Final = 73
_MOST_NAME: Final = 26


def columns(width: int, order: Order) -> list[Column]:
    """Return the columns for a width; the one that the rows are in order of is marked."""
    if width < _NARROW - 5:
        return [Column("name", "session", max(10, width - 17)), Column("result", "best", 12, True)]
    room = max(0, width - _NARROW)
    name = min(room // 2, _MOST_NAME)

    def label(text: str, of: Order) -> str:
        return f"{text} {'▾' if of == 'date' else '▴'}" if of == order else text

    return [
        Column("name", label("session", "name"), 17 + name),
        Column("on", label("model on data", "model"), 15 + min(room - name, 20)),
        Column("date", label("date", "date"), 10),
        Column("result", "best", 12, True),
        Column("state", "state", 9),
    ]


def in_order(found: Iterable[Found], order: Order) -> list[Found]:
    """Return the sessions newest first, or by their name, or by their model, the newest of each first."""
    by_date = sorted(found, key=lambda one: one.modified or datetime.min, reverse=True)
    if order == "date":
        return by_date
    if order == "name":
        return sorted(by_date, key=lambda one: one.path.stem.casefold())
    return sorted(by_date, key=lambda one: one.summary.model.casefold() if one.summary else "￿")


def key_of(found: Found) -> str:
    """Return a row's key: its file, and the words that it can be found by."""
    summary = found.summary
    words = (summary.model, summary.dataset, summary.state) if summary is not None else (found.problem,)
    return "\n".join((found.path.name, *words))


def cells(found: Found, columns: list[Column], palette: Palette, *, is_open: bool) -> Cells:
    """Return the row of a session."""
    summary = found.summary
    name = shortened(printable(found.path.stem), columns[0].width)
    date = Text(found.modified.strftime("%Y-%m-%d") if found.modified else "", palette.muted)
    if summary is None:
        note = Text("can't be read", palette.bad) if found.problem else Text("…", palette.faint)
        has_on = any(column.key == "on" for column in columns)
        unread = {"name": Text(name, palette.faint), "on" if has_on else "result": note, "date": date}
        return tuple(unread.get(column.key, Text("")) for column in columns)
    is_result = summary.best is not None and summary.best.attempt is not None
    row = {
        "name": Text(name, palette.selected if is_open else palette.text),
        "on": Text(printable(f"{summary.model} on {summary.dataset}"), palette.muted),
        "date": date,
        "result": Text(summary.result, palette.bold if is_result else palette.muted),
        "state": Text("● open" if is_open else summary.state, _tone(summary, palette, is_open=is_open)),
    }
    return tuple(row[column.key] for column in columns)


def _tone(summary: Summary, palette: Palette, *, is_open: bool) -> Style:
    if is_open:
        return palette.selected
    if summary.is_read_only:
        return palette.warn
    return palette.text if summary.progress == "measured" else palette.muted


def about(found: Found, palette: Palette, *, get_checkpoints: str) -> Text:
    """Say what a session is: its decisions, its best result, and how to get checkpoints that are not here."""
    text = Text(overflow="fold")
    summary = found.summary
    if summary is None:
        tone = palette.bad if found.problem else palette.muted
        return text.append(printable(found.problem) or "reading …", tone)
    text.append(printable(found.path.stem), palette.bold)
    text.append(f"  {printable(summary.model)} on {printable(summary.dataset)}", palette.text)
    text.append(f", {found.modified:%Y-%m-%d %H:%M}" if found.modified is not None else "", palette.muted)
    text.append(f"\n{_decisions(summary)}", palette.muted)
    text.append(f"\n{_best(summary)}", palette.text)
    if summary.is_read_only:
        text.append("\nread-only: its checkpoints are not here. This makes them:", palette.warn)
        text.append(f"\n{printable(get_checkpoints)}", palette.bold)
    return text


def _decisions(summary: Summary) -> str:
    number, draft = len(summary.decisions), "; a plan being made" if summary.has_draft else ""
    if not number:
        return f"no decisions yet{draft}"
    plural = "" if number == 1 else "s"
    return f"{number} decision{plural}, the last: {summary.decisions[-1].description}{draft}"


def _best(summary: Summary) -> str:
    best = summary.best
    if best is None:
        return "nothing measured on the test set yet"
    accuracy = f"{accuracy_text(best.accuracy, best.interval)} on the test set"
    if best.attempt is None:
        return f"dense {accuracy}; no attempt measured yet"
    ratio = times_text(best.compression_ratio)
    return f"best {accuracy} at {ratio}: attempt {best.attempt}, {best.network}"
