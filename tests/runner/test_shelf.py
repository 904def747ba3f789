"""Branching, renaming and deleting take a session's own files, all of them, and never another's."""

from pathlib import Path

import pytest

from prune_tui.core.errors import SessionError, StorageError
from prune_tui.core.session.decisions import Decision, Finetune, LoadDense, Measure, Prune, Scan, Shrink
from prune_tui.core.session.draft import Draft
from prune_tui.core.session.session import Session
from prune_tui.runner.runner import Runner
from prune_tui.runner.shelf import branch, delete, rename
from prune_tui.storage import read_session
from tests.engine.helpers import PLAN, QUICK
from tests.runner.helpers import opened, perform, saved_weights

STORY: tuple[Decision, ...] = (
    LoadDense(),
    Scan(sparsities=(0.5, 0.9)),
    Prune(plan=PLAN, finetune=QUICK),
    Measure(batch_sizes=(1,)),
    Finetune(training=QUICK),
    Prune(plan={"conv2": 0.5}, granularity="unit"),
    Shrink(),
    Measure(batch_sizes=(1,)),
)

Files = dict[str, bytes]


def files_in(folder: Path) -> Files:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def reopened(path: Path) -> Runner:
    return opened(path.parent, session=read_session(path))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Files, list[Session]]:
    """The files of a session, and the session as it was after each decision; half of it was resumed."""
    folder = tmp_path_factory.mktemp("sessions")
    runner, states = opened(folder), []
    for number, decision in enumerate(STORY):
        if number == 4:
            runner = reopened(folder / "s.json")
        perform(runner, decision)
        states.append(read_session(folder / "s.json"))
    runner.keep_draft(Draft(plan={"conv1": 0.25}))
    return files_in(folder), states


@pytest.fixture
def path(told: tuple[Files, list[Session]], tmp_path: Path) -> Path:
    """The session, beside another with a similar name that must stay as it is."""
    for name, content in told[0].items():
        for place in (tmp_path / name, tmp_path / name.replace("s", "s-2", 1)):
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(content)
    return tmp_path / "s.json"


def others(folder: Path) -> Files:
    return {name: content for name, content in files_in(folder).items() if name.startswith("s-2")}


@pytest.mark.parametrize("num_decisions", range(1, len(STORY) + 1))
def test_a_branch_is_the_session_as_it_was_then(
    path: Path, told: tuple[Files, list[Session]], num_decisions: int
) -> None:
    before = files_in(path.parent)
    copy = read_session(branch(path, "b", num_decisions=num_decisions))
    then = told[1][num_decisions - 1]
    assert copy.name == "b"
    assert copy.decisions == then.decisions
    assert copy.record == then.record
    assert {name: files_in(path.parent)[name] for name in before} == before


def test_a_branch_goes_on_by_itself_with_files_of_its_own(path: Path) -> None:
    whole, early = branch(path, "whole"), branch(path, "early", num_decisions=3)
    delete(path)
    assert saved_weights(reopened(whole)).keys() > saved_weights(reopened(early)).keys()
    assert read_session(whole).draft == Draft(plan={"conv1": 0.25})
    assert read_session(early).draft is None
    runner = reopened(early)
    perform(runner, Measure(batch_sizes=(1,)))
    assert len(read_session(early).decisions) == 4
    again = read_session(branch(early, "again", num_decisions=4))
    assert again.record == read_session(early).record


def test_where_the_log_is_gone_a_branch_has_the_decisions_to_replay(path: Path) -> None:
    (path.parent / "s" / "events.jsonl").unlink()
    copy = read_session(branch(path, "b", num_decisions=3))
    assert copy.decisions == read_session(path).decisions[:3]
    assert copy.record is None
    assert not (path.parent / "b").exists()
    assert read_session(branch(path, "c")).record == read_session(path).record


def test_a_branch_that_can_not_be_written_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = files_in(path.parent)

    def full(*_: object) -> None:
        raise StorageError("can't write: No space left on device")

    monkeypatch.setattr("prune_tui.runner.shelf.write_session", full)
    with pytest.raises(StorageError, match="No space"):
        branch(path, "b")
    assert files_in(path.parent) == before
    assert not (path.parent / "b").exists()


def test_renaming_moves_all_and_keeps_the_date(path: Path, told: tuple[Files, list[Session]]) -> None:
    neighbour, modified = others(path.parent), path.stat().st_mtime_ns
    renamed = rename(path, "new")
    assert renamed.stat().st_mtime_ns == modified
    assert not path.exists()
    assert not (path.parent / "s").exists()
    moved = {name.replace("s", "new", 1) for name in told[0]}
    assert set(files_in(path.parent)) == moved | set(neighbour)
    assert others(path.parent) == neighbour
    session = read_session(renamed)
    assert session.name == "new"
    assert session.record == told[1][-1].record
    assert saved_weights(reopened(renamed))


def test_deleting_takes_its_own_files_only(path: Path) -> None:
    neighbour = others(path.parent)
    delete(path)
    assert files_in(path.parent) == neighbour
    assert not (path.parent / "s").exists()


def test_what_else_is_in_its_folder_stays(path: Path) -> None:
    """A session called like a folder of sessions: those inside are others."""
    inside = path.parent / "s" / "inner.json"
    inside.write_text("{}")
    (path.parent / "s" / "inner").mkdir()
    weights = path.parent / "s" / "inner" / "dense.safetensors"
    weights.write_bytes(b"theirs")
    renamed = rename(path, "new")
    assert inside.exists()
    assert not (path.parent / "new" / "inner").exists()
    rename(renamed, "newer")
    delete(path.parent / "newer.json")
    assert inside.read_text() == "{}"
    assert weights.read_bytes() == b"theirs"


def test_a_broken_session_can_be_deleted_but_not_renamed(path: Path) -> None:
    path.write_text("{")
    with pytest.raises(SessionError, match="not JSON"):
        rename(path, "new")
    delete(path)
    assert not path.exists()
    assert not (path.parent / "new.json").exists()


@pytest.mark.parametrize("name", ["s-2", "a b", "", "../x", ".x", "n" * 65])
def test_a_name_that_is_taken_or_no_name_is_refused(path: Path, name: str) -> None:
    before = files_in(path.parent)
    for keep in (branch, rename):
        with pytest.raises(SessionError, match="is no name for a session"):
            keep(path, name)
    assert files_in(path.parent) == before


def test_links_are_never_followed(path: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "dense.safetensors").write_bytes(b"mine")
    link = path.parent / "linked"
    link.symlink_to(precious)
    linked = path.parent / "linked.json"
    linked.write_bytes(path.read_bytes())
    for act in (delete, lambda each: rename(each, "other")):
        with pytest.raises(StorageError, match="is a link"):
            act(linked)
    assert (precious / "dense.safetensors").read_bytes() == b"mine"
    assert linked.exists()
