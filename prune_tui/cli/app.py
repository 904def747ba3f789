"""The typer app: the commands by name, and `main`, which runs one."""

import os
import sys
from typing import Final

import typer

from prune_tui.cli.compare import compare
from prune_tui.cli.configured.command import config
from prune_tui.cli.configured.defaults import configured, defaults_of, needs_no_configuration
from prune_tui.cli.exits import printing, reporting
from prune_tui.cli.export import export
from prune_tui.cli.listing import list_table
from prune_tui.cli.open_app import open_app, open_app_at_once
from prune_tui.cli.replay import replay
from prune_tui.cli.scan import scan
from prune_tui.cli.show import show
from prune_tui.cli.verify import verify

COMPLETION_VARIABLE: Final = "_PRUNE_TUI_COMPLETE"

app = typer.Typer(
    name="prune-tui",
    help="Prune a neural network: scan, plan, prune, fine-tune, and prove the result.",
    epilog="Exit codes: 0 done; 1 ran, but differs or falls short; 2 unusable input; 130 interrupted; "
    "141 nobody reads the output.",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.callback(invoke_without_command=True)(open_app)
for command in (replay, scan, verify, export, show, compare):
    app.command()(command)
app.command("list")(list_table)
app.command("config")(config)


def main() -> None:
    """Run the command line."""
    with printing():
        try:
            # A shell that asks for completions gives no arguments, but sets this variable.
            if sys.argv[1:] or COMPLETION_VARIABLE in os.environ:
                run_command()
            else:
                open_app_at_once()
        except typer.Exit as end:
            sys.exit(end.exit_code)


@reporting
def run_command() -> None:
    """Run the command that the arguments name, with the configured defaults."""
    if COMPLETION_VARIABLE in os.environ or needs_no_configuration(sys.argv[1:]):
        app()
    else:
        app(default_map=defaults_of(configured()))
