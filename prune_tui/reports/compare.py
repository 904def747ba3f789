"""Measured networks side by side, of one session or of several: rows of figures, to be drawn or printed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from prune_tui.core.report import Attempt, Figures, Latency, Report
from prune_tui.core.run.attempts import attempt_names
from prune_tui.core.run.sureness import num_test_images, test_interval
from prune_tui.core.session.decisions import Decision
from prune_tui.core.session.json import json_data
from prune_tui.core.session.session import Session

Network = Literal["dense", "pruned", "shrunk"]

TOLERATED_POINTS: Final = 1.0
"""How much accuracy the best result may lose, in points, for being small."""

BEST_RULE: Final = "the smallest within 1 point of dense, else the most accurate"


@dataclass(frozen=True, slots=True)
class Compared:
    """A network measured on the test set: the dense one, or what an attempt pruned or shrunk.

    `attempt` counts from 1 and is None for the dense network; `name` says how it was pruned. Ratios are
    against the dense network. `interval` is the 95 % interval of `accuracy`, None where the score is no count
    of right images. `latency_ms` is keyed by batch size, and empty where none was measured.
    """

    session: str
    network: Network
    attempt: int | None
    name: str
    accuracy: float
    interval: tuple[float, float] | None
    compression_ratio: float
    theoretical_speedup: float
    file_bytes: int
    latency_ms: Mapping[str, Latency] = field(default_factory=dict)


def compared(session: str, report: Report, decisions: Sequence[Decision]) -> tuple[Compared, ...]:
    """Return the networks of a report that were measured: the dense one, then each attempt, oldest first."""
    dense = report.dense
    num_images = num_test_images(report)

    def row(network: Network, attempt: int | None, name: str, figures: Figures) -> Compared:
        return _row(session, network, attempt, name, figures, dense, num_images=num_images)

    rows = [row("dense", None, "dense", dense)] if dense is not None else []
    attempts = _attempts(report)
    for number, (name, attempt) in enumerate(
        zip(attempt_names(attempts, decisions), attempts, strict=True), start=1
    ):
        rows.append(row("pruned", number, name, attempt.pruned))
        if attempt.shrunk is not None:
            rows.append(row("shrunk", number, name, attempt.shrunk))
    return tuple(rows)


def best_of(rows: Iterable[Compared]) -> Compared | None:
    """Return the best attempt of a session: `BEST_RULE`; None if no attempt was measured."""
    known = list(rows)
    attempts = [row for row in known if row.attempt is not None]
    dense = next((row.accuracy for row in known if row.attempt is None), None)
    if dense is not None:
        # A tolerance in points is a decimal number: what equals it must not miss it by rounding.
        least = dense - TOLERATED_POINTS / 100 - 1e-9
        within = [row for row in attempts if row.accuracy >= least]
        if within:
            return max(within, key=lambda row: (row.compression_ratio, row.accuracy))
    return max(attempts, key=lambda row: (row.accuracy, row.compression_ratio), default=None)


def batch_sizes(rows: Iterable[Compared]) -> list[str]:
    """Return the batch sizes at which any of the networks was timed, smallest first."""
    return sorted({size for row in rows for size in row.latency_ms}, key=int)


def document(path: str, session: Session, rows: Sequence[Compared]) -> dict[str, object]:
    """Return what `compare --json` prints of one session."""
    best = best_of(rows)
    return {
        "session": session.name,
        "path": path,
        "model": session.model,
        "dataset": session.dataset,
        "seed": session.seed,
        "networks": [
            {
                "network": row.network,
                "attempt": row.attempt,
                "name": row.name,
                "accuracy": row.accuracy,
                "accuracy_interval": row.interval,
                "compression_ratio": row.compression_ratio,
                "theoretical_speedup": row.theoretical_speedup,
                "file_bytes": row.file_bytes,
                "latency_ms": json_data(row.latency_ms),
                "is_best": row is best,
            }
            for row in rows
        ],
    }


def _attempts(report: Report) -> tuple[Attempt, ...]:
    """Return all attempts that were measured, the one that stands last."""
    if report.pruned is None:
        return report.attempts
    return (
        *report.attempts,
        Attempt(decision=report.measured_by, pruned=report.pruned, shrunk=report.shrunk),
    )


def _row(
    session: str,
    network: Network,
    attempt: int | None,
    name: str,
    figures: Figures,
    dense: Figures | None,
    *,
    num_images: int,
) -> Compared:
    counts = figures.against(dense)
    return Compared(
        session=session,
        network=network,
        attempt=attempt,
        name=name,
        accuracy=figures.accuracy,
        interval=test_interval(figures.accuracy, num_images),
        compression_ratio=counts.compression_ratio,
        theoretical_speedup=counts.theoretical_speedup,
        file_bytes=figures.file_bytes,
        latency_ms=figures.latency_ms,
    )
