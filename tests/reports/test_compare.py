"""Every measured network is a row with ratios against dense, and the best is small before it is accurate."""

from dataclasses import replace

import pytest

from prune_tui.core.report import Attempt, Figures, Report
from prune_tui.core.session.decisions import Decision, LoadDense, Measure, Prune, Shrink
from prune_tui.reports.compare import Compared, best_of, compared
from prune_tui.reports.terminal.plots import marker_of, tradeoff_plot

DECISIONS: tuple[Decision, ...] = (
    LoadDense(),
    Prune(plan={"a": 0.5}),
    Measure(),
    Prune(plan={"a": 0.5}, criterion="l2", granularity="unit"),
    Shrink(),
    Measure(),
)


def figures(accuracy: float, nonzero: int, *, parameters: int = 1_000) -> Figures:
    return Figures(
        accuracy=accuracy,
        loss=0.1,
        sparsity=1 - nonzero / parameters,
        weights_sha256="0" * 64,
        parameters=parameters,
        nonzero=nonzero,
        macs=10 * parameters,
        nonzero_macs=10 * nonzero,
        file_bytes=4 * nonzero,
    )


REPORT = Report(
    dense=figures(0.98, 1_000),
    pruned=figures(0.97, 100),
    shrunk=figures(0.97, 80, parameters=80),
    measured_by=5,
    attempts=(Attempt(decision=2, pruned=figures(0.99, 500)),),
)


def row(accuracy: float, ratio: float, attempt: int | None = 1) -> Compared:
    return Compared("s", "pruned" if attempt else "dense", attempt, "p", accuracy, None, ratio, ratio, 10)


def test_rows_are_dense_then_every_attempt_with_ratios_against_dense() -> None:
    rows = compared("s", REPORT, DECISIONS)
    assert [(each.network, each.attempt) for each in rows] == [
        ("dense", None),
        ("pruned", 1),
        ("pruned", 2),
        ("shrunk", 2),
    ]
    assert [each.compression_ratio for each in rows] == [1.0, 2.0, 10.0, 12.5]
    assert [each.theoretical_speedup for each in rows] == [1.0, 2.0, 10.0, 12.5]
    assert rows[1].name.startswith("prune l1 weight")
    assert rows[3].name.startswith("prune l2 unit")


def test_a_report_without_figures_has_no_rows() -> None:
    assert compared("s", Report(), ()) == ()
    assert [each.network for each in compared("s", replace(Report(), dense=REPORT.dense), ())] == ["dense"]


@pytest.mark.parametrize(
    ("attempts", "best"),
    [
        ([(0.985, 2.0), (0.981, 20.0), (0.95, 90.0)], (0.981, 20.0)),
        ([(0.98, 20.0), (0.985, 20.0)], (0.985, 20.0)),
        ([(0.97, 8.0), (0.9, 30.0)], (0.97, 8.0)),
        ([(0.98, 8.0)], (0.98, 8.0)),
    ],
)
def test_the_best_is_the_smallest_within_a_point_else_the_most_accurate(
    attempts: list[tuple[float, float]], best: tuple[float, float]
) -> None:
    rows = [row(0.99, 1.0, None), *(row(*each) for each in attempts)]
    found = best_of(rows)
    assert found is not None
    assert (found.accuracy, found.compression_ratio) == best


def test_dense_alone_is_no_result() -> None:
    assert best_of([row(0.99, 1.0, None)]) is None


def test_the_plot_has_dense_at_the_left_and_the_smallest_at_the_right() -> None:
    series = [[(1.0, 0.99), (100.0, 0.5)], [(1.0, 0.7), (10.0, 0.6)]]
    lines = tradeoff_plot(series).plain.splitlines()
    assert all("1×" in lines[-1] and tick in lines[-1] for tick in ("2×", "10×", "100×"))
    first, second = marker_of(0), marker_of(1)
    dense = next(line for line in lines if line.partition("┤")[2].startswith(first))
    assert dense == lines[2]
    columns = [line.rindex(first) for line in lines[2:] if first in line[5:]]
    middle = next(line.index(second, 6) for line in lines if second in line[6:])
    assert columns[0] < middle < columns[-1]
