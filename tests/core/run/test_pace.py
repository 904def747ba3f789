"""How long an epoch takes is learned from what was trained, and pauses do not count."""

from collections.abc import Sequence

from prune_tui.core.report import EpochFigures
from prune_tui.core.run.events import BatchTrained, DecisionStarted, EpochFinished, Event
from prune_tui.core.run.pace import Pace, paced

NUM_BATCHES = 20


def after(events: Sequence[Event], pace: Pace | None = None) -> Pace:
    pace = pace or Pace()
    for event in events:
        pace = paced(pace, event)
    return pace


def begun() -> Event:
    return DecisionStarted(0, "prune", "prune", 0.0)


def batches(epoch: int, *, begin: float, seconds: float, last: int = NUM_BATCHES) -> list[Event]:
    return [
        BatchTrained(1, 1, epoch, 3, batch, NUM_BATCHES, begin + (batch - 1) * seconds)
        for batch in range(1, last + 1)
    ]


def finished(epoch: int, seconds: float) -> Event:
    figures = EpochFigures(
        decision=0, round=1, epoch=epoch, train_loss=None, accuracy=0.9, loss=0.1, learning_rate=None
    )
    return EpochFinished(figures, 3, True, seconds)


def test_nothing_is_known_before_anything_is_trained() -> None:
    assert after([begun(), finished(0, 5.0)]).epoch_seconds is None
    assert after([begun(), *batches(1, begin=2.0, seconds=0.5, last=5)]).epoch_seconds is None


def test_an_epoch_under_way_is_projected_and_a_finished_one_is_known() -> None:
    under_way = after([begun(), *batches(1, begin=100.0, seconds=0.5, last=12)])
    assert under_way.epoch_seconds == 10.0
    known = after([finished(1, 112.0)], under_way)
    assert known.epoch_seconds == 12.0
    assert after(batches(2, begin=112.0, seconds=9.0), known).epoch_seconds == 12.0


def test_an_epoch_that_was_paused_does_not_count() -> None:
    events = [begun(), *batches(1, begin=0.0, seconds=0.5), finished(1, 12.0)]
    events += [*batches(2, begin=12.0, seconds=0.5), finished(2, 900.0)]
    assert after(events).epoch_seconds == 12.0


def test_the_newest_training_counts() -> None:
    slow = [begun(), *batches(1, begin=0.0, seconds=5.0), finished(1, 100.0)]
    quick = [begun(), *batches(1, begin=0.0, seconds=0.5), finished(1, 11.0)]
    assert after(slow + quick).epoch_seconds == 11.0
    assert after(quick + slow).epoch_seconds == 100.0
    assert after([*slow, begun()]).epoch_seconds == 100.0
