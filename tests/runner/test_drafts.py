"""A draft is kept beside what was done, at any time, and a replay neither heeds it nor takes it along."""

from pathlib import Path

import pytest

from prune_tui.commands.replay import Options, replay
from prune_tui.core.errors import StorageError
from prune_tui.core.run.events import BatchTrained
from prune_tui.core.session.decisions import Finetune, LoadDense, Prune
from prune_tui.core.session.draft import Draft
from prune_tui.storage import read_session
from tests.engine.helpers import PLAN, QUICK
from tests.runner.helpers import opened, perform, record_of

DRAFT = Draft(plan={"conv1": 0.25}, locked=("fc1",))


def test_a_draft_before_the_first_decision_makes_no_file(tmp_path: Path) -> None:
    runner = opened(tmp_path)
    runner.keep_draft(DRAFT)
    assert not (tmp_path / "s.json").exists()
    perform(runner, LoadDense())
    assert read_session(tmp_path / "s.json").draft == DRAFT


def test_a_draft_kept_during_a_decision_neither_records_it_nor_changes_its_result(tmp_path: Path) -> None:
    plain, drafting = opened(), opened(tmp_path)
    decisions = (LoadDense(), Prune(plan=PLAN), Finetune(training=QUICK))
    perform(plain, *decisions)
    perform(drafting, *decisions[:2])
    for event in drafting.perform(decisions[2]):
        if isinstance(event, BatchTrained):
            drafting.keep_draft(DRAFT)
            saved = read_session(tmp_path / "s.json")
            assert saved.draft == DRAFT
            assert saved.decisions == decisions[:2]
    assert record_of(drafting).report.epochs == record_of(plain).report.epochs
    saved = read_session(tmp_path / "s.json")
    assert saved.draft == DRAFT
    assert saved.decisions == decisions


def test_a_draft_is_not_written_over_results_that_could_not_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = opened(tmp_path)
    perform(runner, LoadDense())
    before = (tmp_path / "s.json").read_bytes()
    with monkeypatch.context() as broken:

        def full(*_: object) -> None:
            raise StorageError("can't write: No space left on device")

        broken.setattr("prune_tui.runner.files.write_atomically", full)
        with pytest.raises(StorageError):
            perform(runner, Prune(plan=PLAN))
    runner.keep_draft(DRAFT)
    assert (tmp_path / "s.json").read_bytes() == before
    runner.save()
    saved = read_session(tmp_path / "s.json")
    assert (len(saved.decisions), saved.draft) == (2, DRAFT)


def test_a_replay_is_identical_whatever_the_draft_and_leaves_it_out(tmp_path: Path) -> None:
    runner = opened(tmp_path)
    perform(runner, LoadDense(), Prune(plan=PLAN, finetune=QUICK))
    runner.keep_draft(DRAFT)
    outcome = replay(tmp_path / "s.json", Options(out=tmp_path / "again"), on_event=lambda *_: None)
    assert outcome.identical
    assert read_session(tmp_path / "again" / "s.json").draft is None
