"""`prune-tui show`: prints a session's decisions and results."""

import typer

from prune_tui.cli.exits import reporting
from prune_tui.cli.options import AsJson, SessionFile


@reporting
def show(session: SessionFile, *, as_json: AsJson = False) -> None:
    """Print a session's decisions and results."""
    from prune_tui.catalog.names import check_names
    from prune_tui.core.session.json import to_json
    from prune_tui.storage import read_session

    content = read_session(session)
    check_names(content, source=str(session))
    if as_json:
        typer.echo(to_json(content), nl=False)
        return
    from rich.console import Console

    from prune_tui.reports.terminal import report_tables, session_tables

    console = Console(highlight=False)
    console.print(session_tables(content))
    if content.record is None:
        console.print("no record yet: replay the session to get one", style="dim")
    else:
        console.print(report_tables(content.record.report, content.decisions))
