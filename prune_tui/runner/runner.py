"""Carries out decisions with the engine, folds the events, and keeps the session and its files current."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from prune_tui.core.errors import CheckpointError
from prune_tui.core.planning.solving.polish import Polish
from prune_tui.core.returning import Returning
from prune_tui.core.run.events import (
    CheckpointSaved,
    DecisionDropped,
    DecisionFinished,
    EngineReady,
    Event,
)
from prune_tui.core.run.fold import apply
from prune_tui.core.run.view import View
from prune_tui.core.session.decisions import Decision, Prune
from prune_tui.core.session.draft import Draft
from prune_tui.core.session.json import checked
from prune_tui.core.session.session import Checkpoint, Record, Session
from prune_tui.engine.context import CheckpointToSave
from prune_tui.engine.engine import Engine, never
from prune_tui.engine.network.checkpoint_files import read_checkpoint
from prune_tui.engine.network.hashes import sha256
from prune_tui.engine.session_source import SessionSource
from prune_tui.runner.audit import accuracy_of, check_checkpoints
from prune_tui.runner.files import SessionFiles
from prune_tui.runner.restoring import restored


class Runner:
    """Runs one session, in the app or in a replay.

    With a `sessions_dir`, the session's file, checkpoints and log are written after every decision; without
    one, nothing is. `source` is the folder to read checkpoints from, if it is not the session's own. The
    user's own code, if the session names any, runs only with `allow_code`.
    """

    def __init__(
        self,
        session: Session,
        *,
        sessions_dir: Path | None,
        data_dir: Path | None,
        weights: Path | None = None,
        source: Path | None = None,
        allow_code: bool = False,
    ) -> None:
        self.session = session
        self.view = View()
        self._files = SessionFiles(sessions_dir, session.name)
        self._source = source or self._files.folder
        self._names = SessionSource(
            session, data_dir=data_dir, folder=self._source, weights=weights, allow_code=allow_code
        )
        self._engine = Engine(self._names, seed=session.seed, device=session.device)

    @property
    def path(self) -> Path | None:
        """The session's file; None if nothing is written."""
        return self._files.path

    @property
    def is_saved(self) -> bool:
        """Whether all that is finished is on disk."""
        return self._files.is_saved

    def open(self) -> Iterator[Event]:
        """Load the data, the model, and the state after the session's decisions; ends with `EngineReady`.

        Raises:
            PruneTuiError: the data, the device or a checkpoint can't be used, or the session not written.
        """
        self._files.check()
        for event in self._engine.open():
            if isinstance(event, EngineReady):
                self.session = self._names.recorded(self.session)
                self.view = apply(self.view, event)
                if self.session.decisions:
                    for fact in restored(self._engine, self.session, self._source):
                        yield self._folded(fact)
                    self._copy_checkpoints()
                yield event
            else:
                yield self._folded(event)

    def perform(
        self, decision: Decision, *, should_stop: Callable[[], bool] = never
    ) -> Generator[Event, None, None]:
        """Carry out the next decision and record it.

        Closing the generator before its end abandons the decision, and nothing of it remains.

        Raises:
            StorageError: the result can't be written; it is kept in memory, and `save` tries again.
            PruneTuiError: the decision can't be carried out; nothing has changed.
        """
        index, before, num_events = len(self.session.decisions), self.view, self._files.num_events
        try:
            execution = self._engine.perform(
                checked(decision), index=index, should_stop=should_stop, free_name=self._free_name
            )
            with closing(execution):
                events = Returning(execution)
                for event in events:
                    if isinstance(event, DecisionFinished):
                        finished = event
                    else:
                        yield self._folded(event)
        except BaseException:
            self.view = apply(before, DecisionDropped(index))
            self._files.forget_events(num_events)
            raise
        result = events.value
        saved = [self._folded(CheckpointSaved(self._kept(network))) for network in result.to_save]
        self._folded(finished)
        record = Record(report=self.view.report, checkpoints=self.view.checkpoints)
        decisions = (*self.session.decisions, result.decision)
        self.session = replace(self.session, decisions=decisions, record=record)
        self.save()
        yield from saved
        yield finished

    def find_units(self) -> Iterator[Event]:
        """Find the units that can be removed, and what goes with them."""
        for event in self._engine.find_units():
            yield self._folded(event)

    def measure_plan(self, decision: Prune, *, is_asked: bool) -> Iterator[Event]:
        """Measure the plan that may become the next decision; see `Engine.measure_plan`.

        Raises:
            PruneTuiError: it can't be carried out; the message says why.
        """
        index = len(self.session.decisions)
        for event in self._engine.measure_plan(decision, index=index, is_asked=is_asked):
            self.view = apply(self.view, event)
            yield event

    def polish(self, polish: Polish) -> Iterator[Event]:
        """Improve a solved plan that may become the next decision; see `Engine.polish`.

        Raises:
            PruneTuiError: it can't be carried out; the message says why.
        """
        for event in self._engine.polish(polish, index=len(self.session.decisions)):
            self.view = apply(self.view, event)
            yield event

    def measure_kernels(self) -> Iterator[Event]:
        """Measure what the network's layers take in C; see `Engine.measure_kernels`.

        Raises:
            ExportError: it can't be measured; the message says why.
        """
        for event in self._engine.measure_kernels():
            self.view = apply(self.view, event)
            yield event

    def save(self) -> None:
        """Write what is not written yet.

        Raises:
            StorageError: the disk is full or the folder not writable; nothing is lost, so save again later.
        """
        self._files.save(self.session)

    def keep_draft(self, draft: Draft) -> None:
        """Keep the plan that is being made, also in the session's file if there is one; legal at any time.

        Raises:
            StorageError: it can't be written; it is kept in memory, and written with what is saved next.
        """
        self.session = replace(self.session, draft=draft)
        self._files.rewrite(self.session)

    def check(self, decisions: Iterable[Decision]) -> None:
        """Check, before any decision is carried out, that the model has the layers they name.

        Raises:
            PruneTuiError: a decision can't be carried out on this model.
        """
        for decision in decisions:
            self._engine.check(decision)

    def check_checkpoints(self, folder: Path, checkpoints: Iterable[Checkpoint]) -> None:
        """Check that checkpoints are unchanged since they were saved, and fit this model.

        Raises:
            CheckpointError: one is missing, truncated, altered or for another model.
        """
        check_checkpoints(self._engine, folder, checkpoints)

    def accuracy_of(self, folder: Path, checkpoint: Checkpoint) -> float:
        """Load a checkpoint and evaluate it on the validation split.

        Raises:
            CheckpointError: it is missing, truncated, altered or for another model.
        """
        return accuracy_of(self._engine, folder, checkpoint)

    def _folded(self, event: Event) -> Event:
        self.view = apply(self.view, event)
        self._files.note(event)
        return event

    def _free_name(self, wanted: str) -> str:
        """Return a file name that no checkpoint of the session has yet."""
        taken = {checkpoint.path for checkpoint in self.view.checkpoints}
        name, number = f"{wanted}.safetensors", 1
        while name in taken:
            number += 1
            name = f"{wanted}-{number}.safetensors"
        return name

    def _kept(self, network: CheckpointToSave) -> Checkpoint:
        self._files.keep(network.name, network.content)
        return Checkpoint(
            path=network.name,
            sha256=sha256(network.content),
            file_bytes=len(network.content),
            stage=network.stage,
            accuracy=network.accuracy,
        )

    def _copy_checkpoints(self) -> None:
        """Copy the checkpoints of another folder into the session's own; skip those that can't be read."""
        source = self._source
        if source is not None and source != self._files.folder:
            for checkpoint in self.view.checkpoints:
                with suppress(CheckpointError):
                    self._files.keep(checkpoint.path, read_checkpoint(source, checkpoint))
