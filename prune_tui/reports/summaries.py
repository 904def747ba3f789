"""A session in a line: what it is about, how far it is, and its best result."""

from dataclasses import dataclass
from typing import Literal

from prune_tui.core.session.decisions import Decision
from prune_tui.core.session.legal import facts_after
from prune_tui.core.session.session import Session
from prune_tui.core.terms import READ_ONLY
from prune_tui.reports.compare import Compared, best_of, compared
from prune_tui.reports.numbers import percent_text, times_text

Progress = Literal["new", "dense", "swept", "scanned", "pruned", "measured"]


@dataclass(frozen=True, slots=True)
class Summary:
    """A session in a line; `best` is its best attempt on the test set, or else the dense network."""

    name: str
    model: str
    dataset: str
    decisions: tuple[Decision, ...]
    progress: Progress
    best: Compared | None
    is_read_only: bool
    has_draft: bool
    has_code: bool

    @property
    def state(self) -> str:
        """How far it is, or that it can only be looked at."""
        return READ_ONLY if self.is_read_only else self.progress

    @property
    def result(self) -> str:
        """The best result: `98.9 % 3.2×`, `99.1 % dense`; empty if nothing was measured."""
        best = self.best
        if best is None:
            return ""
        where = "dense" if best.attempt is None else times_text(best.compression_ratio)
        return f"{percent_text(best.accuracy)} {where}"


def summary_of(session: Session, *, is_read_only: bool) -> Summary:
    """Return a session in a line."""
    report = session.record.report if session.record is not None else None
    rows = compared(session.name, report, session.decisions) if report is not None else ()
    return Summary(
        name=session.name,
        model=session.model,
        dataset=session.dataset,
        decisions=session.decisions,
        progress=_progress(session),
        best=best_of(rows) or next(iter(rows), None),
        is_read_only=is_read_only,
        has_draft=session.draft is not None,
        has_code=bool(session.code),
    )


def _progress(session: Session) -> Progress:
    facts = facts_after(session.decisions)
    report = session.record.report if session.record is not None else None
    if report is not None and report.pruned is not None:
        return "measured"
    if "pruned" in facts:
        return "pruned"
    if "scan" in facts:
        return "scanned"
    if report is not None and report.curves:
        return "swept"
    return "dense" if "dense" in facts else "new"
