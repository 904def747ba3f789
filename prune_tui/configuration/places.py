"""Where the configuration file lies, and the file of what the app remembers by itself."""

import os
from pathlib import Path
from typing import Final

from platformdirs import user_config_path, user_state_path

from prune_tui.catalog.paths import expanded

FILE_VARIABLE: Final = "PRUNE_TUI_CONFIG"
"""Names another configuration file than the one in the user's configuration folder."""


def configuration_path() -> Path:
    """Return the configuration file, which need not be there."""
    chosen = os.environ.get(FILE_VARIABLE)
    return expanded(chosen) if chosen else user_config_path("prune-tui") / "config.toml"


def remembered_path() -> Path:
    """Return the file of what the app remembers, which need not be there."""
    return user_state_path("prune-tui") / "remembered.json"
