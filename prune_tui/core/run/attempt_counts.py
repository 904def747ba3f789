"""Keeps what an attempt was counted and measured at, when the next one begins."""

from dataclasses import replace

from prune_tui.core.report import Attempt, AttemptCounts, Report
from prune_tui.core.run.events import Counted, Shrunk
from prune_tui.core.run.view import Running


def counts_after(
    known: tuple[AttemptCounts, ...], running: Running | None, event: Counted | Shrunk
) -> tuple[AttemptCounts, ...]:
    """Return the counts of all attempts after the network was counted, or its units were removed.

    A prune begins an attempt, and what follows belongs to it. Counting while a session is opened, when
    nothing runs, tells nothing new; nor is there an attempt to add to in files that never held any.
    """
    if running is None:
        return known
    if running.kind == "prune" and isinstance(event, Counted):
        earlier = tuple(one for one in known if one.decision != running.index)
        return (*earlier, _counts_of(event, running.index))
    if not known:
        return known
    before, last = known[:-1], known[-1]
    if isinstance(event, Shrunk):
        return (*before, replace(last, shrunk=event.counts))
    return (*before, replace(_counts_of(event, last.decision), shrunk=last.shrunk))


def _counts_of(event: Counted, decision: int) -> AttemptCounts:
    return AttemptCounts(
        decision=decision,
        counts=event.counts,
        sparsity=event.sparsity,
        nonzero={layer.name: layer.nonzero for layer in event.layers},
    )


def with_attempt(report: Report) -> Report:
    """Move the measured figures to the attempts, because the network is about to change."""
    attempts = report.attempts
    measured = measurement_of(report)
    if measured is not None:
        attempts = (*attempts, measured)
    return replace(
        report,
        pruned=None,
        shrunk=None,
        compression_ratio=None,
        theoretical_speedup=None,
        sparse_latency_ms={},
        native=None,
        measured_by=None,
        attempts=attempts,
    )


def measurement_of(report: Report) -> Attempt | None:
    """Return what the network is measured at now; None if it is not measured."""
    if report.pruned is None:
        return None
    return Attempt(
        decision=report.measured_by,
        pruned=report.pruned,
        shrunk=report.shrunk,
        sparse_latency_ms=report.sparse_latency_ms,
        native=report.native,
    )
