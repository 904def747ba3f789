"""A widget that fills its room with lines as they are, drawn again only when they can have changed."""

from abc import abstractmethod
from collections.abc import Sequence

from rich.style import Style
from rich.text import Text
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from prune_tui.tui.palette import Palette, palette_of


class Drawing(Widget):
    """Draws `lines`: once for each room and theme, and again after `draw`.

    The lines go to the screen as they are, which is far cheaper than text that could wrap.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._strips: list[Strip] = []
        self._drawn_for: tuple[Palette, Size, Style] | None = None

    @abstractmethod
    def lines(self, palette: Palette, *, width: int, height: int) -> Sequence[Text]:
        """Return the lines, from the top down."""

    def draw(self) -> None:
        """Draw again: what is shown has changed."""
        self._drawn_for = None
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        now = palette_of(self.app), self.size, self.rich_style
        if self._drawn_for != now:
            self._drawn_for = now
            lines = self.lines(now[0], width=self.size.width, height=self.size.height)
            self._strips = [self._strip(line) for line in lines]
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        if y < len(self._strips):
            return self._strips[y]
        return Strip.blank(self.size.width, self.rich_style)

    def _strip(self, line: Text) -> Strip:
        width, style = self.size.width, self.rich_style
        text = line.copy()
        text.truncate(width, overflow="ellipsis")
        text.end = ""
        return Strip(text.render(self.app.console)).apply_style(style).adjust_cell_length(width, style)
