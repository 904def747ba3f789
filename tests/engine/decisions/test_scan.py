"""A scan counts what a plain loop counts, a quick one knows how sure it is; neither changes the network."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
import torch
from torch import nn

from prune_tui.catalog.batches import Tree
from prune_tui.catalog.tasks.task import tensor
from prune_tui.core.planning.budget import solve
from prune_tui.core.planning.groups import groups_of
from prune_tui.core.planning.target import Target
from prune_tui.core.planning.tradeoffs import cost_at
from prune_tui.core.report import ScanFigures
from prune_tui.core.returning import drained
from prune_tui.core.run.events import CellScanned
from prune_tui.core.scanning.predictor import fitted_predictor
from prune_tui.core.session.decisions import Prune, Scan
from prune_tui.core.terms import Granularity
from prune_tui.engine.device import seed_everything
from prune_tui.engine.pruning.plan_masks import masks_of_layer
from prune_tui.engine.pruning.scores import score
from prune_tui.engine.scan import loop
from prune_tui.reexecution import segments
from prune_tui.reexecution.recording import ControlFlowChangedError, Recording
from tests.engine.helpers import BUNDLED, PLAN, Run, loaded, perform

SPARSITIES = (0.3, 0.7, 0.95)
NUM_IN_TRIAL = len(PLAN)
"""Each layer is re-executed once before the scan."""


@pytest.fixture(scope="module")
def run() -> Run:
    return loaded()


def scanned(run: Run, decision: Scan) -> ScanFigures:
    perform(run, decision)
    assert run.view.report.scan is not None
    return run.view.report.scan


def by_cell(scan: ScanFigures) -> Iterator[tuple[str, float, float]]:
    for curve in scan.layers:
        for sparsity, accuracy in zip(scan.sparsities, curve.accuracies, strict=True):
            assert accuracy is not None
            yield curve.name, sparsity, accuracy


@pytest.mark.parametrize(
    ("granularity", "criterion"),
    [
        ("weight", "l1"),
        ("unit", "l2"),
        ("n_m", "l1"),
        ("weight", "lamp"),
        ("block_4", "l1"),
        ("block_16", "lamp"),
    ],
)
def test_every_cell_is_what_pruning_that_layer_alone_gives(
    run: Run, granularity: Granularity, criterion: str
) -> None:
    sparsities = (0.5,) if granularity == "n_m" else SPARSITIES
    scan = scanned(run, Scan(granularity=granularity, criterion=criterion, sparsities=sparsities))
    assert scan.is_reused
    for name, sparsity, accuracy in by_cell(scan):
        perform(run, Prune(plan={name: sparsity}, granularity=granularity, criterion=criterion))
        assert run.view.report.epochs[-1].accuracy == accuracy


def test_a_cell_scored_by_gradients_is_what_the_masks_of_the_same_draw_give(run: Run) -> None:
    scan = scanned(run, Scan(criterion="taylor", sparsities=SPARSITIES))
    state, index = run.state, len(run.decisions) - 1
    state.network.load(state.dense.weights, {})
    random_state = seed_everything(BUNDLED.seed, index)
    torch.randperm(len(state.data.validation), generator=random_state)  # the order of the scan's images
    names = [layer.name for layer in state.network.layers]
    scores = drained(
        score(
            state.network, state.data, "taylor", "weight", names, random_state=random_state, clock=lambda: 0.0
        )
    )
    for name, sparsity, accuracy in by_cell(scan):
        state.network.mask(masks_of_layer(state.network, scores, name, sparsity, "weight"))
        assert run.accuracy() == accuracy
        state.network.load(state.dense.weights, {})


def test_reuse_or_not_the_counts_are_equal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    reused = scanned(run, Scan(sparsities=SPARSITIES))

    def lost(_recording: Recording, _changed: list[nn.Parameter]) -> torch.Tensor:
        raise ControlFlowChangedError

    monkeypatch.setattr(Recording, "rerun", lost)
    plain = scanned(run, Scan(sparsities=SPARSITIES))
    assert not plain.is_reused
    assert plain.note is not None
    assert "starts at the input" in plain.note
    assert list(by_cell(plain)) == list(by_cell(reused))
    assert plain.joint == reused.joint


def test_a_reexecution_that_is_wrong_is_never_used(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    right = scanned(run, Scan(sparsities=SPARSITIES))
    replay = Recording.rerun
    monkeypatch.setattr(
        Recording, "rerun", lambda recording, changed: tensor(replay(recording, changed)) * 0.99
    )
    scan = scanned(run, Scan(sparsities=SPARSITIES))
    assert not scan.is_reused
    assert list(by_cell(scan)) == list(by_cell(right))


def test_a_reexecution_that_fails_on_later_images_costs_time_and_no_figure(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = scanned(run, Scan(sparsities=SPARSITIES))
    replay, calls = Recording.rerun, list[int]()

    def fickle(recording: Recording, changed: list[nn.Parameter]) -> Tree:
        calls.append(1)
        if len(calls) > NUM_IN_TRIAL + 3:
            raise ControlFlowChangedError
        return replay(recording, changed)

    monkeypatch.setattr(Recording, "rerun", fickle)
    scan = scanned(run, Scan(sparsities=SPARSITIES))
    assert scan.is_reused
    assert len(calls) > NUM_IN_TRIAL + 3
    assert list(by_cell(scan)) == list(by_cell(right))


def test_memory_bounds_the_batch(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "RECORDED_BYTES", 4 * 2**20)
    scan = scanned(run, Scan(sparsities=(0.5,)))
    assert segments.SMALLEST_BATCH_SIZE <= scan.batch_size < 64
    assert scan.recorded_bytes <= 4 * 2**20
    assert list(by_cell(scan)) == list(by_cell(scanned(run, Scan(sparsities=(0.5,)))))


def test_a_quick_scan_says_how_sure_it_is_and_is_right_about_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "FIRST_BATCH_SIZE", 32)
    exact = scanned(run, Scan())
    quick = scanned(run, Scan(tolerance_points=4.0))
    total = evaluated = inside = 0
    for sure, curve in zip(exact.layers, quick.layers, strict=True):
        cells = zip(sure.accuracies, curve.accuracies, curve.half_widths, curve.num_images, strict=True)
        for accuracy, found, half_width, num_images in cells:
            assert accuracy is not None
            assert found is not None
            assert half_width is not None
            total += 1
            evaluated += num_images
            inside += abs(accuracy - found) <= half_width + 1e-9
            assert half_width <= max(0.04, 0.2 * abs(found - quick.dense_accuracy)) + 1e-9
    assert evaluated < 0.8 * total * quick.num_images
    assert inside / total >= 0.9
    assert all(width == 0 for curve in exact.layers for width in curve.half_widths)


def test_progress_only_rises_and_ends_at_one(run: Run) -> None:
    for decision in (Scan(sparsities=SPARSITIES), Scan(sparsities=SPARSITIES, tolerance_points=2.0)):
        done = [event.done for event in perform(run, decision) if isinstance(event, CellScanned)]
        assert done[-1] == 1.0
        assert done == sorted(done)


def test_whole_plans_are_evaluated_to_calibrate_predictions(run: Run) -> None:
    scan = scanned(run, Scan())
    assert scan.joint
    for point in scan.joint:
        perform(run, Prune(plan=point.plan))
        assert run.view.report.epochs[-1].accuracy == point.accuracy


def test_a_scan_of_units_leaves_the_network_as_it_was(run: Run) -> None:
    before = run.state.network.state()
    perform(run, Scan(sparsities=SPARSITIES, granularity="unit"))
    after = run.state.network.state()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_plan_is_as_good_from_few_images(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "FIRST_BATCH_SIZE", 32)
    exact, quick = (scanned(run, Scan(tolerance_points=points)) for points in (None, 10.0))
    seen = [count for curve in quick.layers for count in curve.num_images]
    assert sum(seen) / len(seen) < 0.4 * exact.num_images
    ready = fitted_predictor(exact)
    for ratio in (4, 10, 20):
        costs = [
            sum(cost_at(ready, name, sparsity) for name, sparsity in plan_for(ratio, scan, run).items())
            for scan in (exact, quick)
        ]
        assert costs[1] < 1.1 * costs[0]


def plan_for(ratio: float, scan: ScanFigures, run: Run) -> Mapping[str, float]:
    found = solve(
        Target("compression_ratio", ratio),
        groups_of(run.view.layers, scan.granularity),
        scan,
        {},
        other_parameters=run.view.other_parameters,
        other_macs=run.view.other_macs,
    )
    return found.plan


def test_an_exact_cell_is_a_count_whatever_the_dense_accuracy_was(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In bfloat16 the dense network is right on other images than in float32, where it was evaluated."""
    right = scanned(run, Scan(sparsities=SPARSITIES))
    monkeypatch.setattr(run.state, "baseline", replace(run.state.dense, accuracy=0.01))
    scan = scanned(run, Scan(sparsities=SPARSITIES))
    assert scan.dense_accuracy == 0.01
    assert list(by_cell(scan)) == list(by_cell(right))
    quick = scanned(run, Scan(sparsities=SPARSITIES, tolerance_points=20.0))
    assert all(0 <= accuracy <= 1 for _, _, accuracy in by_cell(quick))
