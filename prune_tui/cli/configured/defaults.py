"""What the configuration file sets for the commands: the defaults of their options, and the data folder.

Help and version need none of it, and don't wait for its imports.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from prune_tui.configuration.configuration import Configuration

_OF_A_SESSION: Final = {
    "model": "defaults.model",
    "dataset": "defaults.dataset",
    "device": "defaults.device",
    "threads": "defaults.threads",
    "images": "defaults.images",
    "seed": "defaults.seed",
}
"""The options of a new session, and the keys that set their defaults."""

_ABOUT_ITSELF: Final = {"-h", "--help", "--version", "--install-completion", "--show-completion"}


def needs_no_configuration(arguments: Sequence[str]) -> bool:
    """Say whether a command line runs without the configuration, so that a broken file can be put right."""
    return not _ABOUT_ITSELF.isdisjoint(arguments) or arguments[:1] == ["config"]


def configured() -> Configuration:
    """Read the configuration; its data folder holds for this process where the environment names none.

    Raises:
        ConfigurationError: the file is broken.
    """
    from prune_tui.catalog.datasets import DATA_DIR_VARIABLE
    from prune_tui.configuration.reading import read_configuration

    configuration = read_configuration()
    data_dir = configuration.text("data_dir")
    if data_dir is not None and not os.environ.get(DATA_DIR_VARIABLE):
        os.environ[DATA_DIR_VARIABLE] = data_dir
    return configuration


def defaults_of(configuration: Configuration) -> Mapping[str, Any]:
    """Return the defaults of options by their names, those of `scan` under its own, as click takes them."""
    given = {option: configuration.values.get(key) for option, key in _OF_A_SESSION.items()}
    session = {option: value for option, value in given.items() if value is not None}
    sessions_dir = configuration.text("sessions_dir")
    return {**session, **({"sessions_dir": sessions_dir} if sessions_dir else {}), "scan": session}
