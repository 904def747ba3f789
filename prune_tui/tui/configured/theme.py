"""The theme to begin with: configured, or chosen in the app the last time."""

from textual.theme import BUILTIN_THEMES

from prune_tui.configuration.configuration import Configuration
from prune_tui.configuration.remembered import remembered_theme, theme_to_use
from prune_tui.core.errors import ConfigurationError, UnknownNameError
from prune_tui.tui.palette import DARK, LIGHT

THEMES = (DARK.name, LIGHT.name, *BUILTIN_THEMES)


def check_theme(configuration: Configuration) -> None:
    """Check that the configured theme exists.

    Raises:
        ConfigurationError: it does not.
    """
    theme = configuration.text("theme")
    if theme is not None and theme not in THEMES:
        raise ConfigurationError(f"{configuration.path}: {UnknownNameError('theme', theme, THEMES)}")


def first_theme(configured: str | None) -> str:
    """Return the theme to begin with; one that was remembered may be gone."""
    theme = theme_to_use(configured, remembered_theme())
    return theme if theme in THEMES else configured or DARK.name
