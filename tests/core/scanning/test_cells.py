"""How far a scan's cells are: settled within the tolerance, how sure where safe, on how many images."""

from dataclasses import replace

from prune_tui.core.report import ScanCurve, ScanFigures
from prune_tui.core.scanning.cells import half_width_where_safe, images_seen, num_settled, scan_progress_text

HALF_KNOWN = ScanFigures(
    criterion="l1",
    granularity="weight",
    num_images=1000,
    dense_accuracy=0.99,
    sparsities=(0.25, 0.5, 0.75),
    layers=(
        ScanCurve(
            name="fc",
            accuracies=(0.99, 0.97, 0.4),
            half_widths=(0.002, 0.012, 0.1),
            num_images=(128, 512, 128),
        ),
        ScanCurve(name="old", accuracies=(0.99, None, None)),
    ),
    tolerance_points=1.0,
)


def test_a_cell_is_settled_within_the_tolerance_or_a_fifth_of_a_large_difference() -> None:
    assert num_settled(HALF_KNOWN) == 3
    assert num_settled(replace(HALF_KNOWN, tolerance_points=2.0)) == 4
    assert num_settled(replace(HALF_KNOWN, tolerance_points=None)) == 1
    assert scan_progress_text(HALF_KNOWN) == "4/6 cells, 3 settled"
    assert images_seen(HALF_KNOWN) == (128, 512)
    exact = replace(HALF_KNOWN, tolerance_points=None, layers=HALF_KNOWN.layers[:1])
    assert scan_progress_text(exact) == "3 cells, 128/1,000 images"


def test_how_sure_a_safe_sparsity_is_rests_on_the_cells_up_to_the_first_beyond_it() -> None:
    fc, old = HALF_KNOWN.layers
    assert half_width_where_safe(HALF_KNOWN, fc) == 0.012
    assert half_width_where_safe(HALF_KNOWN, old) == 0.0
