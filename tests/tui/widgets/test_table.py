"""A table draws what it is given, keeps its cursor in sight and on its row, and draws no line for nothing."""

from collections.abc import Sequence

import pytest
from rich.text import Text
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from prune_tui.tui.widgets.tables import strips
from prune_tui.tui.widgets.tables.columns import Cells, Column
from prune_tui.tui.widgets.tables.ordering import Order
from prune_tui.tui.widgets.tables.table import Table

COLUMNS = (Column("name", "layer", 6), Column("size", "size", 5, is_number=True))
SIZE = (30, 8)


def row(name: str, size: int) -> tuple[str, Cells]:
    styled = Text(str(size), "bold")
    styled.stylize("red", 0, 1)
    return name, (Text(name), styled)


ROWS = [row(f"l{at}", at % 7) for at in range(40)]


class Shown(App[None]):
    """A table alone, and what it posted."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str | None] = []

    def compose(self) -> ComposeResult:
        yield Table(id="t")

    @property
    def table(self) -> Table:
        return self.query_one(Table)

    def on_table_moved(self, message: Table.Moved) -> None:
        self.told.append(message.key)

    def fill(self, rows: Sequence[tuple[str, Cells]] = ROWS) -> None:
        sizes = {key: float(cells[1].plain) for key, cells in rows}
        self.table.set_columns(COLUMNS)
        self.table.set_rows(rows, orders=lambda: (Order("size", "size", sizes),))
        self.table.focus()

    @property
    def lines(self) -> list[str]:
        return [
            "".join(segment.text for segment in strip).rstrip(" ▁▂▃▄▅▆▇█")
            for strip in self.screen._compositor.render_strips()
        ]


async def filled(app: Shown, pilot: Pilot[None]) -> None:
    app.fill()
    await pilot.pause()


async def test_cells_are_cut_filled_and_aligned() -> None:
    app = Shown()
    async with app.run_test(size=SIZE) as pilot:
        app.fill([row("層層層層", 1), row("layer1.0.conv", 12_345_678), row("[/x]", 0)])
        await pilot.pause()
        assert app.lines[:4] == [
            " layer    size",
            " 層層 …      1",
            " layer…  1234…",
            " [/x]        0",
        ]


async def test_the_cursor_stays_in_sight_and_on_its_row() -> None:
    app = Shown()
    async with app.run_test(size=SIZE) as pilot:
        await filled(app, pilot)
        for key, current in (("pagedown", "l7"), ("j", "l8"), ("G", "l39"), ("pageup", "l32"), ("k", "l31")):
            await pilot.press(key)
            assert app.table.current == current
            assert any(line.startswith(f" {current} ") for line in app.lines[1:])
        app.fill(ROWS[20:])
        await pilot.pause()
        assert app.table.current == "l31"
        await pilot.resize_terminal(30, 4)
        await pilot.pause()
        assert any(line.startswith(" l31 ") for line in app.lines[1:])
        await pilot.press("home")
        assert (app.table.current, app.lines[1][:5]) == ("l20", " l20 ")
        assert app.told == ["l0", "l7", "l8", "l39", "l32", "l31", "l20"]


async def test_a_row_that_is_gone_leads_to_the_first_and_says_so() -> None:
    app = Shown()
    async with app.run_test(size=SIZE) as pilot:
        await filled(app, pilot)
        await pilot.press("G")
        app.fill(ROWS[:5])
        await pilot.pause()
        assert (app.table.current, app.told[-1]) == ("l0", "l0")
        app.table.set_filter("no such row")
        await pilot.pause()
        assert app.table.current is None
        assert app.table.shown_keys == []
        await pilot.press("j", "pagedown", "k")
        app.table.set_filter("l3")
        await pilot.pause()
        assert app.table.current == "l3"


async def test_only_lines_that_differ_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    draw = strips.drawn
    app = Shown()
    async with app.run_test(size=SIZE) as pilot:
        await filled(app, pilot)

        def noted(cells: Cells, *rest: object) -> object:
            made.append(cells[0].plain)
            return draw(cells, *rest)  # type: ignore[arg-type]

        monkeypatch.setattr(strips, "drawn", noted)
        app.fill([row(name, 9 if name == "l2" else int(cells[1].plain)) for name, cells in ROWS])
        await pilot.pause()
        assert made == ["l2"]
        assert app.lines[3].split() == ["l2", "9"]
        await pilot.press("j")
        await pilot.pause()
        assert made == ["l2", "l0", "l1"]


async def test_a_click_goes_to_a_row_and_one_on_a_heading_sorts() -> None:
    app = Shown()
    async with app.run_test(size=SIZE) as pilot:
        await filled(app, pilot)
        await pilot.press("pagedown", "pagedown")
        first = app.lines[1].split()[0]
        await pilot.click("#t", offset=(2, 3))
        assert app.table.current == f"l{int(first[1:]) + 2}"
        await pilot.click("#t", offset=(9, 0))
        assert app.lines[0].split() == ["layer", "size▼"]
        assert [line.split()[1] for line in app.lines[1:6]] == ["6"] * 5
        await pilot.click("#t", offset=(20, 0))
        assert app.lines[0].split() == ["layer", "size▼"]


async def test_a_cell_says_where_it_is() -> None:
    app = Shown()
    async with app.run_test(size=SIZE) as pilot:
        await filled(app, pilot)
        await pilot.press("pagedown")
        room = app.table.region_of("l7", "size")
        assert room is not None
        assert app.lines[room.y][room.x : room.right].strip() == "0"
        assert app.table.region_of("l0", "size") is None
        assert app.table.region_of("l8", "size") is None
