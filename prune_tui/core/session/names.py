"""The names that sessions can have."""

import re
import unicodedata
from typing import Final

NAME_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"

MAX_NAME_LENGTH: Final = 64


def name_like(text: str, *, ending: str = "") -> str:
    """Return the session name nearest to a text: `my-session-1` for `my session (1)`, `etude` for `étude`.

    A text that is a name already stays as it is. A name too long for `ending` to follow it is cut.
    """
    if not re.fullmatch(NAME_PATTERN, text):
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
        text = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).lstrip("._-").rstrip("-") or "session"
    return text[: MAX_NAME_LENGTH - len(ending)] + ending
