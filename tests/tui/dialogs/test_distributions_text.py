"""The bars of many layers stay around the chosen one."""

import pytest

from prune_tui.core.report import LayerFigures
from prune_tui.tui.dialogs.distributions_text import bars
from tests.tui.helpers import PALETTE


@pytest.mark.parametrize("chosen", [0, 15, 29])
def test_bars_stay_around_the_chosen_layer(chosen: int) -> None:
    layers = [
        LayerFigures(name=f"layer{at}", parameters=100 * (at + 1), nonzero=50, sparsity=0.5)
        for at in range(30)
    ]
    lines = [line.plain for line in bars(layers, chosen, PALETTE, width=70, room=5)]
    assert len(lines) == 6
    assert any(line.startswith(f"▸layer{chosen} ") for line in lines)
    assert all(len(line) <= 70 for line in lines)
