"""Whether a replay or a checkpoint gives what was recorded, and which figures differ."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from prune_tui.core.comparison import Difference
from prune_tui.core.report import Environment
from prune_tui.core.session.session import Checkpoint
from prune_tui.reports.terminal.tables import plain_table

_MAX_DIFFERENCES = 12


def verdict(
    reproduced: bool | None,
    identical: bool | None,
    differences: Sequence[Difference],
    tolerance_points: float,
    environments: tuple[Environment | None, Environment | None] = (None, None),
) -> RenderableType:
    """Say whether a replay reproduced its record, what differs, and whether the record is of elsewhere.

    `environments` are the record's and this replay's.
    """
    if reproduced is None:
        return Text("nothing recorded to compare with", "yellow")
    if identical:
        return Text("✓ reproduced, identical to the bit", "bold green")
    rows = plain_table()
    for column in ("figure", "recorded", "replayed", ""):
        rows.add_column(column)
    for found in sorted(differences, key=lambda found: found.within_tolerance)[:_MAX_DIFFERENCES]:
        within = Text("allowed", "dim") if found.within_tolerance else Text("differs", "bold red")
        rows.add_row(found.figure, Text(str(found.recorded)), Text(str(found.replayed)), within)
    more = len(differences) - _MAX_DIFFERENCES
    line = (
        Text(f"✓ reproduced within {tolerance_points:g} points, not to the bit", "bold green")
        if reproduced
        else Text("✗ not reproduced", "bold red")
    )
    return Group(
        rows, Text(f"… and {more} more" if more > 0 else ""), *_elsewhere(*environments), Text(), line
    )


def _elsewhere(recorded: Environment | None, replayed: Environment | None) -> list[Text]:
    """Name what the record's environment has otherwise, if anything: it decides the last bits of sums."""
    if recorded is None or replayed is None:
        return []
    lines = []
    for name, theirs in _facts(recorded).items():
        ours = _facts(replayed).get(name, "absent")
        if ours != theirs:
            lines.append(Text(f"{name}: recorded with {theirs}, replayed with {ours}", "dim"))
    return lines


def _facts(environment: Environment) -> dict[str, str]:
    return {
        "device": f"{environment.device} ({environment.device_name})",
        "threads": str(environment.num_threads),
        **environment.versions,
    }


def checkpoints_table(found: Sequence[tuple[Checkpoint, float, bool]]) -> RenderableType:
    """Show each checkpoint's validation accuracy in the record and now, and whether it holds."""
    table = plain_table()
    for column in ("checkpoint", "recorded", "now", ""):
        table.add_column(column)
    for checkpoint, accuracy, holds in found:
        recorded = "not recorded" if checkpoint.accuracy is None else f"{checkpoint.accuracy:.2%}"
        sign = Text("✓", "green") if holds else Text("✗ differs", "bold red")
        table.add_row(Text(checkpoint.path), recorded, f"{accuracy:.2%}", sign)
    return table
