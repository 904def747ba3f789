"""The attempts of a session: their training, their predicted accuracy and their measured figures."""

from collections.abc import Sequence
from dataclasses import dataclass

from prune_tui.core.report import Attempt, EpochFigures, Figures, Report, ScanFigures
from prune_tui.core.scanning.predictor import Prediction, fitted_predictor, predicted
from prune_tui.core.session.decisions import Decision, Prune
from prune_tui.core.session.legal import RULES


def pruning_runs(
    decisions: Sequence[Decision], epochs: Sequence[EpochFigures], *, running: int | None = None
) -> list[tuple[EpochFigures, ...]]:
    """Return the epochs of each decision that prunes or trains, oldest first, also of the `running` one."""
    indices = [at for at, decision in enumerate(decisions) if RULES[decision.kind].changes_pruned]
    if running is not None and running not in indices:
        indices.append(running)
    return [tuple(epoch for epoch in epochs if epoch.decision == at) for at in indices]


def last_prune(decisions: Sequence[Decision]) -> Prune | None:
    """Return the last prune among the decisions, if there is one."""
    return next((decision for decision in reversed(decisions) if isinstance(decision, Prune)), None)


def accuracy_at(run: Sequence[EpochFigures], position: int) -> float | None:
    """Return the accuracy of a run at a position among its epochs; None if it was shorter."""
    return run[position].accuracy if 0 <= position < len(run) else None


def accuracy_right_after(run: Sequence[EpochFigures]) -> float | None:
    """Return the accuracy right after the first round's pruning, before any fine-tuning."""
    return next((epoch.accuracy for epoch in run if epoch.round <= 1 and epoch.epoch == 0), None)


@dataclass(frozen=True, slots=True)
class PredictionCheck:
    """The predicted and the actual accuracy right after pruning; None where there is none.

    With `num_rounds` above 1, `actual` is after the first round, so that the two can't be compared.
    """

    predicted: Prediction | None
    actual: float | None
    num_rounds: int

    @property
    def difference(self) -> float | None:
        """Actual − predicted, as a fraction of 1; None unless both are of the whole plan."""
        if self.predicted is None or self.actual is None or self.num_rounds > 1:
            return None
        return self.actual - self.predicted.accuracy


def prediction_check(decisions: Sequence[Decision], report: Report) -> PredictionCheck | None:
    """Return the predicted and the actual accuracy of the last prune; None before any prune."""
    prune = last_prune(decisions)
    if prune is None:
        return None
    index = max(at for at, decision in enumerate(decisions) if decision == prune)
    return PredictionCheck(
        predicted=predicted_for(prune, report.scan),
        actual=accuracy_right_after([epoch for epoch in report.epochs if epoch.decision == index]),
        num_rounds=prune.schedule.num_rounds,
    )


def predicted_for(prune: Prune, scan: ScanFigures | None) -> Prediction | None:
    """Return the predicted accuracy right after pruning; None if the scan used another method."""
    if scan is None or (scan.criterion, scan.granularity) != (prune.criterion, prune.granularity):
        return None
    if isinstance(prune.plan, float) or scan.dense_accuracy <= 0:
        return None
    return predicted(fitted_predictor(scan), prune.plan)


def last_measured(report: Report) -> Figures | None:
    """Return the newest figures: the pruned network's, else the last attempt's, else the dense network's."""
    if report.pruned is None and report.attempts:
        return report.attempts[-1].pruned
    return report.pruned or report.dense


def attempt_names(attempts: Sequence[Attempt], decisions: Sequence[Decision]) -> list[str]:
    """Return the name of each attempt, after the prune that it measured: `prune l1 weight, 1 round`."""
    names = []
    for number, attempt in enumerate(attempts, start=1):
        prune = last_prune(decisions[: attempt.decision]) if attempt.decision is not None else None
        names.append(prune.description if prune is not None else f"attempt {number}")
    return names
