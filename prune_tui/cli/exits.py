"""How a command ends: errors as one line and an exit code; the traceback of a bug goes to a log file."""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from typing import Final, ParamSpec, TypeGuard

import typer

from prune_tui.core.errors import PruneTuiError

P = ParamSpec("P")

READER_LEFT: Final = 141
"""128 + SIGPIPE: nobody reads the command's output any more, as in `show x | head`."""

_UNWRITABLE: Final = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


@contextmanager
def printing() -> Iterator[None]:
    """End in order when printing fails, which Rich, Typer and Python would each do in their own way.

    Raises:
        SystemExit: with `READER_LEFT` and no message, if standard output or standard error is a pipe whose
            reader has left; with 2 and one line, if it is a file that can't be written.
    """
    try:
        try:
            yield
        finally:
            for stream in (sys.stdout, sys.stderr):
                if stream is not None:
                    stream.flush()
    except (SystemExit, OSError) as end:
        # Rich and Typer exit with 1 when the pipe is closed; the OSError is then the context of their exit.
        error = end if isinstance(end, OSError) else end.__context__
        if not _is_printing_error(error):
            raise
        is_quiet = error.errno == errno.EPIPE
        if not is_quiet:
            with suppress(OSError):
                typer.echo(f"prune-tui: can't print: {error.strerror}", err=True)
        _write_to_nowhere()
        raise SystemExit(READER_LEFT if is_quiet else 2) from None


def _is_printing_error(error: BaseException | None) -> TypeGuard[OSError]:
    """Say whether an error comes from a stream; one from a file has a file name."""
    return isinstance(error, OSError) and error.errno in _UNWRITABLE and error.filename is None


def _write_to_nowhere() -> None:
    """Send what is still buffered to nowhere: writing it at exit would fail again, and say so."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)


def reporting(command: Callable[P, None]) -> Callable[P, None]:
    """Turn errors into one line and an exit code; the traceback of a bug goes to a log file."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except PruneTuiError as error:
            typer.echo(f"prune-tui: {_one_line(str(error))}", err=True)
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            typer.echo("prune-tui: interrupted; what was finished has been saved", err=True)
            raise typer.Exit(130) from None
        except (typer.Exit, typer.Abort):
            raise
        except Exception as error:  # the last resort: no traceback reaches a user
            if _is_printing_error(error):
                raise
            from prune_tui.storage import logged

            log = logged(error)
            where = f" (full traceback: {log})" if log else ""
            summary = _one_line(" ".join(str(error).split()))[:200]
            typer.echo(f"prune-tui: internal error: {summary}{where}", err=True)
            raise typer.Exit(1) from None

    return run


def _one_line(text: str) -> str:
    """Escape characters that would break the line or control the terminal; a path or name may hold some."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
