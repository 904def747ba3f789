"""Reads the configuration file, if there is one."""

from pathlib import Path

from prune_tui.configuration.configuration import Configuration
from prune_tui.configuration.places import configuration_path
from prune_tui.core.errors import ConfigurationError
from prune_tui.storage import read_regular


def read_configuration(path: Path | None = None) -> Configuration:
    """Read the configuration file; nothing is set where there is none.

    The names of actions and themes are the app's, which checks them itself.

    Raises:
        ConfigurationError: it can't be read, is not TOML, or sets what there is not or can't be.
    """
    path = path or configuration_path()
    try:
        content = read_regular(path)
    except (FileNotFoundError, NotADirectoryError):
        return Configuration(path)
    except OSError as error:
        raise ConfigurationError(f"{path}: can't be read: {error.strerror or error}") from None
    # Imported late: without a file, the first paint need not wait for it.
    from prune_tui.configuration.parsing import parsed_configuration

    return parsed_configuration(path, content)
