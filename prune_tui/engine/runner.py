"""Plays decisions through the engine, folds the events, and keeps the session and its files up to date."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import assert_never

from pydantic import TypeAdapter

from prune_tui.core.decisions import (
    BUNDLED,
    Decision,
    Finetune,
    LoadDense,
    Measure,
    Prune,
    Scan,
    TrainDense,
)
from prune_tui.core.errors import CheckpointError
from prune_tui.core.events import (
    BatchEvaluated,
    BatchTrained,
    CheckpointSaved,
    DecisionDropped,
    DecisionFinished,
    EngineReady,
    Event,
)
from prune_tui.core.session import Checkpoint, Record, Session
from prune_tui.core.view import View, apply, report_of
from prune_tui.engine.checkpoints import decode, read_checkpoint, sha256
from prune_tui.engine.engine import Engine, never
from prune_tui.engine.pruning import plan_of
from prune_tui.storage import (
    append_lines,
    checkpoints_folder,
    session_path,
    write_atomically,
    write_session,
)

_EVENT_JSON: TypeAdapter[Event] = TypeAdapter(Event)
_LOG_FILE = "events.jsonl"


class Runner:
    """One session being made or made again; interactive use and replay both run it.

    With a `sessions_dir` the session's file, checkpoints and log are written after every decision; without
    one nothing is. `source` is the folder of checkpoints to read, where it is not the session's own.
    """

    def __init__(
        self,
        session: Session,
        *,
        sessions_dir: Path | None,
        data_dir: Path | None,
        num_threads: int | None = None,
        weights: Path | None = None,
        source: Path | None = None,
    ) -> None:
        self.session = session
        self.view = View()
        self.path = session_path(sessions_dir, session.name) if sessions_dir is not None else None
        self._folder = checkpoints_folder(self.path) if self.path is not None else None
        self._source = source or self._folder
        self._engine = Engine(
            session, data_dir=data_dir, num_threads=num_threads, folder=self._source, weights=weights
        )
        self._unsaved: dict[str, bytes] = {}
        self._log: list[bytes] = []

    def open(self) -> Iterator[Event]:
        """Load data and model, and the state of a session that has decisions; ends with `EngineReady`.

        Raises:
            PruneTuiError: the data, the device or a checkpoint can't be used.
        """
        for event in self._engine.open():
            if isinstance(event, EngineReady):
                self.view = apply(self.view, event)
                yield from self._restored()
                yield event
            else:
                yield self._folded(event)

    def perform(
        self, decision: Decision, *, should_stop: Callable[[], bool] = never
    ) -> Generator[Event, None, None]:
        """Carry out the next decision and record it.

        Closing the iterator before its end abandons the decision: nothing of it stays.

        Raises:
            StorageError: what came of it can't be written; it is kept here, and `save` tries again.
            PruneTuiError: the decision can't be carried out; all is as before.
        """
        index = len(self.session.decisions)
        before = self.view
        try:
            with closing(self._engine.perform(decision, index=index, should_stop=should_stop)) as events:
                for event in events:
                    if isinstance(event, DecisionFinished):
                        finished = event
                    else:
                        yield self._folded(event)
        except BaseException:
            self.view = apply(before, DecisionDropped(index))
            self._log.clear()
            raise
        saved = self._new_checkpoint(decision)
        if saved is not None:
            self._folded(saved)
        self._folded(finished)
        if isinstance(decision, LoadDense) and decision.weights != BUNDLED and saved is not None:
            decision = decision.model_copy(update={"weights": saved.path, "sha256": saved.sha256})
        self.session = self.session.model_copy(
            update={
                "decisions": (*self.session.decisions, _as_it_went(decision, finished.stopped_after)),
                "record": Record(report=report_of(self.view), checkpoints=self.view.checkpoints),
            }
        )
        self.save()
        if saved is not None:
            yield saved
        yield finished

    def check(self, decisions: Iterable[Decision]) -> None:
        """Check, before anything is performed, that the model has the layers that the decisions name.

        Raises:
            PruneTuiError: a decision can't be carried out on this model.
        """
        for decision in decisions:
            if isinstance(decision, Prune):
                plan_of(self._engine.space.network, decision)

    def check_checkpoints(self, folder: Path, checkpoints: Iterable[Checkpoint]) -> None:
        """Check that checkpoints are those that were saved, and of this model.

        Raises:
            CheckpointError: one is missing, truncated, altered or for another model.
        """
        like = self._engine.space.network.module.state_dict()
        for checkpoint in checkpoints:
            decode(read_checkpoint(folder, checkpoint), like, source=str(folder / checkpoint.path))

    def save(self) -> None:
        """Write what is not written yet: checkpoints first, then the session that names them.

        Raises:
            StorageError: the disk is full or the folder not writable; nothing is lost, and it may be retried.
        """
        if self.path is None or self._folder is None:
            return
        for name in list(self._unsaved):
            write_atomically(self._folder / name, self._unsaved[name])
            del self._unsaved[name]
        write_session(self.path, self.session)
        append_lines(self._folder / _LOG_FILE, self._log)
        self._log.clear()

    def _folded(self, event: Event) -> Event:
        self.view = apply(self.view, event)
        if self.path is not None and not isinstance(event, BatchTrained | BatchEvaluated):
            name = type(event).__name__.encode()
            self._log.append(b'{"event":"' + name + b'",' + _EVENT_JSON.dump_json(event)[1:])
        return event

    def _new_checkpoint(self, decision: Decision) -> CheckpointSaved | None:
        """Encode the network if the decision changed it, under a name that no earlier checkpoint has."""
        if isinstance(decision, Scan | Measure):
            return None
        stage = "dense" if isinstance(decision, TrainDense | LoadDense) else "pruned"
        content = self._engine.space.checkpoint()
        taken = {checkpoint.path for checkpoint in self.view.checkpoints}
        name, number = f"{stage}.safetensors", 1
        while name in taken:
            number += 1
            name = f"{stage}-{number}.safetensors"
        if self._folder is not None:
            self._unsaved[name] = content
        return CheckpointSaved(name, sha256(content), len(content))

    def _restored(self) -> Iterator[Event]:
        """Take on the state that the session's record describes, from its checkpoints."""
        record, folder = self.session.record, self._source
        if not self.session.decisions:
            return
        saved = record.checkpoints if record else ()
        dense = [checkpoint for checkpoint in saved if checkpoint.path.startswith("dense")]
        if record is None or folder is None or not dense:
            raise CheckpointError(
                f"session {self.session.name} has no checkpoints to go on from: replay it with --out first"
            )
        after_dense = saved[saved.index(dense[-1]) + 1 :]
        pruned = read_checkpoint(folder, after_dense[-1]) if after_dense else None
        report = record.report
        for event in self._engine.restore(
            dense=read_checkpoint(folder, dense[-1]),
            pruned=pruned,
            test_reads=report.test_reads,
            source=str(folder),
        ):
            yield self._folded(event)
        self.view = replace(
            self.view,
            num_decisions=len(self.session.decisions),
            epochs=report.epochs,
            scan=report.scan,
            dense=report.dense,
            pruned=report.pruned,
            test_reads=report.test_reads,
            checkpoints=saved,
        )


def _as_it_went(decision: Decision, stopped_after: int | None) -> Decision:
    """Return the decision with the epochs or cells that really ran, so that a replay does the same."""
    if stopped_after is None:
        return decision
    match decision:
        case TrainDense() | Prune() | Finetune():
            return decision.model_copy(update={"stopped_after_epochs": stopped_after})
        case Scan():
            return decision.model_copy(update={"stopped_after_cells": stopped_after})
        case LoadDense() | Measure():
            return decision
        case _:
            assert_never(decision)
