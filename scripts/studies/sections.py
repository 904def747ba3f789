"""The parts of a section, and how they become Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console, RenderableType

from prune_tui.core.report import EpochFigures, Report
from prune_tui.core.run.attempts import accuracy_right_after
from prune_tui.core.session.decisions import Finetune, Prune, Rewind
from prune_tui.core.session.session import Session
from prune_tui.reports.markdown import markdown_table, networks_table

NONE = "–"
_WORDS = {True: "meets", False: "misses", None: "open"}


@dataclass(frozen=True, slots=True)
class Recorded:
    """A session and what it recorded."""

    session: Session
    report: Report


Sessions = Mapping[str, Recorded]
"""The recorded sessions by name; one that is not recorded is absent."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether our figure reaches a study's; None where the two were not measured on the same data."""

    text: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class Section:
    """A study: its title, what it did, the names of our sessions, the tables, and what is met or missed."""

    title: str
    story: str
    names: tuple[str, ...]
    body: Sequence[str]
    verdicts: Sequence[Verdict]


def rendered(section: Section, sessions: Sessions) -> list[str]:
    lines = [f"## {section.title}", "", section.story, ""]
    for name in section.names:
        if name not in sessions:
            lines += [f"`{name}` is not recorded.", ""]
    lines += section.body
    verdicts = [f"- **{_WORDS[one.met]}**: {one.text}" for one in section.verdicts]
    lines += [*verdicts, ""] if verdicts else []
    for name in section.names:
        if name in sessions:
            lines += [f"replay: `prune-tui replay sessions/{name}.json` ({_origin(sessions[name])})", ""]
    return lines


def _origin(recorded: Recorded) -> str:
    """Say what produced a session's figures."""
    report, parts = recorded.report, [f"seed {recorded.session.seed}"]
    if report.environment is not None:
        environment = report.environment
        parts += [f"{count:,} {split}" for split, count in environment.num_images.items()]
        parts.append(f"{environment.device} ({environment.device_name}), {environment.num_threads} threads")
        parts += [f"{name} {version}" for name, version in environment.versions.items()]
    return ", ".join([*parts, f"test set read {report.test_reads} times"])


def percent(fraction: float | None, digits: int = 2) -> str:
    return NONE if fraction is None else f"{fraction * 100:.{digits}f} %"


def times(ratio: float | None, digits: int = 2) -> str:
    return NONE if ratio is None else f"{ratio:.{digits}f}×"


def sparsity_name(sparsity: float) -> str:
    return f"{sparsity * 100:.4g} %"


def paragraph(*lines: str) -> list[str]:
    return [*lines, ""]


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [*markdown_table(header, rows), ""]


def as_shown(parts: Sequence[RenderableType]) -> list[str]:
    """Return figures as `prune-tui show` draws them."""
    console = Console(width=80, no_color=True, force_terminal=False, highlight=False)
    with console.capture() as capture:
        for part in parts:
            console.print(part)
            console.print()
    drawn = [line.rstrip() for line in capture.get().splitlines()]
    return ["```text", *drawn[:-1], "```", ""] if drawn else []


def final_figures(report: Report, title: str = "Final figures, on the test set:") -> list[str]:
    """Return the networks side by side, if a pruned one was measured."""
    return [*paragraph(title), *networks_table(report), ""] if report.pruned else []


def epochs_of(recorded: Recorded, decision: int) -> tuple[EpochFigures, ...]:
    return tuple(epoch for epoch in recorded.report.epochs if epoch.decision == decision)


def prunings(recorded: Recorded) -> list[tuple[int, Prune]]:
    """Return the session's Prune decisions with their indices."""
    return [(at, one) for at, one in enumerate(recorded.session.decisions) if isinstance(one, Prune)]


def run_of(recorded: Recorded, at: int) -> tuple[EpochFigures, ...]:
    """Return the epochs of a Prune and of the fine-tuning and rewinding decisions right after it."""
    end = at + 1
    decisions = recorded.session.decisions
    while end < len(decisions) and isinstance(decisions[end], Finetune | Rewind):
        end += 1
    return tuple(epoch for index in range(at, end) for epoch in epochs_of(recorded, index))


def final_accuracy(run: Sequence[EpochFigures]) -> float | None:
    """Return the validation accuracy of a run: it keeps the best epoch since its last pruning."""
    last = max((at for at, epoch in enumerate(run) if epoch.epoch == 0), default=0)
    return max((epoch.accuracy for epoch in run[last:]), default=None)


def prunings_table(recorded: Recorded) -> list[str]:
    """Return a line for each Prune: what it did, and its accuracy on the validation split."""
    rows = []
    for at, decision in prunings(recorded):
        epochs = run_of(recorded, at)
        plan = sparsity_name(decision.plan) if isinstance(decision.plan, float) else "by layer"
        rows.append(
            [
                f"{decision.description}, scope {decision.scope}",
                plan,
                percent(accuracy_right_after(epochs)),
                percent(final_accuracy(epochs)),
            ]
        )
    return table(["pruning", "target sparsity", "right after pruning", "at the end"], rows) if rows else []


def dense_verdict(recorded: Recorded, wanted: float) -> list[Verdict]:
    """Compare the dense baseline's test accuracy with the study's."""
    dense = recorded.report.dense
    if dense is None:
        return []
    text = f"dense baseline {percent(dense.accuracy)} on the test set, the study's {percent(wanted)}"
    return [Verdict(text, dense.accuracy >= wanted)]
