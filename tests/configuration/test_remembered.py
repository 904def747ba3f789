"""The theme chosen last is the one to begin with, whether it was chosen in the app or in the file."""

from pathlib import Path

import pytest

from prune_tui.configuration.remembered import (
    RememberedTheme,
    remember_theme,
    remembered_theme,
    theme_to_use,
)


def test_what_is_remembered_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "state" / "remembered.json"
    assert remembered_theme(path) is None
    for chosen in (RememberedTheme("nord"), RememberedTheme("prune-dark", "nord")):
        remember_theme(chosen, path)
        assert remembered_theme(path) == chosen


@pytest.mark.parametrize("content", ["", "[]", "{", '{"theme": 3}', '{"theme": "x", "configured": 3}'])
def test_a_broken_file_only_means_that_nothing_is_remembered(tmp_path: Path, content: str) -> None:
    path = tmp_path / "remembered.json"
    path.write_text(content)
    assert remembered_theme(path) is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    remember_theme(RememberedTheme("nord"), tmp_path / "file" / "remembered.json")


def test_the_choice_made_last_holds() -> None:
    assert theme_to_use(None, None) is None
    assert theme_to_use(None, RememberedTheme("nord")) == "nord"
    assert theme_to_use("monokai", RememberedTheme("nord", "monokai")) == "nord"
    assert theme_to_use("dracula", RememberedTheme("nord", "monokai")) == "dracula"
