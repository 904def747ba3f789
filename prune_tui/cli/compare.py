"""`prune-tui compare`: prints the measured networks of sessions side by side."""

import json
from pathlib import Path
from typing import Annotated

import typer

from prune_tui.cli.exits import reporting
from prune_tui.cli.options import AsJson
from prune_tui.core.errors import SessionError


@reporting
def compare(
    sessions: Annotated[list[Path], typer.Argument(metavar="SESSION", help="Session files.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Compare what sessions measured: accuracy, compression, speedup, file and latency of every attempt."""
    from prune_tui.reports.compare import compared, document
    from prune_tui.storage import read_session

    found = []
    for path in sessions:
        session = read_session(path)
        if session.record is None:
            raise SessionError(f"{path}: has no record to compare: replay it with --out first")
        found.append((session, compared(session.name, session.record.report, session.decisions)))
    if as_json:
        pairs = zip(sessions, found, strict=True)
        documents = [document(str(path), session, rows) for path, (session, rows) in pairs]
        typer.echo(json.dumps({"sessions": documents}, indent=2))
        return
    from rich.console import Console

    from prune_tui.reports.terminal.compared import compared_parts

    Console(highlight=False).print(compared_parts(found))
