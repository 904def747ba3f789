"""Lines of cells under a heading, and a cursor that keys and the mouse move; only what changed is drawn."""

from abc import abstractmethod
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from prune_tui.tui.widgets.tables.columns import Cells, Column
from prune_tui.tui.widgets.tables.strips import Look, Strips, drawn


class Lines(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows `_shown`, a row for each of `_keys` in their order, in `_columns`; the heading stays in sight."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"table--header", "table--cursor", "table--hover"}

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.cursor_row = 0
        self._has_heading = True
        self._columns: tuple[Column, ...] = ()
        self._shown: dict[str, Cells] = {}
        self._keys: list[str] = []
        self._hovered: int | None = None
        self._strips = Strips()
        self._looks: tuple[Style, Style, Style, Style] = (Style.null(),) * 4

    @abstractmethod
    def heading(self, column: Column) -> Text:
        """Return what stands over a column."""

    @abstractmethod
    def heading_clicked(self, column: Column) -> None:
        """Do what a click on the heading of a column does."""

    @abstractmethod
    def row_clicked(self, *, is_twice: bool) -> None:
        """Do what a click on a row does, besides going to it."""

    @abstractmethod
    def tell(self) -> None:
        """Say which row the cursor is on, if it is another than before."""

    @property
    def heading_lines(self) -> int:
        """The lines above the rows."""
        return 1 if self._has_heading else 0

    def show_heading(self, is_shown: bool) -> None:
        """Have a heading, or do without in few lines."""
        if is_shown != self._has_heading:
            self._has_heading = is_shown
            self.fit_rows()

    def fit_rows(self) -> None:
        """Take the room of the rows that there are now, and draw them all."""
        width = sum(column.room for column in self._columns)
        self.virtual_size = Size(width, self.row_count + self.heading_lines)
        self.refresh()
        self.call_after_refresh(self.scroll_to_cursor)

    @property
    def current(self) -> str | None:
        """The key of the row under the cursor; None where no row is shown."""
        return self._keys[self.cursor_row] if self.cursor_row < len(self._keys) else None

    @property
    def shown_keys(self) -> list[str]:
        """The keys of the rows that the filter lets through, from the top down."""
        return list(self._keys)

    @property
    def row_count(self) -> int:
        """How many rows are shown."""
        return len(self._keys)

    # --- the cursor ---------------------------------------------------------------------------------------

    def move_cursor(self, *, row: int) -> None:
        """Move the cursor to the row at this place, or to the last before it, and scroll it into sight."""
        before, self.cursor_row = self.cursor_row, max(0, min(row, len(self._keys) - 1))
        if before != self.cursor_row:
            self.draw_row(before)
            self.draw_row(self.cursor_row)
        self.scroll_to_cursor()
        if self._keys:
            self.tell()

    def region_of(self, key: str, column: str) -> Region | None:
        """Return where a cell is on the screen; None if it is out of sight.

        Raises:
            KeyError: there is no such row or column on show.
        """
        at = {one.key: number for number, one in enumerate(self._columns)}[column]
        x = sum(one.room for one in self._columns[:at])
        row = {one: number for number, one in enumerate(self._keys)}[key]
        y = row + self.heading_lines - self.scroll_offset.y
        if not self.heading_lines <= y < self.size.height:
            return None
        corner = self.content_region.offset
        return Region(corner.x + x, corner.y + y, self._columns[at].room, 1)

    @property
    def _page(self) -> int:
        """The rows that are in sight at once."""
        return max(1, self.size.height - self.heading_lines)

    def scroll_to_cursor(self) -> None:
        """Have the row under the cursor in sight."""
        top, row = self.scroll_offset.y, self.cursor_row
        if not self.size.height:
            return
        wanted = min(max(top, row - self._page + 1), row)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, force=True)

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self.scroll_to_cursor()

    def action_cursor_up(self) -> None:
        self._go(self.cursor_row - 1)

    def action_cursor_down(self) -> None:
        self._go(self.cursor_row + 1)

    def action_page_up(self) -> None:
        self._go(self.cursor_row - self._page)

    def action_page_down(self) -> None:
        self._go(self.cursor_row + self._page)

    def action_first_row(self) -> None:
        self._go(0)

    def action_last_row(self) -> None:
        self._go(len(self._keys) - 1)

    def _go(self, row: int) -> None:
        self._hover(None)
        self.move_cursor(row=row)

    # --- the mouse ----------------------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        """Go to the row that is clicked."""
        event.stop()
        if event.y < self.heading_lines:
            column = self._column_at(event.x)
            if column is not None:
                self.heading_clicked(column)
            return
        row = self._row_at(event.y)
        if row is not None:
            self.move_cursor(row=row)
            self.row_clicked(is_twice=event.chain == 2)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Show which row would be clicked."""
        self._hover(self._row_at(event.y) if event.y >= self.heading_lines else None)

    def on_leave(self) -> None:
        self._hover(None)

    def _hover(self, row: int | None) -> None:
        if row != self._hovered:
            before, self._hovered = self._hovered, row
            for drawn_again in (before, row):
                if drawn_again is not None:
                    self.draw_row(drawn_again)

    def _row_at(self, y: int) -> int | None:
        row = y - self.heading_lines + self.scroll_offset.y
        return row if y >= self.heading_lines and row < len(self._keys) else None

    def _column_at(self, x: int) -> Column | None:
        end = 0
        for column in self._columns:
            end += column.room
            if x < end:
                return column
        return None

    # --- drawing ------------------------------------------------------------------------------------------

    def draw_row(self, row: int) -> None:
        """Draw the line of a row again."""
        self.refresh_line(row + self.heading_lines)

    def render_lines(self, crop: Region) -> list[Strip]:
        names = ("table--header", "table--cursor", "table--hover")
        header, cursor, hover = (self.get_component_rich_style(name) for name in names)
        self._looks = self.rich_style, header, cursor, hover
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        base, header, cursor, hover = self._looks
        width, console = self.size.width, self.app.console
        if y < self.heading_lines:
            look = Look(width, base, header)
            return drawn(tuple(map(self.heading, self._columns)), self._columns, look, console)
        row = self._row_at(y)
        if row is None:
            return Strip.blank(width, base)
        over = hover if row == self._hovered else Style.null()
        look = Look(width, base, over + cursor if row == self.cursor_row else over)
        key = self._keys[row]
        return self._strips.strip(key, self._shown[key], self._columns, look, console)
