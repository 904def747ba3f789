"""Whether a replay or a checkpoint gives the recorded figures, and which of them differ."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from prune_tui.core.comparison import Difference
from prune_tui.core.report import Environment
from prune_tui.core.session.session import Checkpoint
from prune_tui.reports.numbers import percent_text
from prune_tui.reports.terminal.tables import plain_table

_MAX_DIFFERENCES = 12


def verdict(
    reproduced: bool | None,
    identical: bool | None,
    differences: Sequence[Difference],
    tolerance_points: float,
    environments: tuple[Environment | None, Environment | None] = (None, None),
) -> RenderableType:
    """Say whether a replay reproduced its record, which figures differ, and how the machines differ.

    `environments` are the record's and this replay's.
    """
    if reproduced is None:
        return Text("no record to compare with", "yellow")
    if identical:
        return Text("✓ reproduced: every figure is identical to the bit", "bold green")
    rows = plain_table()
    for column in ("figure", "recorded", "replayed", ""):
        rows.add_column(column)
    for found in sorted(differences, key=lambda found: found.within_tolerance)[:_MAX_DIFFERENCES]:
        within = Text("allowed", "dim") if found.within_tolerance else Text("differs", "bold red")
        rows.add_row(found.figure, Text(str(found.recorded)), Text(str(found.replayed)), within)
    more = len(differences) - _MAX_DIFFERENCES
    num_beyond = sum(not found.within_tolerance for found in differences)
    line = (
        Text(f"✓ reproduced: equal counts, accuracies within {tolerance_points:g} points", "bold green")
        if reproduced
        else Text(f"✗ not reproduced: {_num_figures(num_beyond)} beyond tolerance", "bold red")
    )
    return Group(
        rows,
        Text(f"… and {more} more" if more > 0 else ""),
        *_machine_differences(*environments),
        Text(),
        line,
    )


def _num_figures(count: int) -> str:
    return f"{count} figure{' is' if count == 1 else 's are'}"


def _machine_differences(recorded: Environment | None, replayed: Environment | None) -> list[Text]:
    """Say how the machines differ, if they do: device, threads and versions decide the last bits of sums."""
    if recorded is None or replayed is None:
        return []
    ours = _facts(replayed)
    return [
        Text(f"{name}: recorded with {theirs}, replayed with {ours.get(name, 'none')}", "dim")
        for name, theirs in _facts(recorded).items()
        if ours.get(name) != theirs
    ]


def _facts(environment: Environment) -> dict[str, str]:
    return {
        "device": f"{environment.device} ({environment.device_name})",
        "threads": str(environment.num_threads),
        **environment.versions,
    }


def checkpoints_table(found: Sequence[tuple[Checkpoint, float, bool]]) -> RenderableType:
    """Show each checkpoint's recorded and present validation accuracy, and whether they agree."""
    table = plain_table()
    for column in ("checkpoint", "recorded", "now", ""):
        table.add_column(column)
    for checkpoint, accuracy, holds in found:
        recorded = "not recorded" if checkpoint.accuracy is None else percent_text(checkpoint.accuracy, 2)
        sign = Text("✓", "green") if holds else Text("✗ differs", "bold red")
        table.add_row(Text(checkpoint.path), recorded, percent_text(accuracy, 2), sign)
    return table
