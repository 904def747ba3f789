"""The counts of every attempt are kept, whether it was measured or not."""

from dataclasses import replace

from prune_tui.core.network import NetworkCounts
from prune_tui.core.report import LayerFigures
from prune_tui.core.run.events import Counted, DecisionFinished, DecisionStarted, Event, Shrunk
from prune_tui.core.run.fold import apply
from prune_tui.core.run.view import View
from prune_tui.core.session.decisions import DecisionKind
from tests.core.run.test_view import READY

COUNTS = NetworkCounts(parameters=4001, nonzero=1000, macs=100, nonzero_macs=10, file_bytes=9)


def counted(nonzero: int) -> Counted:
    layers = (LayerFigures(name="a", parameters=1000, nonzero=nonzero, sparsity=1 - nonzero / 1000),)
    return Counted(replace(COUNTS, nonzero=nonzero), layers, 1 - nonzero / 1000, 1.0)


def carried_out(view: View, index: int, kind: DecisionKind, *events: Event) -> View:
    view = apply(view, DecisionStarted(index, kind, "t", 0.0))
    for event in (*events, DecisionFinished(index, None, 1.0)):
        view = apply(view, event)
    return view


def test_each_prune_keeps_its_last_counts_and_what_follows_belongs_to_it() -> None:
    view = apply(View(), READY)
    shrunk = replace(COUNTS, parameters=50, nonzero=40)
    view = carried_out(view, 1, "prune", counted(900), counted(500))
    view = carried_out(view, 2, "shrink", Shrunk((("a", 10, 5),), shrunk, 0.0, 10, 1.0))
    view = carried_out(view, 3, "finetune", counted(490))
    view = carried_out(view, 4, "prune", counted(100))
    first, second = view.report.attempt_counts
    assert (first.decision, first.nonzero, first.shrunk) == (1, {"a": 490}, shrunk)
    assert (second.decision, second.nonzero, second.sparsity) == (4, {"a": 100}, 0.9)
    assert (second.counts.nonzero, second.shrunk) == (100, None)


def test_counting_while_a_session_opens_adds_nothing() -> None:
    view = apply(apply(View(), READY), counted(500))
    assert view.report.attempt_counts == ()
    assert view.counted is not None


def test_more_training_of_a_prune_from_an_older_file_adds_nothing() -> None:
    view = carried_out(apply(View(), READY), 3, "finetune", counted(500))
    assert view.report.attempt_counts == ()
