"""Runs the app in this process: checks what was asked for, begins, and ends with an exit code."""

import asyncio
import sys
from dataclasses import replace
from typing import Final

from prune_tui.catalog.datasets import dataset_entry, default_data_dir, found_folder
from prune_tui.catalog.models import model_entry
from prune_tui.configuration.configuration import Configuration
from prune_tui.configuration.remembered import RememberedTheme, remember_theme
from prune_tui.tui.app import PruneApp
from prune_tui.tui.configured.keymap import check_keys
from prune_tui.tui.configured.theme import check_theme, first_theme
from prune_tui.tui.options import Options
from prune_tui.tui.resumption import farewell
from prune_tui.tui.signals import leaving_on_signals

ENDED_BY_SIGNAL: Final = 128
"""Exit codes above this: the terminal may be gone, so nothing is said."""


def run(options: Options, configuration: Configuration) -> int:
    """Run the app until the person or a signal ends it, and return the exit code.

    Its theme and keys are the configured ones. If a session with something in it was open, what is printed
    then says where it is and how to go on.

    Raises:
        PruneTuiError: the model, the dataset or the data folder that was asked for does not exist, or there
            is no such theme or action.
    """
    check_theme(configuration)
    if configuration.keys:
        check_keys(configuration)
    if options.model is not None:
        model_entry(options.model)
    folder = options.data_dir or default_data_dir()
    if options.dataset is not None and (path := dataset_entry(options.dataset).path) is not None:
        found_folder(path, folder)
    configured = configuration.text("theme")
    options = replace(
        options,
        theme=first_theme(configured),
        keys=configuration.keys,
        finetuning_epochs=configuration.whole("defaults.finetuning_epochs"),
        tolerance_points=configuration.number("defaults.tolerance_points"),
    )
    app = PruneApp(options, remember=lambda theme: remember_theme(RememberedTheme(theme, configured)))
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
