"""Curves of a sweep are told apart without colour."""

from dataclasses import replace

from prune_tui.core.session.decisions import Method, Sweep
from prune_tui.tui.steps.scan import sweep_text
from prune_tui.tui.widgets.chart import plot_lines
from tests.tui.helpers import PALETTE
from tests.tui.made_up_network import swept_curves, swept_point


def test_curves_of_one_place_differ_by_their_signs() -> None:
    sweep = Sweep(methods=(Method(), Method(criterion="random")), sparsities=(0.5, 0.9))
    curves = [
        replace(curve, points=tuple(swept_point(curve, sparsity, sweep) for sparsity in sweep.sparsities))
        for curve in swept_curves(sweep, 1)
    ]
    plot = sweep_text.plot(curves, "sparsity", front=None, dense=0.98)
    assert plot is not None
    drawn = "\n".join(line.plain for line in plot_lines(plot, PALETTE, width=60, height=12))
    assert "●" in drawn
    assert "■" in drawn


def test_without_curves_there_is_nothing_to_draw() -> None:
    assert sweep_text.plot([], "sparsity", front=None, dense=None) is None
