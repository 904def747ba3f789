"""A file is written whole or not at all; what was there before survives a full disk."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from prune_tui.core.errors import SessionError, StorageError
from prune_tui.core.session.session import Session
from prune_tui.storage import (
    append_lines,
    read_session,
    recorded_sessions,
    unused_name,
    write_atomically,
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


def test_a_name_in_use_is_counted_on(tmp_path: Path) -> None:
    assert unused_name(tmp_path, "a") == "a"
    write_session(tmp_path / "a.json", SESSION)
    (tmp_path / "a-2").mkdir()
    assert unused_name(tmp_path, "a") == "a-3"


def test_sessions_are_listed_newest_first_and_a_folder_that_is_not_there_has_none(tmp_path: Path) -> None:
    import os

    for age, name in enumerate(["new", "old"]):
        write_session(tmp_path / f"{name}.json", SESSION)
        os.utime(tmp_path / f"{name}.json", (1e9 - age, 1e9 - age))
    assert [path.stem for path in recorded_sessions(tmp_path)] == ["new", "old"]
    assert recorded_sessions(tmp_path / "none") == []


def test_a_traceback_goes_to_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prune_tui.storage.user_log_path", lambda _name: tmp_path)
    path = write_traceback(ValueError("the reason"))
    assert "ValueError: the reason" in path.read_text()
