"""`prune-tui show`: prints a session's decisions and results."""

from typing import Annotated

import typer

from prune_tui.cli.exits import reporting
from prune_tui.cli.options import AsJson, SessionFile
from prune_tui.core.errors import PruneTuiError


@reporting
def show(
    session: SessionFile,
    *,
    as_json: AsJson = False,
    as_python: Annotated[
        bool, typer.Option("--python", help="Print a Python script that gives the session's result.")
    ] = False,
) -> None:
    """Print a session's decisions and results."""
    from prune_tui.catalog.names import check_names
    from prune_tui.core.session.json import to_json
    from prune_tui.storage import checkpoints_folder, read_session

    if as_json and as_python:
        raise PruneTuiError("--json and --python are two forms of a session: give one of them")
    content = read_session(session)
    check_names(content, source=str(session))
    if as_python:
        from prune_tui.reports.python import python_text

        typer.echo(python_text(content, folder=checkpoints_folder(session)), nl=False)
        return
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
