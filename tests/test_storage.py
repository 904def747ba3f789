"""A file is written whole or not at all; what was there before survives a full disk."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from prune_tui.catalog.paths import expanded, is_file, is_folder
from prune_tui.core.errors import SessionError, StorageError
from prune_tui.core.session.session import Session
from prune_tui.storage import (
    append_lines,
    check_place,
    checkpoints_folder,
    log_path,
    read_session,
    recorded_sessions,
    resumed_name,
    unused_name,
    write_atomically,
    write_folder,
    write_session,
    write_traceback,
)

SESSION = Session(name="x", model="lenet5", dataset="digits")

FILL = """
import resource, signal, sys
from pathlib import Path
from prune_tui.core.errors import StorageError
from prune_tui.storage import write_atomically
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_atomically(Path(sys.argv[1]), b"n" * 5000)
except StorageError as error:
    print(error)
"""


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "x.json"
    write_session(path, SESSION)
    assert read_session(path) == SESSION
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="no limit on file sizes here")
def test_a_write_that_the_system_cuts_short_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(b"old")
    ran = subprocess.run([sys.executable, "-c", FILL, str(path)], capture_output=True, text=True, check=True)
    assert "can't write" in ran.stdout
    assert "untouched" in ran.stdout
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path, files = tmp_path / "folder", {"a": b"1", "b": b""}
    write_folder(path, files)
    assert {file.name: file.read_bytes() for file in path.iterdir()} == files
    with pytest.raises(StorageError, match="is there already"):
        write_folder(path, {"a": b"2"})
    with pytest.raises(StorageError, match=r"can't write .*other"):
        write_folder(tmp_path / "other", {"a": b"", "no/such": b""})
    assert {file.name: file.read_bytes() for file in path.iterdir()} == files
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match=r"file/x\.json"):
        write_atomically(tmp_path / "file" / "x.json", b"")
    with pytest.raises(StorageError, match=r"file/log"):
        append_lines(tmp_path / "file" / "log", [b"line"])


def test_an_absent_session_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match="no such session file"):
        read_session(tmp_path / "none.json")
    with pytest.raises(SessionError, match="can't be read"):
        read_session(tmp_path)


def linked(path: Path, target: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def piped(path: Path, _target: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)


@pytest.mark.parametrize("make", [linked, piped])
def test_nothing_is_written_through_a_link_or_to_a_pipe(
    tmp_path: Path, make: Callable[[Path, Path], None]
) -> None:
    profile = tmp_path / "profile"
    profile.write_bytes(b"mine")
    path = tmp_path / "x"
    make(path, profile)
    with pytest.raises(StorageError, match=r"x is (a link|no file), and prune-tui writes only to regular"):
        write_atomically(path, b"theirs")
    with pytest.raises(StorageError, match=r"x is (a link|no file), and prune-tui writes only to regular"):
        append_lines(path, [b"theirs"])
    assert profile.read_bytes() == b"mine"
    assert not path.is_file() or path.is_symlink()
    assert {found.name for found in tmp_path.iterdir()} == {"profile", "x"}


def test_a_link_that_leads_nowhere_makes_no_file(tmp_path: Path) -> None:
    (tmp_path / "log").symlink_to(tmp_path / "new")
    with pytest.raises(StorageError):
        append_lines(tmp_path / "log", [b"line"])
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["x.json", "x/events.jsonl", "x/dense.safetensors", "x"])
@pytest.mark.parametrize("make", [linked, piped])
def test_a_session_has_no_place_where_a_link_or_a_pipe_is(
    tmp_path: Path, name: str, make: Callable[[Path, Path], None]
) -> None:
    target = tmp_path / "elsewhere"
    target.mkdir()
    make(tmp_path / "sessions" / name, target)
    with pytest.raises(StorageError, match=f"{Path(name).name} is "):
        check_place(tmp_path / "sessions" / "x.json")


def test_a_folder_of_sessions_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "sessions").symlink_to(tmp_path / "disk")
    path = tmp_path / "sessions" / "x.json"
    for _ in range(2):
        check_place(path)
        write_session(path, SESSION)
        append_lines(log_path(path), [b"line"])
        write_atomically(checkpoints_folder(path) / "dense.safetensors", b"weights")
    assert read_session(tmp_path / "disk" / "x.json") == SESSION
    assert (tmp_path / "disk" / "x" / "events.jsonl").read_bytes() == b"line\nline\n"
    assert recorded_sessions(tmp_path / "sessions") == [path]


def test_what_is_no_file_is_no_session_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "gone.json").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop.json").symlink_to(tmp_path / "loop.json")
    write_session(tmp_path / "x.json", SESSION)
    (tmp_path / "link.json").symlink_to(tmp_path / "x.json")
    for name in ("pipe.json", "folder.json", "gone.json", "loop.json", "n" * 300, "nul\0", "/dev/zero"):
        with pytest.raises(SessionError, match=r"can't be read: |no such session file") as caught:
            read_session(tmp_path / name)
        assert "\n" not in str(caught.value)
    assert {path.name for path in recorded_sessions(tmp_path)} == {"x.json", "link.json"}
    for folder in (tmp_path / "x.json", tmp_path / ("n" * 300), tmp_path / "loop.json"):
        assert recorded_sessions(folder) == []


def test_a_name_in_use_is_counted_on(tmp_path: Path) -> None:
    assert unused_name(tmp_path, "a") == "a"
    write_session(tmp_path / "a.json", SESSION)
    (tmp_path / "a-2").mkdir()
    assert unused_name(tmp_path, "a") == "a-3"


def test_a_name_in_use_that_is_as_long_as_can_be_is_still_a_name(tmp_path: Path) -> None:
    longest = "n" * 64
    write_session(tmp_path / f"{longest}.json", SESSION)
    assert unused_name(tmp_path, longest) == "n" * 62 + "-2"


def test_a_link_that_leads_nowhere_has_its_name_in_use(tmp_path: Path) -> None:
    (tmp_path / "a.json").symlink_to(tmp_path / "gone")
    assert unused_name(tmp_path, "a") == "a-2"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("a.json", "a"),
        ("my session.json", "my-session"),
        ("a (1).json", "a-1-2"),
        ("a.txt", "a-2"),
        ("new", "new"),
    ],
)
def test_a_session_goes_on_in_its_own_file_or_in_one_that_is_new(
    tmp_path: Path, file: str, name: str
) -> None:
    for there in ("a.json", "a-1.json"):
        write_session(tmp_path / there, SESSION)
    assert resumed_name(tmp_path / file) == name


def test_sessions_are_listed_newest_first_and_a_folder_that_is_not_there_has_none(tmp_path: Path) -> None:
    for age, name in enumerate(["new", "old"]):
        write_session(tmp_path / f"{name}.json", SESSION)
        os.utime(tmp_path / f"{name}.json", (1e9 - age, 1e9 - age))
    assert [path.stem for path in recorded_sessions(tmp_path)] == ["new", "old"]
    assert recorded_sessions(tmp_path / "none") == []


def test_what_may_not_be_looked_at_is_not_there(tmp_path: Path) -> None:
    overlong = tmp_path / ("x" * 5000)
    assert not is_folder(overlong)
    assert not is_file(overlong)
    assert recorded_sessions(overlong) == []
    assert unused_name(overlong, "a") == "a"
    (tmp_path / "dangling.json").symlink_to(tmp_path / "nowhere")
    assert recorded_sessions(tmp_path) == []
    assert unused_name(tmp_path, "dangling") == "dangling-2"
    assert not is_file(tmp_path / "dangling.json")


def test_a_home_folder_is_put_in_where_there_is_one() -> None:
    assert expanded("~/x") == Path.home() / "x"
    assert expanded("~nosuchuser/x") == Path("~nosuchuser/x")


def test_a_traceback_goes_to_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prune_tui.storage.user_log_path", lambda _name: tmp_path)
    path = write_traceback(ValueError("the reason"))
    assert "ValueError: the reason" in path.read_text()
