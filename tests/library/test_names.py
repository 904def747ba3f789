"""`import prune_tui` is light, and each of its names is there when it is first used."""

import subprocess
import sys
from typing import get_type_hints

import pytest

import prune_tui as pt

HEAVY = {"torch", "torchvision", "textual", "numpy", "pydantic", "rich", "typer", "plotext"}


def modules_after(code: str) -> set[str]:
    script = f"{code}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stderr == ""
    return set(done.stdout.split())


def test_the_import_brings_in_nothing_heavy() -> None:
    found = modules_after("import prune_tui as pt; dir(pt); pt.__version__; pt.PruneTuiError; pt.Training")
    assert "prune_tui" in found
    assert not found & HEAVY


def test_the_library_imports_no_screen_and_no_command_line() -> None:
    names = ", ".join(f"pt.{name}" for name in pt.__all__)
    found = modules_after(f"import prune_tui as pt; ({names})")
    assert "torch" in found
    assert not found & {"textual", "typer", "plotext"}


@pytest.mark.parametrize("name", pt.__all__)
def test_a_name_is_listed_loaded_and_documented(name: str) -> None:
    assert name in dir(pt)
    named = getattr(pt, name)
    if callable(named):
        assert named.__doc__
        assert named.__doc__.strip()


@pytest.mark.parametrize("name", [name for name in pt.__all__ if name[0].islower()])
def test_every_argument_of_a_function_has_a_type(name: str) -> None:
    function = getattr(pt, name)
    hints = get_type_hints(function)
    assert {*function.__code__.co_varnames[: function.__code__.co_argcount], "return"} <= hints.keys()


def test_all_names_are_those_that_can_be_loaded() -> None:
    assert sorted(pt.__all__) == sorted({"__version__", *pt._WHERE})
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        pt.nothing  # type: ignore[attr-defined]  # noqa: B018
