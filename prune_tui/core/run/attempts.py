"""The training runs of a session, and what the plan foresaw of each: comparisons that screens show."""

from collections.abc import Sequence

from prune_tui.core.report import EpochFigures, ScanFigures
from prune_tui.core.scanning.predictor import predict
from prune_tui.core.session.decisions import Decision, Finetune, Prune, Rewind


def pruning_runs(
    decisions: Sequence[Decision], epochs: Sequence[EpochFigures], *, running: int | None = None
) -> list[tuple[EpochFigures, ...]]:
    """Return the epochs of each pruning or fine-tuning run, oldest first, and of the one `running`."""
    indices = [at for at, decision in enumerate(decisions) if isinstance(decision, Prune | Finetune | Rewind)]
    if running is not None and running not in indices:
        indices.append(running)
    return [tuple(epoch for epoch in epochs if epoch.decision == at) for at in indices]


def last_prune(decisions: Sequence[Decision]) -> Prune | None:
    """Return the last plan that was carried out."""
    return next((decision for decision in reversed(decisions) if isinstance(decision, Prune)), None)


def accuracy_at(run: Sequence[EpochFigures], position: int) -> float | None:
    """Return the accuracy a run had after so many of its epochs, or None if it was shorter."""
    return run[position].accuracy if 0 <= position < len(run) else None


def foreseen_accuracy(prune: Prune, scan: ScanFigures | None) -> float | None:
    """Return what the curves foretold right after pruning; None if the scan pruned another way."""
    if scan is None or (scan.criterion, scan.granularity) != (prune.criterion, prune.granularity):
        return None
    if isinstance(prune.plan, float):
        return None
    return predict(scan, prune.plan)


def accuracy_right_after(run: Sequence[EpochFigures]) -> float | None:
    """Return the accuracy right after the first round's pruning, before any fine-tuning."""
    return next((epoch.accuracy for epoch in run if epoch.round <= 1 and epoch.epoch == 0), None)
