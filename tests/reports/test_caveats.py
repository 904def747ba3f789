"""A report warns of what applies to it, and of nothing else."""

from dataclasses import replace

from prune_tui.core.report import Report
from prune_tui.core.session.decisions import Measure, Prune, Shrink
from prune_tui.reports.caveats import (
    NO_SPARSE_CONVOLUTIONS,
    NOTHING_REMOVED,
    SPARSE,
    TWO_OF_FOUR,
    UNITS_LEFT_IN,
    caveats,
)
from tests import made_up


def test_it_warns_of_nothing_where_nothing_was_pruned() -> None:
    assert caveats(Report(dense=made_up.figures(0.9))) == ()


def test_it_warns_of_zeros_and_says_what_is_smaller() -> None:
    report = Report(dense=made_up.figures(0.9), pruned=made_up.figures(0.9, nonzero=9))
    assert "Only its file" not in caveats(report)[0]
    smaller = replace(report, pruned=made_up.figures(0.9, nonzero=9, file_bytes=9))
    assert "no faster and no smaller in memory" in caveats(smaller)[0]
    assert "Only its file is smaller" in caveats(smaller)[0]


def test_it_warns_of_units_until_they_are_removed() -> None:
    units = (Prune(plan=0.5, granularity="unit"), Measure())
    report = made_up.report()
    assert UNITS_LEFT_IN not in caveats(report, (*units, Shrink()))
    assert UNITS_LEFT_IN in caveats(replace(report, shrunk=None), units)
    assert NOTHING_REMOVED in caveats(replace(report, shrunk=report.pruned), units)


def test_it_warns_of_sparse_kernels_only_where_they_ran() -> None:
    report = made_up.report()
    assert {SPARSE, NO_SPARSE_CONVOLUTIONS} <= set(caveats(report))
    assert not {SPARSE, TWO_OF_FOUR} & set(caveats(Report(pruned=report.pruned)))
    assert TWO_OF_FOUR in caveats(report, (Prune(plan=0.5, granularity="n_m"),))
