"""The examples go from a scan with a budget to a replay to the bit, and run only where they may."""

import json
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner, Result

import prune_tui as pt
from prune_tui.cli.app import app
from prune_tui.storage import read_session

ROOT = Path(__file__).parents[2]
CASES = {
    "net": ("examples/net.py:tied_residual_grey", "digits", "3x", "load_dense"),
    "tabular": ("examples/tabular.py:network", "examples/tabular.py:data", "2x", "train_dense"),
}


@pytest.fixture(autouse=True)
def _work_at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize("case", CASES)
def test_an_example_is_scanned_solved_recorded_and_replayed_to_the_bit(case: str, tmp_path: Path) -> None:
    model, dataset, budget, first_decision = CASES[case]
    options: list[str | Path] = ["--images", "300", "--threads", "1", "--out", tmp_path / "s"]
    if first_decision == "load_dense":
        torch.save(pt.model(model, pt.dataset(dataset)).state_dict(), tmp_path / "mine.pt")
        options += ["--weights", tmp_path / "mine.pt"]
    scanned = run("scan", "--model", model, "--dataset", dataset, "--budget", budget, "--json", *options)
    assert scanned.exit_code == 0, scanned.stderr
    found = json.loads(scanned.stdout)
    assert found["price"]["parameters"] / found["price"]["nonzero"] >= float(budget[:-1])
    path, file = Path(found["session"]), model.partition(":")[0]
    session = read_session(path)
    assert [code.path for code in session.code] == [file]
    assert [decision.kind for decision in session.decisions] == [first_decision, "scan"]

    refused = run("replay", path, "--out", tmp_path / "again")
    assert (refused.exit_code, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
    assert f"runs code of your own, {file}: read it, then add --allow-code" in refused.stderr
    assert not (tmp_path / "again").exists()

    replayed = run("replay", path, "--out", tmp_path / "again", "--allow-code", "--json")
    assert replayed.exit_code == 0, replayed.stderr
    assert json.loads(replayed.stdout)["identical"] is True
    verified = run("verify", tmp_path / "again" / path.name, "--allow-code")
    assert verified.exit_code == 0, verified.stderr
