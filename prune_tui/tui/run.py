"""Runs the app in this process: checks what was asked for, begins, and ends with an exit code."""

import asyncio

from prune_tui.catalog.datasets import dataset_entry, default_data_dir, found_folder
from prune_tui.catalog.models import model_entry
from prune_tui.tui.app import PruneApp
from prune_tui.tui.options import Options
from prune_tui.tui.signals import leaving_on_signals


def run(options: Options) -> int:
    """Run the app until the person or a signal ends it, and return the exit code.

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
    return app.return_code or 0


async def _run(app: PruneApp) -> None:
    with leaving_on_signals(app):
        await app.run_async()
