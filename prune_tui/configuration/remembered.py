"""What the app remembers by itself: the theme that was chosen in it.

It has a file of its own, so that the configuration file stays as the person wrote it. JSON is imported once
there is something to read: the first paint waits for this module.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from prune_tui.configuration.places import remembered_path
from prune_tui.core.errors import StorageError
from prune_tui.storage import read_regular, write_atomically


@dataclass(frozen=True, slots=True)
class RememberedTheme:
    """The theme chosen in the app, and the one that the configuration file set then."""

    theme: str
    configured: str | None = None


def theme_to_use(configured: str | None, remembered: RememberedTheme | None) -> str | None:
    """Return the theme to begin with: what was chosen last, in the app or by changing the file."""
    if remembered is None or remembered.configured != configured:
        return configured
    return remembered.theme


def remembered_theme(path: Path | None = None) -> RememberedTheme | None:
    """Return the theme chosen in the app; None if there is none, or its file can't be read."""
    try:
        text = read_regular(path or remembered_path())
    except OSError:
        return None
    import json

    try:
        content = json.loads(text)
    except ValueError:
        return None
    theme = content.get("theme") if isinstance(content, dict) else None
    configured = content.get("configured") if isinstance(content, dict) else None
    if not isinstance(theme, str) or not isinstance(configured, str | None):
        return None
    return RememberedTheme(theme, configured)


def remember_theme(chosen: RememberedTheme, path: Path | None = None) -> None:
    """Write the theme down; a folder that can't be written only means that it is forgotten."""
    import json

    content = json.dumps({"theme": chosen.theme, "configured": chosen.configured})
    with suppress(StorageError):
        write_atomically(path or remembered_path(), content.encode())
