"""Tables as plain text, and as HTML for notebooks."""

import io

from rich.console import Console, RenderableType

_WIDTH = 100
_HTML = '<pre style="line-height: normal">{code}</pre>'


def as_text(tables: RenderableType) -> str:
    """Return tables as text without colours."""
    console = Console(file=io.StringIO(), width=_WIDTH, color_system=None)
    with console.capture() as captured:
        console.print(tables)
    return captured.get().rstrip()


def as_html(tables: RenderableType) -> str:
    """Return tables as HTML with their own styles."""
    console = Console(file=io.StringIO(), width=_WIDTH, record=True, force_jupyter=False)
    console.print(tables)
    return console.export_html(inline_styles=True, code_format=_HTML)
