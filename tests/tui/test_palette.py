"""Themes can be changed; without colour what matters still stands out."""

from itertools import pairwise
from pathlib import Path

from prune_tui.tui.palette import DARK, colourless
from tests.tui.helpers import Desk, open_desk


def _colours(desk: Desk) -> set[str]:
    """Return the colours that the screen is drawn in."""
    strips = desk.app.screen._compositor.render_strips()
    return {str(segment.style) for strip in strips for segment in strip}


def test_without_colour_a_loss_still_stands_out() -> None:
    plain = colourless("#ffffff", "#000000")
    assert plain.good.color == plain.bad.color
    assert plain.good != plain.warn != plain.bad


async def test_the_app_is_drawn_in_its_own_theme(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        assert any(DARK.primary in colours for colours in _colours(desk))


async def test_themes_can_be_changed(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        seen = [_colours(desk)]
        for theme in ("prune-light", "ansi-dark", "nord", "prune-dark"):
            desk.app.theme = theme
            await desk.pilot.pause()
            assert "conv1" in desk.screen_text()
            seen.append(_colours(desk))
        assert seen[0] == seen[-1]
        assert all(before != after for before, after in pairwise(seen))
        await desk.press("ctrl+t")
        await desk.pilot.pause()
        assert _colours(desk) == seen[1]
