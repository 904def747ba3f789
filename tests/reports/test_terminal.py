"""A report is drawn whole within eighty columns, each figure under its own name."""

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console, RenderableType

from prune_tui.core.report import Distribution, LayerFigures, NativeFigures, Report
from prune_tui.core.session.decisions import LoadDense, Prune, Sweep
from prune_tui.core.session.session import Session
from prune_tui.reports.terminal import report_tables, session_tables
from prune_tui.reports.terminal.distributions import MAX_LAYERS, histogram_line
from prune_tui.reports.terminal.layers import weights_bar
from prune_tui.reports.terminal.verdicts import verdict
from tests import made_up


def drawn(content: RenderableType, width: int = 80) -> str:
    """What is printed where there is no colour."""
    console = Console(width=width, file=io.StringIO(), highlight=False)
    console.print(content)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("num_layers", [1, 4, 60])
def test_everything_fits_eighty_columns_uncut(num_layers: int) -> None:
    text = drawn(report_tables(made_up.report(num_layers)))
    assert max(len(line) for line in text.splitlines()) <= 80
    assert not re.search(r"\d…", text)


def test_the_three_networks_stand_side_by_side_each_figure_under_its_own_name() -> None:
    text = drawn(report_tables(made_up.report()))
    rows = {re.split(r"\s{2,}", line)[0]: line.split() for line in text.splitlines() if line}
    assert rows["compression ratio"][-3:] == ["1.0×", "10.0×", "10.0×"]
    assert rows["theoretical speedup"][-3:] == ["1.0×", "10.0×", "10.0×"]
    assert rows["parameters"][-5:] == ["431,080", "431,080", "45,000", "−90", "%"]
    assert rows["file"][-8:] == ["1.72", "MB", "0.23", "MB", "0.18", "MB", "−90", "%"]


def test_latency_is_shown_for_each_network_and_batch_size_beside_the_dense_one() -> None:
    text = drawn(report_tables(made_up.report()))
    assert re.search(r"ms p50/p95, batch 64 +4\.31/6\.47 +4\.31/6\.47 +0\.45/0\.68 +−90 %", text)
    assert re.search(r"as sparse \(CSR\) +0\.80/1\.20 +−81 %", text)


def test_the_network_as_c_stands_under_the_one_that_it_is_with_how_much_faster_it_is() -> None:
    report = made_up.report()
    text = drawn(report_tables(replace(report, native=made_up.native())))
    assert re.search(r"as C \(sparse\) +0\.20/0\.30 +21\.6× faster", text)
    shrunk = drawn(report_tables(replace(report, native=made_up.native(is_shrunk=True))))
    of_shrunk, of_pruned = (re.search(r"as C \(sparse\) +0\.05", one) for one in (shrunk, text))
    assert of_shrunk is not None
    assert of_pruned is not None
    assert of_shrunk.end() > of_pruned.end()
    assert max(len(line) for line in shrunk.splitlines()) <= 80


def test_a_network_that_is_not_run_as_c_has_no_row_and_a_reason() -> None:
    refused = NativeFigures(refusal="layer3: aten.cumsum can't be written as C")
    text = drawn(report_tables(replace(made_up.report(), native=refused)))
    assert "as C (sparse)" not in text
    assert "layer3: aten.cumsum can't be written as C." in " ".join(text.split())


def test_a_sweep_has_a_row_a_sparsity_a_column_a_curve_and_a_plot_that_needs_no_colour() -> None:
    curves = (
        made_up.curve("l1", batch_sizes=("64",)),
        made_up.curve("l1", mode="sparse", batch_sizes=("64",)),
        made_up.curve("l2", unit=True, globally=True),
    )
    text = drawn(report_tables(Report(curves=curves)))
    assert re.search(r"0\.90 +63\.6 +63\.6 +63\.6", text)
    assert re.search(r"0\.90 +64\.00 +23\.68 \(2\.7×\)", text)
    assert re.search(r"0\.90 +10\.0× +9\.0×", text)
    assert "xx l1 weight" in text
    assert "oo l2 unit global" in text


def test_a_sweep_says_what_its_masked_and_shrunk_networks_save() -> None:
    curves = (made_up.curve("l2", unit=True), made_up.curve("l2", unit=True, mode="shrunk"))
    text = drawn(report_tables(Report(curves=curves)))
    savings = text[text.index("compression ratio, theoretical speedup") :]
    assert re.search(r"masked +shrunk", savings)
    assert re.search(r"0\.90 +10\.0× +9\.0× +10\.0× +9\.0×", savings)


def test_each_sweep_has_its_own_tables() -> None:
    curves = tuple(made_up.curve("l1", decision=decision) for decision in (1, 3))
    text = drawn(report_tables(Report(curves=curves)))
    assert "sweep, decision 2: validation accuracy" in text
    assert "sweep, decision 4: validation accuracy" in text


def test_of_many_layers_only_the_largest_are_drawn_and_it_says_so() -> None:
    text = drawn(report_tables(made_up.report(60)))
    assert f"the {MAX_LAYERS} largest of 60 layers" in text
    histograms = text[text.index("distribution of |w|") :]
    assert "stage59.conv" in histograms
    assert "stage0.conv" not in histograms


def test_a_histogram_shows_emptiness_and_anything_at_all() -> None:
    counts = Distribution(layer="a", stage="dense", measure="weights", largest=1.0, counts=(800, 0, 1, 400))
    assert histogram_line(counts, largest=1.0, num_bars=4) == "█ ▁▅"
    assert histogram_line(counts, largest=2.0, num_bars=4) == "█▅  "
    assert histogram_line(replace(counts, counts=(0, 0)), largest=1.0, num_bars=4) == "    "


def test_a_bar_shows_that_a_layer_is_there_and_that_weights_are_left() -> None:
    def bar(parameters: int, nonzero: int) -> str:
        layer = LayerFigures(name="a", parameters=parameters, nonzero=nonzero, sparsity=0.5)
        return weights_bar(layer, 1000)

    assert bar(1000, 500) == "█" * 10 + "░" * 10
    assert bar(1000, 1) == "█" + "░" * 19
    assert bar(1, 1) == "█"
    assert bar(1000, 0) == "░" * 20


def test_a_session_without_a_record_is_shown() -> None:
    session = Session(
        name="a", model="mlp", dataset="mnist", decisions=(LoadDense(), Sweep(), Prune(plan=0.5))
    )
    text = drawn(session_tables(session))
    assert "2  sweep l1 weight, 9 sparsities" in text
    assert "3  prune l1 weight, 1 round" in text


def test_an_empty_report_is_shown() -> None:
    assert drawn(report_tables(Report())).strip() == "the test set was read 0 times"


@pytest.mark.parametrize(
    ("reproduced", "identical", "words"),
    [
        (None, None, "no record"),
        (True, True, "identical to the bit"),
        (True, False, "within 0.5 points"),
        (False, False, "not reproduced"),
    ],
)
def test_a_verdict_is_one_of_four(reproduced: bool | None, identical: bool | None, words: str) -> None:
    assert words in drawn(verdict(reproduced, identical, (), 0.5))


def test_a_verdict_names_how_the_machines_differ() -> None:
    elsewhere = replace(made_up.ENVIRONMENT, device_name="another processor")
    text = drawn(verdict(True, False, (), 0.5, (elsewhere, made_up.ENVIRONMENT)))
    assert "device: recorded with cpu (another processor), replayed with cpu (made up)" in text
    assert "threads" not in text
