"""Runs the app in this process: checks what was asked for, begins, and ends with an exit code."""

import asyncio
import sys
from typing import Final

from prune_tui.catalog.datasets import dataset_entry, default_data_dir, found_folder
from prune_tui.catalog.models import model_entry
from prune_tui.tui.app import PruneApp
from prune_tui.tui.options import Options
from prune_tui.tui.resumption import farewell
from prune_tui.tui.signals import leaving_on_signals

ENDED_BY_SIGNAL: Final = 128
"""Exit codes above this: the terminal may be gone, so nothing is said."""


def run(options: Options) -> int:
    """Run the app until the person or a signal ends it, and return the exit code.

    If a session with something in it was open, what is printed then says where it is and how to go on.

    Raises:
        PruneTuiError: the model, the dataset or the data folder that was asked for does not exist.
    """
    if options.model is not None:
        model_entry(options.model)
    folder = options.data_dir or default_data_dir()
    if options.dataset is not None and (path := dataset_entry(options.dataset).path) is not None:
        found_folder(path, folder)
    app = PruneApp(options)
    try:
        asyncio.run(_run(app))
    finally:
        app.release()
    code = app.return_code or 0
    if code < ENDED_BY_SIGNAL and (words := farewell(app.state)):
        sys.stdout.write(f"{words}\n")
    return code


async def _run(app: PruneApp) -> None:
    with leaving_on_signals(app):
        await app.run_async()
