"""Plays decisions through the engine, folds the events, and keeps the session and its files up to date."""

import re
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import assert_never

from pydantic import TypeAdapter

from prune_tui.core.errors import CheckpointError
from prune_tui.core.run.events import (
    BatchEvaluated,
    BatchTrained,
    CheckpointSaved,
    DecisionDropped,
    DecisionFinished,
    EngineReady,
    Event,
    Stage,
)
from prune_tui.core.run.view import View, apply, report_of
from prune_tui.core.session.decisions import (
    BUNDLED,
    Decision,
    Finetune,
    LoadDense,
    Measure,
    Prune,
    Rewind,
    Scan,
    Shrink,
    Sweep,
    TrainDense,
)
from prune_tui.core.session.session import Checkpoint, Record, Session
from prune_tui.engine.engine import Engine, never
from prune_tui.engine.network.checkpoints import decode, decode_shrunk, read_checkpoint, sha256
from prune_tui.engine.pruning.plan_masks import plan_of
from prune_tui.engine.state import Kept, shrunk_checkpoint
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
        saved = [self._checkpoint(kept) for kept in self._new_networks(decision)]
        self._folded(finished)
        if isinstance(decision, LoadDense) and decision.weights != BUNDLED:
            decision = decision.model_copy(update={"weights": saved[0].path, "sha256": saved[0].sha256})
        self.session = self.session.model_copy(
            update={
                "decisions": (*self.session.decisions, _as_it_went(decision, finished.stopped_after)),
                "record": Record(report=report_of(self.view), checkpoints=self.view.checkpoints),
            }
        )
        self.save()
        yield from saved
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
            content, source = read_checkpoint(folder, checkpoint), str(folder / checkpoint.path)
            if checkpoint.stage == "shrunk":
                decode_shrunk(content, source=source)
            else:
                decode(content, like, source=source)

    def accuracy_of(self, folder: Path, checkpoint: Checkpoint) -> float:
        """Load a checkpoint and evaluate it on the validation split.

        Raises:
            CheckpointError: it is missing, truncated, altered or for another model.
        """
        content, source = read_checkpoint(folder, checkpoint), str(folder / checkpoint.path)
        evaluation = self._engine.accuracy_of(content, checkpoint.stage, source=source)
        while True:
            try:
                next(evaluation)
            except StopIteration as finished:
                accuracy: float = finished.value
                return accuracy

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

    def _new_networks(self, decision: Decision) -> list[Kept]:
        """Return what the decision has made that is to be saved, what it ends with last."""
        space = self._engine.space
        kept, accuracy = list(space.kept), space.accuracy
        space.kept.clear()
        match decision:
            case TrainDense() | LoadDense():
                kept.append(Kept("dense", "dense", space.checkpoint(), accuracy))
            case Prune() | Finetune() | Rewind():
                kept.append(Kept("pruned", "pruned", space.checkpoint(), accuracy))
            case Shrink():
                assert space.shrunk is not None
                kept.append(Kept("shrunk", "shrunk", shrunk_checkpoint(space.shrunk), accuracy))
            case Scan() | Sweep() | Measure():
                pass
            case _:
                assert_never(decision)
        return kept

    def _checkpoint(self, kept: Kept) -> CheckpointSaved:
        """Note a network to be saved, under a name that no earlier checkpoint has."""
        taken = {checkpoint.path for checkpoint in self.view.checkpoints}
        name, number = f"{kept.name}.safetensors", 1
        while name in taken:
            number += 1
            name = f"{kept.name}-{number}.safetensors"
        if self._folder is not None:
            self._unsaved[name] = kept.content
        saved = CheckpointSaved(name, sha256(kept.content), len(kept.content), kept.stage, kept.accuracy)
        self._folded(saved)
        return saved

    def _restored(self) -> Iterator[Event]:
        """Take on the state that the session's record describes, from its checkpoints."""
        record, folder = self.session.record, self._source
        if not self.session.decisions:
            return
        saved = record.checkpoints if record else ()
        dense = _last(saved, "dense")
        if record is None or folder is None or dense is None:
            raise CheckpointError(
                f"session {self.session.name} has no checkpoints to go on from: replay it with --out first"
            )
        before, after = saved[: saved.index(dense)], saved[saved.index(dense) + 1 :]
        pruned, shrunk = _last(after, "pruned"), _last(after, "shrunk")
        if pruned is not None and shrunk is not None and after.index(shrunk) < after.index(pruned):
            shrunk = None
        report = record.report
        for event in self._engine.restore(
            dense=read_checkpoint(folder, dense),
            trained=_last_training(self.session.decisions),
            early={epoch: read_checkpoint(folder, kept) for epoch, kept in _early(before).items()},
            pruned=read_checkpoint(folder, pruned) if pruned else None,
            shrunk=read_checkpoint(folder, shrunk) if shrunk else None,
            test_reads=report.test_reads,
            source=str(folder),
        ):
            yield self._folded(event)
        self.view = replace(
            self.view,
            num_decisions=len(self.session.decisions),
            epochs=report.epochs,
            scan=report.scan,
            curves=report.curves,
            dense=report.dense,
            pruned=report.pruned,
            shrunk=report.shrunk,
            sparse_latency_ms=report.sparse_latency_ms,
            test_reads=report.test_reads,
            checkpoints=saved,
        )


def _last(checkpoints: Sequence[Checkpoint], stage: Stage) -> Checkpoint | None:
    return next((saved for saved in reversed(checkpoints) if saved.stage == stage), None)


def _early(checkpoints: Sequence[Checkpoint]) -> dict[int, Checkpoint]:
    """Return the kept epochs of the newest dense baseline, which are saved right before it."""
    found: dict[int, Checkpoint] = {}
    for checkpoint in reversed(checkpoints):
        number = re.match(r"dense-epoch-(\d+)", checkpoint.path)
        if checkpoint.stage != "early" or number is None:
            break
        found[int(number[1])] = checkpoint
    return found


def _last_training(decisions: Sequence[Decision]) -> TrainDense | None:
    """Return how the dense baseline was trained; None if it was loaded."""
    baselines = [decision for decision in decisions if isinstance(decision, TrainDense | LoadDense)]
    return baselines[-1] if baselines and isinstance(baselines[-1], TrainDense) else None


def _as_it_went(decision: Decision, stopped_after: int | None) -> Decision:
    """Return the decision with the epochs, cells or points that really ran, for a replay to do the same."""
    if stopped_after is None:
        return decision
    match decision:
        case TrainDense() | Prune() | Finetune() | Rewind():
            return decision.model_copy(update={"stopped_after_epochs": stopped_after})
        case Scan():
            return decision.model_copy(update={"stopped_after_evaluations": stopped_after})
        case Sweep():
            return decision.model_copy(update={"stopped_after_points": stopped_after})
        case LoadDense() | Shrink() | Measure():
            return decision
        case _:
            assert_never(decision)
