"""The log of a run in English: one line per event that matters to a person."""

from prune_tui.core.numbers import percent_text, share_text
from prune_tui.core.report import EpochFigures, NativeFigures
from prune_tui.core.run.events import (
    DecisionFinished,
    DecisionStarted,
    EngineReady,
    EpochFinished,
    Event,
    Measured,
    NativeChecked,
    PointSwept,
    PretrainedTaken,
    Pruned,
    Shrunk,
)
from prune_tui.core.run.sweep_curves import method_name, mode_name


def narrated(event: Event, *, score: str = "accuracy") -> str | None:
    """Return an event as one line; None if the log leaves it out.

    `score` is what the task calls its score.
    """
    match event:
        case EngineReady() if event.notes:
            return "; ".join(event.notes)
        case DecisionStarted():
            return event.title
        case PretrainedTaken():
            return _pretrained(event)
        case Pruned():
            return (
                f"round {event.round}/{event.num_rounds}: pruned to {percent_text(event.sparsity)} sparsity"
            )
        case EpochFinished():
            return _epoch(event.figures, is_best=event.is_best, score=score)
        case PointSwept():
            return (
                f"{method_name(event.curve)} {mode_name(event.curve)} at {share_text(event.point.sparsity)}: "
                f"validation {score} {percent_text(event.point.accuracy)}"
            )
        case Shrunk():
            counts = event.counts
            return f"shrunk: {counts.parameters:,} parameters, {counts.macs:,} MACs are left"
        case Measured():
            return f"{event.stage}: test {score} {percent_text(event.figures.accuracy)}"
        case NativeChecked():
            return _native(event.figures)
        case DecisionFinished():
            how = "stopped early, the best so far is kept" if event.stopped_after is not None else "done"
            return f"{how} ({event.seconds:.1f} s)"
        case _:
            return None


def _pretrained(event: PretrainedTaken) -> str:
    if not event.head:
        return f"published weights {event.weights}, with their classifier"
    layers = ", ".join(event.head)
    return (
        f"published weights {event.weights}; {layers} is drawn anew, for {event.num_classes:,} classes "
        f"instead of {event.num_published_classes:,}"
    )


def _native(figures: NativeFigures) -> str:
    if figures.refusal is not None:
        return f"not run as C: {figures.refusal}"
    return f"as C: differs by {figures.disagreement:.1e} of the largest output at most"


def _epoch(figures: EpochFigures, *, is_best: bool, score: str) -> str:
    name = f"epoch {figures.epoch}" if figures.epoch else "right after pruning"
    loss = "" if figures.train_loss is None else f", train loss {figures.train_loss:.3f}"
    best = ", best so far" if is_best and figures.epoch else ""
    return f"{name}: validation {score} {percent_text(figures.accuracy)}{loss}{best}"
