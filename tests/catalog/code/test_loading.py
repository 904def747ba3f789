"""Own code runs only where it was allowed and is what was recorded, and fails in one line."""

import sys
from pathlib import Path

import pytest

from prune_tui.catalog.code.loading import OwnCode, load_code
from prune_tui.catalog.code.permission import check_code, code_to_confirm
from prune_tui.catalog.code.reference import code_reference
from prune_tui.core.errors import CodeError
from prune_tui.core.session.session import CodeFile, Session

TRACE = "from pathlib import Path\nPath(__file__).with_suffix('.ran').touch()\n"


@pytest.fixture(autouse=True)
def _work_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, text: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)


def loaded(text: str, *, recorded: tuple[CodeFile, ...] = (), allow_code: bool = True) -> OwnCode:
    reference = code_reference(text)
    assert reference is not None
    return load_code(reference, recorded=recorded, allow_code=allow_code, what="a function")


def refusal(text: str, *, recorded: tuple[CodeFile, ...] = ()) -> str:
    with pytest.raises(CodeError) as caught:
        loaded(text, recorded=recorded).call({"num_classes": 3})
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("source", "given"),
    [
        ("def f(num_classes): return num_classes", 3),
        ("def f(*, num_classes=7): return num_classes", 3),
        ("def f(): return 'nothing'", "nothing"),
        ("def f(**options): return options", {"num_classes": 3}),
        ("f = lambda num_classes: num_classes", 3),
        ("class f:\n def __new__(cls, num_classes): return num_classes", 3),
    ],
)
def test_it_is_given_the_arguments_that_it_takes(source: str, given: object) -> None:
    write("net.py", source)
    assert loaded("net.py:f").call({"num_classes": 3}) == given


def test_without_permission_nothing_runs() -> None:
    write("net.py", TRACE + "def f(): ...")
    with pytest.raises(CodeError, match=r"runs code of your own, net\.py: read it, then add --allow-code"):
        loaded("net.py:f", allow_code=False)
    assert not Path("net.ran").exists()


def test_the_files_beside_it_are_found_and_recorded_even_when_first_wanted_by_the_call() -> None:
    write("sub/net.py", "import one\ndef f():\n import package.two\n return one.x + package.two.x")
    write("sub/one.py", "x = 1")
    write("sub/package/__init__.py", "")
    write("sub/package/two.py", "from one import x")
    code = loaded("sub/net.py:f")
    assert [file.path for file in code.files] == ["sub/net.py", "sub/one.py"]
    assert code.call({}) == 2
    paths = ["sub/net.py", "sub/one.py", "sub/package/__init__.py", "sub/package/two.py"]
    assert [file.path for file in code.files] == paths
    assert loaded("sub/net.py:f", recorded=code.files).call({}) == 2
    assert str(Path("sub").absolute()) not in sys.path


def test_two_folders_may_have_files_of_one_name() -> None:
    for folder in ("a", "b"):
        write(f"{folder}/net.py", "import parts\ndef f(): return parts.x")
        write(f"{folder}/parts.py", f"x = {folder!r}")
    assert [loaded(f"{folder}/net.py:f").call({}) for folder in ("a", "b", "a")] == ["a", "b", "a"]


def test_the_standard_library_is_not_replaced_by_a_file_beside_it() -> None:
    write("net.py", "import colorsys\ndef f(): return colorsys.__file__")
    write("colorsys.py", "")
    assert loaded("net.py:f").call({}) != str(Path("colorsys.py").absolute())


@pytest.mark.parametrize("changed", ["net.py", "parts.py"])
def test_a_changed_file_does_not_run(changed: str) -> None:
    write("net.py", "import parts\ndef f(): ...")
    write("parts.py", "")
    recorded = loaded("net.py:f").files
    write(changed, TRACE + Path(changed).read_text())
    assert f"{changed}: changed since the session recorded it" in refusal("net.py:f", recorded=recorded)
    assert not Path(changed).with_suffix(".ran").exists()


def test_a_file_that_was_not_recorded_does_not_run() -> None:
    write("net.py", "try:\n import parts\nexcept ImportError: pass\ndef f(): ...")
    recorded = loaded("net.py:f").files
    write("parts.py", TRACE)
    assert "parts.py: imported, but not among the files" in refusal("net.py:f", recorded=recorded)
    assert not Path("parts.ran").exists()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1\n1 / 0\ndef f(): ...", "net.py:2: net.py:f failed: ZeroDivisionError: division by zero"),
        ("def f():\n  return g()\ndef g():\n  raise KeyError('no')", "net.py:4: net.py:f failed: KeyError"),
        ("import nonesuch\ndef f(): ...", "net.py:1: net.py:f failed: ModuleNotFoundError"),
        ("raise SystemExit(3)\ndef f(): ...", "net.py:1: net.py:f failed: SystemExit: 3"),
        ("\ndef f(width): ...", "net.py:2: net.py:f failed: TypeError: f() missing"),
        ("def g(): ...", "net.py: f is not in it; a function is wanted, and it defines g"),
        ("f = 3", "net.py: f is not callable"),
        ("def f(): raise ValueError('a\\nb')", "net.py:1: net.py:f failed: ValueError: a b"),
    ],
)
def test_what_fails_names_file_and_line(source: str, said: str) -> None:
    write("net.py", source)
    assert refusal("net.py:f").startswith(said)


def test_a_mistake_in_a_file_beside_it_is_placed_there() -> None:
    write("net.py", "import parts\ndef f(): ...")
    write("parts.py", "x = 1\ndef g(:")
    assert refusal("net.py:f").startswith("parts.py:2: net.py:f failed: SyntaxError")


def test_what_a_session_would_run_is_what_it_recorded_and_what_it_names() -> None:
    write("net.py", "def f(): ...")
    write("data.py", "def g(): ...")
    files = loaded("net.py:f").files
    session = Session(name="x", model="net.py:f", dataset="data.py:g", code=files)
    assert [file.path for file in code_to_confirm(session)] == ["net.py", "data.py"]
    check_code(session, allow_code=True, source="x.json")
    with pytest.raises(CodeError, match=r"x\.json: runs code of your own, net\.py, data\.py: "):
        check_code(session, allow_code=False, source="x.json")
    write("net.py", "def f(): return 1")
    with pytest.raises(CodeError, match=r"net\.py: changed"):
        check_code(session, allow_code=True, source="x.json")
    plain = Session(name="x", model="lenet5", dataset="imagefolder:a.py")
    assert code_to_confirm(plain) == ()
    check_code(plain, allow_code=False, source="x.json")
