"""Predicted latencies are what was measured where it was, rise with the nonzeros, and add up."""

import random
from itertools import pairwise

import pytest

from prune_tui.core.run.events import KernelsMeasured, KernelsTimed
from prune_tui.core.run.fold import apply
from prune_tui.core.run.latency_table import Examples, LatencyTable, LayerLatency, not_falling
from prune_tui.core.run.view import View

CONV = LayerLatency("conv", (5, 100, 500), (700, 3_000, 9_000), (70_000, 90_000, 290_000))
FC = LayerLatency("fc", (10, 1_000), (100, 100), (1_000, 40_000))
TABLE = LatencyTable((CONV, FC), 5_000, 30_000, 64, 2, 0.1, 0.05)


def test_what_was_measured_is_predicted() -> None:
    for nonzero, one, batch in zip(CONV.nonzeros, CONV.one_ns, CONV.batch_ns, strict=True):
        assert CONV.ns_at(nonzero) == one
        assert CONV.ns_at(nonzero, "batch") == batch


@pytest.mark.parametrize("examples", ["one", "batch"])
def test_more_nonzeros_never_take_less(examples: Examples) -> None:
    for layer in TABLE.layers:
        times = [layer.ns_at(nonzero, examples) for nonzero in range(1, 1_200)]
        assert all(fewer <= more for fewer, more in pairwise(times))


def test_between_two_it_is_on_their_line_and_beyond_that_of_the_nearest() -> None:
    assert CONV.ns_at(300) == 6_000
    assert CONV.ns_at(1) == 700
    assert CONV.ns_at(10_000) == 9_000


def test_layers_add_up_and_those_left_out_are_dense() -> None:
    assert TABLE.ns_of({}) == 5_000 + 9_000 + 100
    assert TABLE.ns_of({"conv": 100, "other": 7}) == 5_000 + 3_000 + 100
    assert TABLE.ns_of({"conv": 5, "fc": 10}, "batch") == 30_000 + 70_000 + 1_000


def test_times_are_made_to_rise_by_lowering() -> None:
    draw = random.Random(0)
    for _ in range(50):
        given = {draw.randrange(1, 10_000): draw.uniform(1, 1e6) for _ in range(6)}
        nonzeros, times = not_falling(given)
        assert list(nonzeros) == sorted(given)
        assert list(times) == sorted(times)
        assert times[-1] == round(given[nonzeros[-1]])
        assert all(time <= round(given[nonzero]) for nonzero, time in zip(nonzeros, times, strict=True))
        assert not_falling(dict(zip(nonzeros, times, strict=True))) == (nonzeros, times)


def test_the_table_is_in_the_view_once_it_is_measured() -> None:
    timed = apply(View(), KernelsTimed(0.4))
    assert (timed.kernels, timed.kernels_done) == (None, 0.4)
    assert apply(timed, KernelsMeasured(TABLE, 3.0)).kernels is TABLE
