"""The app begins only with what there is, and ends with the terminal as it was."""

from pathlib import Path

import pytest

from prune_tui.core.errors import PruneTuiError
from prune_tui.tui import app
from prune_tui.tui.options import Options
from tests.tui.helpers import options_for


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "lenet6"}, "unknown model"),
        ({"dataset": "imagefolder:~nosuchuser/x"}, "no image folder ~nosuchuser/x"),
        ({"dataset": "imagefolder:" + "n" * 5000}, "no image folder"),
        ({"data_dir": None}, "no such user"),
    ],
)
def test_what_is_not_there_is_told_before_the_app_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str | None], message: str
) -> None:
    def begun(_options: Options) -> None:
        raise AssertionError("the app has begun")

    monkeypatch.setattr(app, "PruneApp", begun)
    monkeypatch.setenv("PRUNE_TUI_DATA", "~nosuchuser/x")
    with pytest.raises(PruneTuiError, match=message):
        app.run(options_for(tmp_path, **changes))
