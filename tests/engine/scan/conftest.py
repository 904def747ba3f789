"""Time decides nothing in these tests."""

import pytest

from prune_tui.engine.scan import trial


@pytest.fixture(autouse=True)
def always_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let time decide nothing: networks this small are at the mercy of the machine."""
    monkeypatch.setattr(trial, "_pays", lambda *_: True)
