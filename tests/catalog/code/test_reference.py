"""What names a file of the user's own, and what is said of a file without running it."""

from pathlib import Path

import pytest

from prune_tui.catalog.code.reference import code_reference, definitions, demand_name
from prune_tui.catalog.models import file_stem, model_entry
from prune_tui.core.errors import CodeError, UnknownNameError


@pytest.mark.parametrize(
    "text", ["lenet5", "imagefolder:a.py", "torchvision:x.py:y", "net.pyc", "net:f", ".py"]
)
def test_other_names_are_no_references(text: str) -> None:
    assert code_reference(text) is None


@pytest.mark.parametrize(
    ("typed", "recorded"),
    [
        ("net.py:f", "net.py:f"),
        ("./sub/../net.py:f", "net.py:f"),
        ("sub/net.py", "sub/net.py"),
        ("{here}/net.py:f", "net.py:f"),
        ("../net.py:f", "{above}/net.py:f"),
    ],
)
def test_a_file_in_the_working_folder_is_recorded_relative_to_it_and_another_in_full(
    typed: str, recorded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    reference = code_reference(typed.format(here=tmp_path / "work"))
    assert reference is not None
    assert reference.text == recorded.format(above=tmp_path)
    again = code_reference(reference.text)
    assert again == reference


def test_a_file_without_a_name_lists_what_it_defines_and_is_not_run(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text("raise SystemExit\ndef small(): ...\ndef _hidden(): ...\nclass Net: ...\n")
    assert definitions(file.read_bytes(), file) == {"small": 2, "Net": 4}
    with pytest.raises(
        CodeError, match=r"net\.py: say which .* as in .*net\.py:small; it defines small, Net$"
    ):
        model_entry(str(file))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def f(:", r"net\.py:1: not Python: "),
        ("x = 1\n\x00", r"net\.py.*: not Python"),
        (None, "no such file"),
    ],
)
def test_what_can_not_be_read_is_one_line(source: str | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    if source is not None:
        file.write_text(source)
    reference = code_reference(f"{file}:f")
    assert reference is not None
    with pytest.raises(CodeError, match=said) as caught:
        demand_name(reference, what="a function")
    assert "\n" not in str(caught.value)


def test_an_entry_of_own_code_opens_no_file() -> None:
    entry = model_entry("nowhere/net.py:f")
    assert (entry.name, entry.source, entry.image_shape) == ("nowhere/net.py:f", "code", None)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("lenet5", "lenet5"),
        ("torchvision:resnet50", "resnet50"),
        ("timm:resnet50.a1_in1k", "resnet50.a1_in1k"),
        ("../a b/my net.py:Factory", "my-net-Factory"),
    ],
)
def test_a_models_name_in_a_files_name(name: str, stem: str) -> None:
    assert file_stem(name) == stem


def test_an_unknown_name_says_how_others_are_named() -> None:
    with pytest.raises(UnknownNameError, match=r"torchvision:NAME.*") as caught:
        model_entry("torchvision:")
    assert "path/to/net.py:factory" in str(caught.value)
