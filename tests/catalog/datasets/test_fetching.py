"""A fetched file is whole or absent; each way a mirror can fail is one line or another mirror's turn."""

import hashlib
import os
from pathlib import Path

import pytest

from prune_tui.catalog.datasets.fetching import Checksum, fetch
from prune_tui.core.errors import DataError
from tests.catalog.helpers import drained
from tests.catalog.mirror import Mirror

CONTENT = bytes(range(256)) * 2000
WHOLE = Checksum("md5", hashlib.md5(CONTENT).hexdigest())
HINT = "go online"


def test_bytes_arrive_with_rising_progress(mirror: Mirror, tmp_path: Path) -> None:
    mirror.files["set.gz"] = CONTENT
    path = tmp_path / "new" / "set.gz"
    events, _ = drained(fetch([mirror.url("set.gz")], path, checksum=WHOLE, hint=HINT))
    assert path.read_bytes() == CONTENT
    assert WHOLE.is_of(path)
    done = [event.done for event in events]
    assert done == sorted(done)
    assert len(done) > 2
    assert (done[-1], events[-1].total, events[-1].what) == (len(CONTENT), len(CONTENT), "fetching set.gz")
    assert list(path.parent.iterdir()) == [path]


def test_a_verified_file_is_not_fetched_again(mirror: Mirror, tmp_path: Path) -> None:
    path = tmp_path / "set.gz"
    path.write_bytes(CONTENT)
    assert drained(fetch([mirror.url("set.gz")], path, checksum=WHOLE, hint=HINT))[0] == []
    assert mirror.requests == []


def test_a_wrong_file_is_left_and_named(mirror: Mirror, tmp_path: Path) -> None:
    path = tmp_path / "set.gz"
    path.write_bytes(b"something else")
    with pytest.raises(DataError, match=r"set\.gz is damaged .*: remove it"):
        drained(fetch([mirror.url("set.gz")], path, checksum=WHOLE, hint=HINT))
    assert path.read_bytes() == b"something else"


def test_the_next_mirror_has_its_turn(mirror: Mirror, tmp_path: Path) -> None:
    mirror.files |= {"wrong": b"x" * 99, "short": CONTENT, "right": CONTENT}
    mirror.cut["short"] = 1000
    path = tmp_path / "set.gz"
    urls = ["http://127.0.0.1:9/closed", *map(mirror.url, ("missing", "wrong", "short", "right"))]
    drained(fetch(urls, path, checksum=WHOLE, hint=HINT))
    assert path.read_bytes() == CONTENT
    assert mirror.requests == ["missing", "wrong", "short", "right"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing", "Not Found"),
        ("wrong", "sent a file with the wrong checksum"),
        ("short", "ended after 1,000 of 512,000 bytes"),
    ],
)
def test_a_failure_is_one_line_and_leaves_nothing(
    mirror: Mirror, tmp_path: Path, name: str, reason: str
) -> None:
    mirror.files |= {"wrong": b"x" * 99, "short": CONTENT}
    mirror.cut["short"] = 1000
    with pytest.raises(DataError, match=rf"can't fetch set\.gz \(127\.0\.0\.1:\d+: {reason}\): go online"):
        drained(fetch([mirror.url(name)], tmp_path / "set.gz", checksum=WHOLE, hint=HINT))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x", "http://name.invalid/x"])
def test_without_a_network_the_hint_is_given(tmp_path: Path, url: str) -> None:
    with pytest.raises(DataError, match=r"can't fetch set\.gz .*: go online") as caught:
        drained(fetch([url], tmp_path / "set.gz", checksum=WHOLE, hint=HINT))
    assert "\n" not in str(caught.value)


def test_stopping_half_way_leaves_nothing(mirror: Mirror, tmp_path: Path) -> None:
    mirror.files["set.gz"] = CONTENT
    going = fetch([mirror.url("set.gz")], tmp_path / "set.gz", checksum=WHOLE, hint=HINT)
    next(going)
    assert [file.suffix for file in tmp_path.iterdir()] == [".part"]
    going.close()
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_no_folder_is_named(mirror: Mirror, tmp_path: Path) -> None:
    mirror.files["set.gz"] = CONTENT
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"can't write .*set\.gz: .*; choose another data folder"):
        drained(fetch([mirror.url("set.gz")], tmp_path / "file" / "set.gz", checksum=WHOLE, hint=HINT))


def test_an_archive_that_can_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_checksum: Checksum, _path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("prune_tui.catalog.datasets.fetching.Checksum.is_of", refused)
    (tmp_path / "a.gz").touch()
    with pytest.raises(DataError, match=r"can't read .*a\.gz: Permission denied"):
        list(fetch([], tmp_path / "a.gz", checksum=WHOLE, hint=HINT))


def test_nothing_is_fetched_through_a_link(tmp_path: Path, mirror: Mirror) -> None:
    (tmp_path / "profile").write_bytes(b"mine")
    part = tmp_path / f"a.gz.{os.getpid()}.part"
    part.symlink_to(tmp_path / "profile")
    mirror.files["a.gz"] = CONTENT
    list(fetch([mirror.url("a.gz")], tmp_path / "a.gz", checksum=WHOLE, hint=HINT))
    assert (tmp_path / "a.gz").read_bytes() == CONTENT
    assert (tmp_path / "profile").read_bytes() == b"mine"
