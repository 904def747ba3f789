"""Progress on stderr: a bar on a terminal or in a notebook, nothing elsewhere; or a function of events."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from prune_tui.core.numbers import percent_text
from prune_tui.core.run.events import DataProgress, DecisionFinished, DecisionStarted, EpochFinished, Event
from prune_tui.core.run.view import View

OnEvent: TypeAlias = Callable[[Event], object]
"""Called with each event as it comes; what it raises ends the work, and leaves all as it was."""

Shown: TypeAlias = bool | OnEvent
"""True shows a bar, False nothing, and a function is called with each event."""


@contextmanager
def shown(progress: Shown) -> Iterator[Callable[[Event, View], None]]:
    """Yield a function that is called with each event, and the view after it."""
    if not isinstance(progress, bool):
        on_event = progress
        yield lambda event, _view: _call(on_event, event)
        return
    console = Console(stderr=True, highlight=False)
    if not progress or not (console.is_terminal or console.is_jupyter):
        yield _nothing
        return
    columns = TextColumn("{task.description}", markup=False), BarColumn(bar_width=20)
    detail = TextColumn("{task.fields[detail]}", markup=False)
    times = TimeElapsedColumn(), TimeRemainingColumn()
    with Progress(*columns, detail, *times, console=console) as bars:
        task = bars.add_task("opening", total=None, detail="")

        def show(event: Event, view: View) -> None:
            match event:
                case DataProgress():
                    bars.update(task, description=event.what, completed=event.done, total=event.total)
                case DecisionStarted():
                    bars.update(task, description=event.title, completed=0.0, total=1.0)
                case DecisionFinished():
                    bars.update(task, completed=1.0)
                case EpochFinished():
                    bars.update(task, detail=f"validation {percent_text(event.figures.accuracy)}")
                case _ if view.running is not None:
                    bars.update(task, completed=view.running.done)
                case _:
                    pass

        yield show


def _call(on_event: OnEvent, event: Event) -> None:
    on_event(event)


def _nothing(_event: Event, _view: View) -> None:
    """Show nothing."""
