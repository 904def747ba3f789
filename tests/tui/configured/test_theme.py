"""The app begins with the configured theme, and tells which one the person chooses."""

from pathlib import Path

import pytest

from prune_tui.configuration.configuration import Configuration
from prune_tui.configuration.remembered import RememberedTheme, remember_theme
from prune_tui.core.errors import ConfigurationError
from prune_tui.tui.app import PruneApp
from prune_tui.tui.configured.theme import check_theme, first_theme
from tests.tui.fake_runner import Script, maker
from tests.tui.helpers import options_for


def test_a_theme_that_there_is_not_is_told() -> None:
    check_theme(Configuration(Path("c.toml"), {"theme": "nord"}))
    with pytest.raises(ConfigurationError, match=r"c\.toml: unknown theme 'nrod': did you mean nord"):
        check_theme(Configuration(Path("c.toml"), {"theme": "nrod"}))


def test_the_first_theme_is_the_configured_or_the_remembered_one() -> None:
    assert first_theme(None) == "prune-dark"
    assert first_theme("nord") == "nord"
    remember_theme(RememberedTheme("prune-light", "nord"))
    assert first_theme("nord") == "prune-light"
    remember_theme(RememberedTheme("gone", "nord"))
    assert first_theme("nord") == "nord"


async def test_what_is_chosen_in_the_app_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    options = options_for(tmp_path, theme="nord")
    app = PruneApp(options, make_runner=maker(Script(), options.sessions_dir), remember=told.append)
    async with app.run_test() as pilot:
        assert app.theme == "nord"
        assert told == []
        await pilot.press("ctrl+t")
        await pilot.pause()
    assert told == ["prune-light"]


async def test_where_there_is_no_shell_to_go_back_to_it_is_said(tmp_path: Path) -> None:
    options = options_for(tmp_path)
    app = PruneApp(options, make_runner=maker(Script(), options.sessions_dir))
    async with app.run_test(notifications=True) as pilot:
        await pilot.press("ctrl+z")
        await pilot.pause()
        assert [note.message for note in app._notifications] == [
            "only a POSIX terminal's shell can take over and come back"
        ]
