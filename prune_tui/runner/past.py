"""A session as it was after one of its decisions, worked out from the log of its events."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from prune_tui.core.network import LayerInfo
from prune_tui.core.run import events
from prune_tui.core.run.fold import apply
from prune_tui.core.run.view import View
from prune_tui.core.session.session import Record, Session

_KINDS: Final = {kind.__name__: kind for kind in get_args(events.Event)}


def session_after(
    session: Session, log: Sequence[bytes], num_decisions: int
) -> tuple[Session, Sequence[bytes]]:
    """Return a session with only its first decisions and what came of them, and its log until then.

    Where the log does not tell what came of them, the session has no record, and its log is empty: it can be
    replayed. `log` holds the lines of the file.
    """
    shorter = replace(session, decisions=session.decisions[:num_decisions], draft=None, record=None)
    if session.record is None or not num_decisions:
        return shorter, ()
    view = _begun(session.record)
    try:
        for num_lines, event in enumerate(_parsed(log), start=1):
            view = apply(view, event)
            is_end = isinstance(event, events.DecisionFinished | events.SessionRestored)
            if is_end and view.num_decisions == num_decisions:
                return replace(shorter, record=_record(view, session.record)), log[:num_lines]
    except (ValidationError, ValueError, KeyError):
        return shorter, ()
    return shorter, ()


def _begun(record: Record) -> View:
    """Return the view of the open network, of which the log says nothing: its layers, and what it runs on."""
    layers = tuple(
        LayerInfo(name=layer.name, kind="", parameters=layer.parameters, units=0, macs=0)
        for layer in record.report.layers
    )
    environment = record.report.environment
    if environment is None:
        return View(layers=layers)
    return apply(View(), events.EngineReady(layers, 0, 0, environment))


def _record(view: View, record: Record) -> Record:
    """Return the record of a view, with checkpoints as they are recorded now, if they still are."""
    known = {checkpoint.path: checkpoint for checkpoint in record.checkpoints}
    return Record(
        report=view.report,
        checkpoints=tuple(known[saved.path] for saved in view.checkpoints if saved.path in known),
    )


def _parsed(log: Sequence[bytes]) -> Iterator[events.Event]:
    for line in log:
        data = from_json(line)
        yield _adapter(data.pop("event")).validate_python(data)


@cache
def _adapter(name: str) -> Any:
    return TypeAdapter(_KINDS[name])
