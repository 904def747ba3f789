"""The attempts of a session, read from its decisions and its report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from prune_tui.core.network import NetworkCounts
from prune_tui.core.report import Attempt, AttemptCounts, EpochFigures, Figures, Latency, Report
from prune_tui.core.run.attempt_counts import measurement_of
from prune_tui.core.run.attempts import accuracy_right_after
from prune_tui.core.session.decisions import Decision, Finetune, Prune, Rewind
from prune_tui.core.session.legal import RULES
from prune_tui.core.terms import TimedNetwork


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    """One prune of a session and what followed it, up to the next; `number` counts from 1.

    `decision` is the prune's index. Accuracies are on the validation split: `pruned_accuracy` right after the
    first round's pruning, `accuracy` that of the network in the end. `counts` are of the masked network,
    `shrunk` of the one without its pruned units, and `nonzero` the weights left by layer; all of them None
    or empty where an older file does not tell. `measured` holds all figures on the test set, oldest first.
    """

    number: int
    decision: int
    prune: Prune
    followed_by: tuple[Decision, ...] = ()
    epochs: tuple[EpochFigures, ...] = ()
    pruned_accuracy: float | None = None
    accuracy: float | None = None
    counts: NetworkCounts | None = None
    shrunk: NetworkCounts | None = None
    sparsity: float | None = None
    nonzero: Mapping[str, int] = field(default_factory=dict)
    measured: tuple[Attempt, ...] = ()

    @property
    def description(self) -> str:
        """The prune and the training that followed, in a few words."""
        trained = [one.description for one in self.followed_by if isinstance(one, Finetune | Rewind)]
        return ", then ".join([self.prune.description, *trained])

    @property
    def smallest(self) -> NetworkCounts | None:
        """The counts of the shrunk network, else of the masked one; ratios are relative to the dense one."""
        return self.shrunk.against(self.counts) if self.shrunk is not None else self.counts

    @property
    def test_figures(self) -> Figures | None:
        """The newest figures on the test set: the shrunk network's, else the masked one's."""
        newest = self.measured[-1] if self.measured else None
        return (newest.shrunk or newest.pruned) if newest is not None else None

    def fastest(self, batch_size: str) -> tuple[TimedNetwork, Latency] | None:
        """Return in which way the network ran fastest when it was measured last; None if it was not timed."""
        figures = self.test_figures
        if figures is None or batch_size not in figures.latency_ms:
            return None
        return fastest(self.measured[-1], batch_size)


def fastest(measured: Attempt, batch_size: str) -> tuple[TimedNetwork, Latency]:
    """Return in which way a network ran fastest; its masked or its shrunk form was timed at this size."""
    ways: dict[TimedNetwork, Mapping[str, Latency]] = {
        "shrunk" if measured.shrunk else "pruned": (measured.shrunk or measured.pruned).latency_ms,
        "sparse": measured.sparse_latency_ms,
        "native": measured.native.latency_ms if measured.native is not None else {},
    }
    timed = [(way, latencies[batch_size]) for way, latencies in ways.items() if batch_size in latencies]
    return min(timed, key=lambda one: one[1].p50)


def attempts_of(decisions: Sequence[Decision], report: Report) -> tuple[AttemptView, ...]:
    """Return every attempt of a session, oldest first; one ends with the next, or with a new baseline."""
    epochs: dict[int, list[EpochFigures]] = {}
    for epoch in report.epochs:
        epochs.setdefault(epoch.decision, []).append(epoch)
    starts = [at for at, decision in enumerate(decisions) if isinstance(decision, Prune)]
    attempts = []
    for number, start in enumerate(starts, 1):
        end = _end(start, decisions)
        own = tuple(epoch for at in range(start, end) for epoch in epochs.get(at, ()))
        attempts.append(
            _attempt(number, start, decisions[start:end], own, report, is_last=end == len(decisions))
        )
    return tuple(attempts)


def _end(start: int, decisions: Sequence[Decision]) -> int:
    """Return the index of the decision that begins another attempt, or the number of decisions."""
    later = enumerate(decisions[start + 1 :], start + 1)
    return next((at for at, one in later if RULES[one.kind].provides & {"pruned", "dense"}), len(decisions))


def _attempt(
    number: int,
    start: int,
    decisions: Sequence[Decision],
    epochs: tuple[EpochFigures, ...],
    report: Report,
    *,
    is_last: bool,
) -> AttemptView:
    """Return the attempt of `decisions`, whose first has the index `start`."""
    prune = decisions[0]
    assert isinstance(prune, Prune)
    measured = _measured(start, start + len(decisions), report)
    if is_last and not measured and (newest := measurement_of(report)) is not None:
        measured = (newest,)
    counted = next((one for one in report.attempt_counts if one.decision == start), None)
    counts, shrunk, sparsity = _counts(counted, measured[-1] if measured else None, report.dense)
    nonzero: Mapping[str, int] = counted.nonzero if counted is not None else {}
    if is_last and not nonzero:
        nonzero = {layer.name: layer.nonzero for layer in report.layers}
    return AttemptView(
        number=number,
        decision=start,
        prune=prune,
        followed_by=tuple(decisions[1:]),
        epochs=epochs,
        pruned_accuracy=accuracy_right_after([epoch for epoch in epochs if epoch.decision == start]),
        accuracy=_final_accuracy(start, decisions, epochs),
        counts=counts,
        shrunk=shrunk,
        sparsity=sparsity,
        nonzero=nonzero,
        measured=measured,
    )


def _measured(start: int, end: int, report: Report) -> tuple[Attempt, ...]:
    """Return what was measured by the decisions of an attempt, also what is measured now."""
    newest = measurement_of(report)
    known = (*report.attempts, *(() if newest is None else (newest,)))
    return tuple(one for one in known if one.decision is not None and start <= one.decision < end)


def _counts(
    counted: AttemptCounts | None, measured: Attempt | None, dense: Figures | None
) -> tuple[NetworkCounts | None, NetworkCounts | None, float | None]:
    """Return the counts of the masked and of the shrunk network, and the sparsity: else those measured."""
    if counted is not None:
        return counted.counts, counted.shrunk, counted.sparsity
    if measured is None:
        return None, None, None
    shrunk = measured.shrunk
    return measured.pruned.against(dense), shrunk, measured.pruned.sparsity


def _final_accuracy(
    start: int, decisions: Sequence[Decision], epochs: Sequence[EpochFigures]
) -> float | None:
    """Return the validation accuracy of the network in the end: that of the epoch that was kept.

    Fine-tuning keeps the best epoch, which may be the network as it was before; rewinding the best of its
    own epochs, because it begins with other weights.
    """
    accuracy: float | None = None
    for index, decision in enumerate(decisions, start):
        own = [epoch for epoch in epochs if epoch.decision == index]
        if isinstance(decision, Prune):
            last = [epoch for epoch in own if epoch.round == own[-1].round]
            retrained = [epoch for epoch in last if epoch.epoch > 0]
            accuracy = _best(retrained if decision.rewind is not None and retrained else last)
        elif isinstance(decision, Finetune):
            accuracy = max((one for one in (accuracy, _best(own)) if one is not None), default=None)
        elif isinstance(decision, Rewind):
            accuracy = _best(own)
    return accuracy


def _best(epochs: Sequence[EpochFigures]) -> float | None:
    return max((epoch.accuracy for epoch in epochs), default=None)
