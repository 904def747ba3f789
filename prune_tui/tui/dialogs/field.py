"""One line of a form: a label, a field to type in, and what may be typed."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Static


def field(id: str, value: str, label: str, hint: str, *, width: int = 12) -> ComposeResult:
    """Yield the line, whose id is `<id>-line`; the input's is `id`."""
    with Horizontal(id=f"{id}-line", classes="fields"):
        yield Static(label, classes="label")
        entry = Input(value, id=id, compact=True, max_length=max(10, width * 2))
        entry.styles.width = width
        yield entry
        yield Static(hint, classes="after")
