"""A session in a line says how far it is, and its best result with the compression it has."""

from dataclasses import replace

import pytest

from prune_tui.core.report import Attempt, Report
from prune_tui.core.session.decisions import Decision, Finetune, LoadDense, Measure, Prune, Scan, Sweep
from prune_tui.core.session.draft import Draft
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.session import Record, Session
from prune_tui.reports.summaries import summary_of
from tests import made_up
from tests.reports.test_compare import figures

EMPTY = Session(name="s", model="lenet5", dataset="digits")
DENSE = Report(dense=figures(0.98, 1_000))
MEASURED = replace(DENSE, pruned=figures(0.975, 100), measured_by=2)
LATER = replace(DENSE, attempts=(Attempt(decision=2, pruned=figures(0.975, 100)),))
PRUNED: tuple[Decision, ...] = (LoadDense(), Prune(plan=0.5), Measure())


@pytest.mark.parametrize(
    ("decisions", "report", "state", "result"),
    [
        ((), None, "new", ""),
        ((LoadDense(),), DENSE, "dense", "98.0 % dense"),
        ((LoadDense(), Scan()), DENSE, "scanned", "98.0 % dense"),
        ((LoadDense(), Sweep()), replace(DENSE, curves=(made_up.curve("l1"),)), "swept", "98.0 % dense"),
        (PRUNED[:2], DENSE, "pruned", "98.0 % dense"),
        (PRUNED, MEASURED, "measured", "97.5 % 10.0×"),
        ((*PRUNED, Finetune(training=Training(num_epochs=1))), LATER, "pruned", "97.5 % 10.0×"),
    ],
)
def test_state_and_result(
    decisions: tuple[Decision, ...], report: Report | None, state: str, result: str
) -> None:
    record = Record(report=report) if report is not None else None
    session = replace(EMPTY, decisions=decisions, record=record)
    summary = summary_of(session, is_read_only=False)
    assert (summary.state, summary.result) == (state, result)
    assert summary_of(session, is_read_only=True).state == "read-only"


def test_a_plan_being_made_is_told() -> None:
    assert not summary_of(EMPTY, is_read_only=False).has_draft
    assert summary_of(replace(EMPTY, draft=Draft()), is_read_only=False).has_draft
