"""`prune-tui verify`: evaluates the checkpoints of a session, and compares them with its record."""

import json

import typer

from prune_tui.cli.exits import reporting
from prune_tui.cli.options import AllowCode, AsJson, DataDir, SessionFile, Threads, Tolerance


@reporting
def verify(
    session: SessionFile,
    *,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    threads: Threads = None,
    tolerance: Tolerance = 0.5,
    allow_code: AllowCode = False,
) -> None:
    """Evaluate a session's checkpoints, and compare them with its record."""
    from prune_tui.commands.verify import document
    from prune_tui.commands.verify import verify as verify_session

    found = verify_session(session, data_dir=data_dir, num_threads=threads, allow_code=allow_code)
    if as_json:
        typer.echo(json.dumps(document(session, found, tolerance), indent=2))
    else:
        from rich.console import Console

        from prune_tui.reports.terminal.verdicts import checkpoints_table

        rows = [(each.checkpoint, each.accuracy, each.holds(tolerance)) for each in found]
        Console(highlight=False).print(checkpoints_table(rows))
    if not all(each.holds(tolerance) for each in found):
        raise typer.Exit(1)
