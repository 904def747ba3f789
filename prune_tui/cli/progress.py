"""Narrates a run on stderr: a bar for each decision on a terminal, plain lines elsewhere."""

import os
import signal
import sys
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress
from rich.table import Column

from prune_tui.core.numbers import percent_text, share_text
from prune_tui.core.run.events import (
    BatchEvaluated,
    BatchTrained,
    CellScanned,
    DataProgress,
    DecisionFinished,
    DecisionStarted,
    EpochFinished,
    Event,
    KernelsTimed,
    LatencyMeasured,
    Measured,
    PointSwept,
    Pruned,
    Shrunk,
    StepBegun,
)
from prune_tui.core.run.sweep_curves import method_name, mode_name
from prune_tui.core.run.view import LogLine, View


class Progress:
    """A context in which events are shown as they come."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._bars = RichProgress(
            TextColumn("{task.description}", markup=False, table_column=_cut(1)),
            BarColumn(bar_width=14),
            TextColumn("{task.fields[detail]}", markup=False, table_column=_cut(2)),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            expand=True,
            disable=not sys.stderr.isatty(),
        )
        self._task: TaskID | None = None
        self._last: LogLine | None = None

    def __enter__(self) -> Self:
        if not self._bars.disable and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, _show_cursor_and_end)
        try:
            self._bars.start()
        except BaseException:
            self._bars.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()
        if signal.getsignal(signal.SIGTERM) is _show_cursor_and_end:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def show(self, event: Event, view: View) -> None:
        """Show an event, and how far the decision under way is."""
        if self._bars.disable:
            self._print_news(view)
            return
        match event:
            case DataProgress():
                if self._task is None:
                    self._task = self._bars.add_task(event.what, total=event.total, detail="")
                self._bars.update(self._task, completed=event.done, total=event.total)
            case DecisionStarted():
                self._task = self._bars.add_task(event.title, total=1.0, detail="")
            case DecisionFinished() if self._task is not None:
                self._bars.update(self._task, completed=1.0)
            case BatchTrained() | BatchEvaluated() | CellScanned() if self._task is not None and view.running:
                self._bars.update(self._task, completed=view.running.done)
            case PointSwept() if self._task is not None and view.running:
                self._bars.update(self._task, completed=view.running.done, detail=_swept(event))
            case StepBegun() if self._task is not None:
                self._bars.update(self._task, detail=event.step)
            case EpochFinished() if self._task is not None:
                self._bars.update(self._task, detail=f"validation {percent_text(event.figures.accuracy)}")
            case KernelsTimed() if self._task is not None:
                self._bars.update(self._task, detail=f"timing kernels: {percent_text(event.done, 0)}")
            case Pruned() | Shrunk() | Measured() | LatencyMeasured() if self._task is not None and view.log:
                self._bars.update(self._task, detail=view.log[-1].text)
            case _:
                pass

    def _print_news(self, view: View) -> None:
        """Print the log's lines that are not printed yet."""
        lines = view.log
        fresh = lines[lines.index(self._last) + 1 :] if self._last in lines else lines
        for line in fresh:
            self._console.print(line.text, markup=False, soft_wrap=True)
            self._last = line


def _show_cursor_and_end(number: int, _frame: FrameType | None) -> None:
    """Show the cursor, which the bars hide, and end as the signal would have."""
    with suppress(OSError):
        os.write(2, b"\x1b[?25h\n")
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)


def _cut(share: int) -> Column:
    """Return a column that takes a share of the free width, and cuts longer text."""
    return Column(no_wrap=True, overflow="ellipsis", ratio=share)


def _swept(event: PointSwept) -> str:
    mode = "" if event.curve.mode == "masked" else f" {mode_name(event.curve)}"
    point = f"{share_text(event.point.sparsity)}: {percent_text(event.point.accuracy)}"
    return f"{event.num_done}/{event.num_points} {method_name(event.curve)}{mode} {point}"
