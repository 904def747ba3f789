"""A run is narrated on stderr: a bar with a terminal, a line for each piece of news without."""

import io
import re
import sys
from collections.abc import Iterable

import pytest

from prune_tui.cli.progress import Progress
from prune_tui.core.network import NetworkCounts
from prune_tui.core.run.events import (
    DecisionFinished,
    DecisionStarted,
    Event,
    PointSwept,
    Shrunk,
    SweepStarted,
)
from prune_tui.core.run.fold import apply
from prune_tui.core.run.view import View
from tests import made_up

EMPTY = made_up.curve("l1", sparsities=())
POINTS = made_up.curve("l1").points
SHRUNK = Shrunk(
    units=(("fc1", 100, 40),),
    counts=NetworkCounts(parameters=1000, nonzero=1000, macs=5000, nonzero_macs=5000, file_bytes=4000),
    disagreement=0.0,
    num_images=64,
    seconds=1.0,
)
EVENTS: tuple[Event, ...] = (
    DecisionStarted(1, "sweep", "sweep " + ", ".join(["l1 weight"] * 12), 0.0),
    SweepStarted((EMPTY,), len(POINTS)),
    *(
        PointSwept(EMPTY, point, number, len(POINTS), number / 10)
        for number, point in enumerate(POINTS, start=1)
    ),
    DecisionFinished(1, None, 1.0),
    DecisionStarted(2, "shrink", "shrink: remove pruned units", 0.0),
    SHRUNK,
    DecisionFinished(2, None, 1.0),
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def narrated(events: Iterable[Event], stderr: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    view = View()
    with Progress() as progress:
        for event in events:
            view = apply(view, event)
            progress.show(event, view)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stderr.getvalue())


def test_without_a_terminal_every_point_and_the_shrinking_are_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = narrated(EVENTS, io.StringIO(), monkeypatch).splitlines()
    assert "l1 weight masked at 90 %: validation accuracy 63.6 %" in lines
    assert "shrunk: 1,000 parameters, 5,000 MACs are left" in lines
    assert len([line for line in lines if "masked at" in line]) == len(POINTS)


def test_a_terminal_shows_a_bar_with_the_last_point_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    text = narrated(EVENTS, Terminal(), monkeypatch)
    last = [line for line in text.replace("\r", "\n").splitlines() if line.strip()][-2:]
    assert last[0].startswith("sweep l1 weight")
    assert "10/10 l1 weight 99 %: 24.2 %" in last[0]
    assert "shrunk: 1,000" in last[1]
    assert all(len(line) <= 80 for line in last)
