"""A session records what was done, resumes as if never stopped, and loses nothing when something fails."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from prune_tui.core.errors import CheckpointError, StorageError
from prune_tui.core.run.events import BatchTrained, CellScanned
from prune_tui.core.session.decisions import Decision, Finetune, LoadDense, Measure, Prune, Scan, TrainDense
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.rounds import Iterative
from prune_tui.core.session.session import Session
from prune_tui.runner.runner import Runner
from prune_tui.storage import read_session
from tests.engine.helpers import PLAN, QUICK
from tests.runner.helpers import opened, perform, pruned, record_of, saved_weights

STORY: tuple[Decision, ...] = (
    LoadDense(),
    Scan(sparsities=(0.5, 0.9)),
    Prune(plan=PLAN, schedule=Iterative(steps="cubic", num_rounds=2), finetune=QUICK),
    Finetune(training=QUICK),
    Measure(batch_sizes=(1,)),
)


def test_a_run_resumed_between_any_decisions_equals_one_never_stopped(tmp_path: Path) -> None:
    whole = opened()
    perform(whole, *STORY)
    for decision in STORY:
        path = tmp_path / "s.json"
        runner = opened(tmp_path, session=read_session(path) if path.exists() else None)
        perform(runner, decision)
    record, expected = read_session(tmp_path / "s.json").record, whole.session.record
    assert record is not None
    assert expected is not None
    assert record.report.epochs == expected.report.epochs
    assert record.report.scan == expected.report.scan
    assert record.report.test_reads == expected.report.test_reads == 2
    assert record.report.pruned is not None
    assert expected.report.pruned is not None
    assert record.report.pruned.weights_sha256 == expected.report.pruned.weights_sha256
    assert [c.path for c in record.checkpoints] == [
        "dense.safetensors",
        "pruned.safetensors",
        "pruned-2.safetensors",
    ]


def test_a_session_that_goes_on_in_another_file_takes_its_checkpoints_along(tmp_path: Path) -> None:
    perform(opened(tmp_path), *STORY[:3])
    source = (tmp_path / "s").rename(tmp_path / "my session")
    session = replace(read_session(tmp_path / "s.json"), name="my-session")
    original = {path.name: path.read_bytes() for path in source.iterdir()}
    runner = Runner(session, sessions_dir=tmp_path, data_dir=None, source=source)
    list(runner.open())
    perform(runner, *STORY[3:])
    assert {path.name: path.read_bytes() for path in source.iterdir()} == original
    again = opened(tmp_path, session=read_session(tmp_path / "my-session.json"))
    assert again.session.record is not None
    paths = [checkpoint.path for checkpoint in again.session.record.checkpoints]
    assert sorted(paths) == ["dense.safetensors", "pruned-2.safetensors", "pruned.safetensors"]
    again.check_checkpoints(tmp_path / "my-session", again.session.record.checkpoints)


def test_the_session_file_is_whole_after_every_decision(tmp_path: Path) -> None:
    runner = opened(tmp_path)
    for number, decision in enumerate(STORY, start=1):
        perform(runner, decision)
        session = read_session(tmp_path / "s.json")
        assert session == runner.session
        assert len(session.decisions) == number
    events = (tmp_path / "s" / "events.jsonl").read_text().splitlines()
    names = [json.loads(line)["event"] for line in events]
    assert names.count("DecisionFinished") == len(STORY)


def test_abandoning_leaves_everything_as_it_was(tmp_path: Path) -> None:
    runner = pruned(tmp_path)
    saved, view = (tmp_path / "s.json").read_bytes(), runner.view
    events = runner.perform(Prune(plan=dict.fromkeys(PLAN, 0.95), finetune=QUICK))
    while not isinstance(next(events), BatchTrained):
        pass
    events.close()
    assert (tmp_path / "s.json").read_bytes() == saved
    assert runner.view == replace(view, running=None)
    perform(runner, Measure(batch_sizes=()))
    never_begun = pruned()
    perform(never_begun, Measure(batch_sizes=()))
    assert record_of(runner).report == record_of(never_begun).report
    assert "DecisionDropped" not in (tmp_path / "s" / "events.jsonl").read_text()


@pytest.mark.parametrize("stop_in_round", [1, 2])
def test_a_stopped_pruning_is_recorded_and_replays_to_the_same_network(stop_in_round: int) -> None:
    decision = Prune(
        plan=PLAN,
        schedule=Iterative(steps="linear", num_rounds=3),
        finetune=Training(num_epochs=3, batch_size=256),
    )
    runner = opened()
    perform(runner, LoadDense())
    stop: list[bool] = []
    for event in runner.perform(decision, should_stop=lambda: bool(stop)):
        if isinstance(event, BatchTrained) and (event.round, event.epoch, event.batch) == (
            stop_in_round,
            2,
            3,
        ):
            stop.append(True)
    stopped = runner.session.decisions[-1]
    assert isinstance(stopped, Prune)
    assert stopped.stopped_after_epochs == (stop_in_round - 1) * 3 + 1
    again = opened()
    perform(again, LoadDense(), stopped)
    assert again.session.decisions[-1] == stopped
    assert again.view.report.epochs == runner.view.report.epochs
    assert saved_weights(again) == saved_weights(runner)


def test_a_stopped_scan_keeps_its_cells_and_says_how_many() -> None:
    runner = opened()
    perform(runner, LoadDense())
    cells: list[CellScanned] = []
    for event in runner.perform(Scan(), should_stop=lambda: len(cells) >= 5):
        if isinstance(event, CellScanned):
            cells.append(event)
    scan = runner.session.decisions[-1]
    assert isinstance(scan, Scan)
    assert scan.stopped_after_evaluations == 5
    assert runner.view.report.scan is not None
    assert runner.view.report.scan.layers[0].accuracies[4] is not None
    assert runner.view.report.scan.layers[0].accuracies[5] is None
    again = opened()
    perform(again, LoadDense(), scan)
    assert again.view.report.scan == runner.view.report.scan


def _is_saved(runner: Runner) -> bool:
    """Return it as it is now: of a property that was asserted, the type checker takes it to stay so."""
    return runner.is_saved


def test_a_failed_save_loses_nothing_and_the_next_one_catches_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = opened(tmp_path)
    perform(runner, LoadDense())
    assert _is_saved(runner)
    saved = (tmp_path / "s.json").read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StorageError, match="No space left on device"):
            perform(runner, Prune(plan=PLAN))
    assert (tmp_path / "s.json").read_bytes() == saved
    assert not list(tmp_path.rglob("*.part"))
    assert len(runner.session.decisions) == 2
    assert not _is_saved(runner)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StorageError, match="No space left on device"):
            runner.save()
    assert not _is_saved(runner)
    runner.save()
    assert _is_saved(runner)
    assert read_session(tmp_path / "s.json") == runner.session
    opened(tmp_path, session=runner.session)


@pytest.mark.parametrize("name", ["s.json", "s/events.jsonl", "s/dense.safetensors", "s"])
def test_a_link_where_the_session_is_to_be_written_is_refused_before_the_work(
    tmp_path: Path, name: str
) -> None:
    profile, link = tmp_path / "profile", tmp_path / "sessions" / name
    profile.write_text("mine")
    link.parent.mkdir(parents=True)
    link.symlink_to(profile)
    with pytest.raises(StorageError, match="is a link"):
        opened(tmp_path / "sessions")
    link.unlink()
    runner = opened(tmp_path / "sessions")
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(profile)
    with pytest.raises(StorageError, match="is a link"):
        perform(runner, LoadDense())
    assert profile.read_text() == "mine"
    link.unlink()
    runner.save()
    assert (tmp_path / "sessions" / name).exists()


def test_a_log_that_cannot_be_written_is_not_saved_and_outlives_a_decision_that_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = opened(tmp_path)

    def full(_path: Path, _lines: list[bytes]) -> None:
        raise StorageError("can't write events.jsonl: No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("prune_tui.runner.files.append_lines", full)
        with pytest.raises(StorageError):
            perform(runner, LoadDense())
    assert not _is_saved(runner)
    dropped = runner.perform(Prune(plan=PLAN))
    next(dropped)
    dropped.close()
    runner.save()
    assert _is_saved(runner)
    log = (tmp_path / "s" / "events.jsonl").read_text()
    assert '"DecisionFinished"' in log
    assert "prune" not in log


def test_without_a_folder_nothing_is_left_to_save() -> None:
    runner = opened()
    perform(runner, LoadDense())
    assert _is_saved(runner)


def test_weights_from_a_file_become_the_sessions_own(tmp_path: Path) -> None:
    donor = opened(tmp_path)
    perform(donor, TrainDense(training=QUICK))
    file = tmp_path / "s" / "dense.safetensors"
    session = Session(name="t", model="lenet5", dataset="digits", device="cpu")
    runner = opened(tmp_path, session=session, weights=file)
    perform(runner, LoadDense(weights="dense.safetensors"))
    loaded = runner.session.decisions[0]
    assert isinstance(loaded, LoadDense)
    assert loaded.sha256 is not None
    file.unlink()
    again = opened(tmp_path, session=session)
    perform(again, loaded)
    assert set(saved_weights(again).values()) == set(saved_weights(runner).values()) == {loaded.sha256}
    (tmp_path / "t" / "dense.safetensors").write_bytes(b"other")
    with pytest.raises(CheckpointError, match="altered"):
        perform(opened(tmp_path, session=session), loaded)
