"""The log file of the tests is not the user's; a baseline counts as bundled, whether or not one ships."""

from pathlib import Path

import pytest

import prune_tui.tui.steps.pick.screen as pick


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    bundled = ("lenet5", "digits")
    monkeypatch.setattr(
        pick,
        "bundled_baseline",
        lambda model, dataset: tmp_path / "x.safetensors" if (model, dataset) == bundled else None,
    )
