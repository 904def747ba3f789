"""How long an epoch takes in this session, from the epochs and batches trained so far."""

from dataclasses import dataclass, replace
from typing import Final

from prune_tui.core.run.events import BatchTrained, DecisionStarted, EpochFinished, Event

_FEWEST_BATCHES: Final = 10
"""Fewer batches say little: the first ones of a process are slow."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What training has taken so far.

    `epoch_seconds` is the least that an epoch of the newest training took, evaluation included, so that
    pauses do not count; of one that is not finished it is projected from its batches. `began` is when the
    newest epoch ended its first batch, in seconds since its decision began.
    """

    epoch_seconds: float | None = None
    began: float = 0.0
    num_finished: int = 0


def paced(pace: Pace, event: Event) -> Pace:
    """Return the pace after an event."""
    match event:
        case DecisionStarted():
            return replace(pace, num_finished=0)
        case BatchTrained(batch=1):
            return replace(pace, began=event.seconds)
        case BatchTrained() if event.batch >= _FEWEST_BATCHES and not pace.num_finished:
            per_batch = (event.seconds - pace.began) / (event.batch - 1)
            return replace(pace, epoch_seconds=per_batch * event.num_batches)
        case EpochFinished() if event.figures.epoch > 0:
            known = pace.epoch_seconds if pace.num_finished else None
            took = event.seconds - pace.began
            return replace(
                pace,
                epoch_seconds=took if known is None else min(known, took),
                num_finished=pace.num_finished + 1,
            )
        case _:
            return pace
