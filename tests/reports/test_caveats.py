"""A report warns of what applies to it, and of nothing else."""

from dataclasses import replace

from prune_tui.core.report import NativeFigures, Report
from prune_tui.core.session.decisions import Measure, Prune, Shrink
from prune_tui.native.building import NO_COMPILER
from prune_tui.reports.caveats import (
    AS_C,
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


def test_where_zeros_ran_faster_it_says_by_how_much_how_and_in_which_layers() -> None:
    report = replace(made_up.report(), native=made_up.native(num_threads=2, num_different=3))
    said = " ".join(caveats(report))
    assert AS_C in said
    assert "8.6× faster at batch 1, 21.6× faster at batch 64 than dense in torch" in said
    assert "on 2 threads" in said
    assert "predictions differ on 3 of 500" in said
    assert "In torch, zeros in dense weights" in said
    assert "computed like other weights in a:" in said
    assert "have 50.0 % of them or more" in said


def test_where_zeros_did_not_run_faster_it_says_so() -> None:
    slow = NativeFigures(latency_ms={"1": made_up.latency(3.0)})
    said = " ".join(caveats(replace(made_up.report(), native=slow)))
    assert "7.0× slower at batch 1 than dense in torch" in said


def test_without_a_compiler_it_says_what_to_install() -> None:
    said = caveats(replace(made_up.report(), native=NativeFigures(refusal=NO_COMPILER)))
    assert any(NO_COMPILER in sentence for sentence in said)
    assert AS_C not in " ".join(said)
