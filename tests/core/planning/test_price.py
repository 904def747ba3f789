"""A prediction agrees with what pruning really gives, and reads the scan's curves as they are."""

from dataclasses import replace
from math import ceil

import pytest

from prune_tui.core.network import LayerInfo
from prune_tui.core.planning.histograms import num_bins_pruned
from prune_tui.core.planning.price import MASK_ENTRY_BYTES, num_pruned, num_weights_kept, price
from prune_tui.core.report import ScanCurve, ScanFigures
from prune_tui.core.run.events import WeightsBinned
from prune_tui.core.scanning.curves import cliff, explain, layer_accuracy, safe_sparsity
from prune_tui.core.scanning.predictor import predict

LAYERS = (LayerInfo("a", "linear", 1000, 10, 1000), LayerInfo("b", "linear", 3000, 30, 6000))
SCAN = ScanFigures(
    criterion="l1",
    granularity="weight",
    num_images=100,
    dense_accuracy=0.9,
    sparsities=(0.3, 0.6, 0.9),
    layers=(
        ScanCurve(name="a", accuracies=(0.9, 0.45, 0.1)),
        ScanCurve(name="b", accuracies=(0.9, 0.895, 0.89)),
    ),
)


@pytest.mark.parametrize(("parameters", "sparsity", "pruned"), [(10, 0.5, 5), (3, 0.5, 2), (4, 0.999, 3)])
def test_the_count_pruned_is_the_nearest_and_one_is_kept(
    parameters: int, sparsity: float, pruned: int
) -> None:
    assert num_pruned(parameters, sparsity) == pruned


def test_a_price_counts_what_is_left() -> None:
    plan = {"a": 0.5, "b": 0.9}
    paid = price(LAYERS, plan, other_parameters=100, other_macs=50)
    assert paid.parameters == 4100
    assert paid.nonzero == 100 + 500 + 300
    assert paid.nonzero_macs == 50 + 500 + 600
    masks = [MASK_ENTRY_BYTES + 125, MASK_ENTRY_BYTES + ceil(3000 * 0.4689956 / 8)]
    assert paid.file_bytes == 400 + 2000 + 1200 + sum(masks)
    with_header = price(LAYERS, plan, other_parameters=100, other_macs=50, overhead_bytes=70)
    assert with_header.file_bytes - paid.file_bytes == with_header.dense_bytes - paid.dense_bytes == 70
    assert paid.compression_ratio == pytest.approx(4100 / 900)


def test_blocks_are_counted_whole_by_their_sizes() -> None:
    conv = LayerInfo("c", "conv", 18 * 7, 18, 18 * 7)  # 18 units of 7 weights
    four, sixteen = (18 * 7 - num_weights_kept(conv, 0.4, each) for each in ("block_4", "block_16"))
    assert four == 4 * round(4 * 7 * 0.4) + 2 * round(7 * 0.4)
    assert sixteen == 16 * round(7 * 0.4) + 2 * round(7 * 0.4)
    depthwise = replace(conv, channel_groups=18)
    assert num_weights_kept(depthwise, 0.4, "block_16") == num_weights_kept(conv, 0.4, "weight")
    halves = replace(conv, channel_groups=2)  # two groups of 9 units: blocks of 4, 4 and 1
    assert 18 * 7 - num_weights_kept(halves, 0.4, "block_4") == 4 * round(28 * 0.4) + round(14 * 0.4)
    paid = price((conv,), {"c": 0.4}, other_parameters=1, other_macs=0, granularity="block_4")
    assert (paid.nonzero, paid.nonzero_macs) == (1 + 126 - four, 126 - four)


def test_more_is_pruned_of_blocks_at_a_higher_sparsity_and_some_always_stays() -> None:
    conv = LayerInfo("c", "conv", 35 * 9, 35, 35 * 9)
    for granularity in ("block_4", "block_16"):
        kept = [num_weights_kept(conv, at / 1000, granularity) for at in range(1000)]
        assert kept == sorted(kept, reverse=True)
        assert (kept[0], kept[-1] > 0) == (315, True)


def test_a_dense_plan_costs_nothing() -> None:
    paid = price(LAYERS, {}, other_parameters=100, other_macs=50)
    assert paid.nonzero == paid.parameters
    assert paid.file_bytes == paid.dense_bytes
    assert predict(SCAN, {}) == SCAN.dense_accuracy


def test_a_curve_is_read_at_its_points_and_straight_between() -> None:
    assert layer_accuracy(SCAN, "a", 0.6) == 0.45
    assert layer_accuracy(SCAN, "a", 0.45) == pytest.approx((0.9 + 0.45) / 2)
    assert layer_accuracy(SCAN, "a", 0.0) == 0.9
    assert layer_accuracy(SCAN, "none", 0.5) is None


def test_a_layer_without_a_curve_is_not_guessed() -> None:
    assert predict(SCAN, {"a": 0.6, "c": 0.5}) is None
    assert predict(SCAN, {"a": 0.6, "c": 0.0}) is not None
    assert predict(None, {"a": 0.6}) is None


def test_safe_is_the_highest_sparsity_before_a_point_is_lost() -> None:
    assert safe_sparsity(SCAN, "a") == 0.3
    assert safe_sparsity(SCAN, "b") == 0.9
    assert safe_sparsity(None, "a") == 0.0


@pytest.mark.parametrize(
    ("half_widths", "safe"),
    [
        ((), 0.9),
        ((0, 0, 0), 0.9),
        ((0.001, 0.004, 0.001), 0.6),
        ((0.001, 0.006, 0), 0.3),
        ((0.02, 0, 0), 0.0),
    ],
)
def test_safe_is_decided_by_the_lower_end_of_the_interval(
    half_widths: tuple[float, ...], safe: float
) -> None:
    curve = ScanCurve(name="b", accuracies=(0.9, 0.895, 0.8905), half_widths=half_widths)
    scan = replace(SCAN, layers=(curve,))
    assert safe_sparsity(scan, "b") == safe
    words = f"{safe * 100:.0f} % is safe" if safe else "no scanned sparsity surely costs less than a point"
    assert words in explain("b", 0.75, scan)


def test_the_cliff_is_where_the_curve_falls_most() -> None:
    assert cliff(SCAN, "a") == 0.6
    assert cliff(SCAN, "b") is None
    assert "a: 25 % of the weights" in explain("a", 0.25, SCAN)


def test_the_bins_that_die_hold_as_many_weights_as_are_pruned() -> None:
    histogram = WeightsBinned("a", "dense", 1.0, (4, 4, 2))
    assert num_bins_pruned(histogram, 0.0) == 0
    assert num_bins_pruned(histogram, 0.4) == 1
    assert num_bins_pruned(histogram, 0.6) == 1.5
    assert num_bins_pruned(histogram, 0.9) == pytest.approx(2.5)
