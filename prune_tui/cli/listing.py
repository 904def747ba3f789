"""`prune-tui list`: lists the models, datasets, criteria or schedules."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from prune_tui.catalog import Table
from prune_tui.cli.exits import reporting
from prune_tui.cli.options import AsJson, DataDir

if TYPE_CHECKING:
    from prune_tui.catalog.listing import Row


@reporting
def list_table(
    table: Annotated[Table, typer.Argument(metavar="TABLE", help="models, datasets, criteria or schedules.")],
    *,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """List the models, datasets, criteria or schedules to choose from."""
    from prune_tui.catalog.listing import rows_of

    rows = rows_of(table, data_dir)
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    else:
        _print_rows(rows)


def _print_rows(rows: "Sequence[Row]") -> None:
    from rich.console import Console
    from rich.text import Text

    from prune_tui.reports.terminal.tables import plain_table

    shown = plain_table()
    for column in rows[0]:
        numeric = isinstance(rows[0][column], int)
        shown.add_column(
            column.replace("_", " "), justify="right" if numeric else "left", no_wrap=column == "name"
        )
    for row in rows:
        shown.add_row(
            *(Text(f"{value:,}" if isinstance(value, int) else str(value)) for value in row.values())
        )
    Console(highlight=False).print(shown)
