"""`prune-tui compare` prints every measured network, in words with a plot, or as one document."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from prune_tui.cli.app import app
from prune_tui.storage import read_session, write_session

FOLDER = Path(__file__).parents[2] / "sessions"
SHIPPED = sorted(FOLDER.glob("*.json"))


def run(*arguments: str | Path) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(app, ["compare", *map(str, arguments)])


def test_two_sessions_stand_below_each_other_and_in_one_plot() -> None:
    result = run(FOLDER / "han-cnn.json", FOLDER / "lenet-structured.json")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert any(line.startswith("x han-cnn   han-cnn on mnist") for line in lines)
    assert any(line.split()[:3] == ["pruned", "best", "99.3"] and "37.1×" in line for line in lines)
    assert any(line.split()[:3] == ["shrunk", "best", "98.9"] and "8.1×" in line for line in lines)
    plot = lines[next(at for at, line in enumerate(lines) if "by compression ratio" in line) :]
    drawn = "".join(line.partition("┤")[2] for line in plot)
    assert "x" in drawn
    assert "o" in drawn
    assert max(map(len, lines)) <= 80


def test_one_document_holds_all() -> None:
    result = run(FOLDER / "mlp-speed.json", FOLDER / "quickstart.json", "--json")
    assert result.exit_code == 0
    sessions = json.loads(result.stdout)["sessions"]
    assert [each["session"] for each in sessions] == ["mlp-speed", "quickstart"]
    dense, pruned, shrunk = sessions[0]["networks"]
    assert (dense["network"], dense["attempt"], dense["compression_ratio"]) == ("dense", None, 1.0)
    assert (pruned["network"], pruned["attempt"], pruned["is_best"]) == ("pruned", 1, False)
    assert shrunk["is_best"]
    assert shrunk["file_bytes"] < pruned["file_bytes"]
    assert shrunk["latency_ms"]["64"].keys() == {"p50", "p95"}
    report = read_session(FOLDER / "mlp-speed.json").record
    assert report is not None
    assert report.report.pruned is not None
    assert pruned["accuracy"] == report.report.pruned.accuracy


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_recorded_session_can_be_compared(path: Path) -> None:
    assert run(path).exit_code == 0
    assert run(path, "--json").exit_code == 0


def test_unusable_input_is_one_line_and_exit_2(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{")
    session = read_session(FOLDER / "quickstart.json")
    write_session(tmp_path / "empty.json", replace(session, decisions=(), record=None))
    for path, why in (("bad.json", "not JSON"), ("empty.json", "no record"), ("no.json", "no such")):
        result = run(FOLDER / "quickstart.json", tmp_path / path)
        assert result.exit_code == 2
        assert result.stdout == ""
        assert result.stderr.count("\n") == 1
        assert path in result.stderr
        assert why in result.stderr
    assert run().exit_code == 2
