"""How a command ends: errors as one line and an exit code; the traceback of a bug goes to a log file."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import typer

from prune_tui.core.errors import PruneTuiError

P = ParamSpec("P")


def reporting(command: Callable[P, None]) -> Callable[P, None]:
    """Turn errors into one line and an exit code; the traceback of a bug goes to a log file."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except PruneTuiError as error:
            typer.echo(f"prune-tui: {error}", err=True)
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            typer.echo("prune-tui: interrupted; what was finished has been saved", err=True)
            raise typer.Exit(130) from None
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except Exception as error:  # noqa: BLE001 - the last resort: no traceback reaches a user
            from prune_tui.storage import write_traceback

            log = write_traceback(error)
            summary = " ".join(str(error).split())[:200]
            typer.echo(f"prune-tui: internal error: {summary} (full traceback: {log})", err=True)
            raise typer.Exit(1) from None

    return run
