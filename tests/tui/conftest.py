"""The log file of the tests is not the user's; a baseline counts as bundled, whether or not one ships.

Plans begin with each layer's own safe sparsity, a round number, except where a test is about suggestions.
"""

from pathlib import Path

import pytest

import prune_tui.tui.steps.pick.fields_screen as pick
from prune_tui.core.planning import planner


@pytest.fixture(autouse=True)
def round_suggestions(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.get_closest_marker("solved_suggestions") is None:
        monkeypatch.setattr(planner, "is_complete", lambda _scan: False)


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    bundled = ("lenet5", "digits")
    monkeypatch.setattr(
        pick,
        "bundled_baseline",
        lambda model, dataset: tmp_path / "x.safetensors" if (model, dataset) == bundled else None,
    )
