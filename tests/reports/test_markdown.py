"""The Markdown summary holds the networks side by side, each sweep, and how to get it all again."""

from prune_tui.core.report import Report
from prune_tui.core.session.decisions import LoadDense, Measure, Prune
from prune_tui.core.session.session import Session
from prune_tui.reports.markdown import markdown_summary
from tests import made_up

SESSION = Session(name="a", model="mlp", dataset="mnist", decisions=(LoadDense(), Prune(plan=0.9), Measure()))


def summary(report: Report) -> list[str]:
    return markdown_summary(SESSION, report, replay_command="prune-tui replay a.json").splitlines()


def test_three_networks_stand_side_by_side_with_their_own_ratios() -> None:
    lines = summary(made_up.report())
    assert "|  | dense | pruned | shrunk | change |" in lines
    assert "| parameters | 431,080 | 431,080 | 45,000 | −90 % |" in lines
    assert "| compression ratio | 1.0× | 10.0× | 10.0× |  |" in lines
    assert "| theoretical speedup | 1.0× | 10.0× | 10.0× |  |" in lines


def test_sparse_latency_stands_under_pruned_alone() -> None:
    lines = summary(made_up.report())
    at = next(at for at, line in enumerate(lines) if line.startswith("| ms p50/p95, batch 64 |"))
    assert lines[at + 1].startswith("| as sparse (CSR) |  | 0.80/1.20 |  |")


def test_every_sweep_has_a_table_of_its_own() -> None:
    curves = (
        made_up.curve("l1"),
        made_up.curve("l2", unit=True, globally=True),
        made_up.curve("l1", decision=3, sparsities=(0.5,)),
    )
    lines = summary(Report(curves=curves))
    assert "| sparsity | l1 weight, masked | l2 unit global, masked |" in lines
    assert "| 0.90 | 63.6 | 63.6 |" in lines
    assert "Sweep (decision 4), validation accuracy in %:" in lines
    assert "| 0.50 | 97.7 |" in lines


def test_it_ends_with_what_gets_no_faster_and_how_to_replay() -> None:
    lines = summary(made_up.report())
    assert any(line.startswith("- Zeros in dense weights make a network no faster") for line in lines)
    assert lines[-3:] == ["```sh", "prune-tui replay a.json", "```"]


def test_a_report_with_nothing_in_it_has_no_table() -> None:
    assert not any(line.startswith("|") for line in summary(Report()))
