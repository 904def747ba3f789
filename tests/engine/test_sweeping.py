"""A sweep's points are those of single prunes, its networks agree, and it leaves everything as it was."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from prune_tui.core.errors import DecisionError
from prune_tui.core.run.events import PointSwept, SweepStarted
from prune_tui.core.session.decisions import Iterative, LoadDense, Measure, Method, Prune, Sweep
from prune_tui.core.session.recipe import Training
from prune_tui.runner.runner import Runner
from tests.engine.helpers import QUICK, opened, perform

UNITS = Method(criterion="l2", granularity="unit")
BOTH = Sweep(methods=(Method(), UNITS), sparsities=(0.0, 0.5, 0.9), modes=("sparse", "compact"))


def points(runner: Runner, sweep: Sweep) -> dict[tuple[str, str, float], PointSwept]:
    events = [event for event in perform(runner, sweep) if isinstance(event, PointSwept)]
    return {(event.curve.granularity, event.curve.mode, event.point.sparsity): event for event in events}


def loaded(sessions_dir: Path | None = None) -> Runner:
    runner = opened(sessions_dir)
    perform(runner, LoadDense())
    return runner


def test_a_point_is_what_a_prune_of_its_own_gives() -> None:
    runner = loaded()
    swept = points(runner, Sweep(sparsities=(0.9,)))["weight", "masked", 0.9].point
    perform(runner, Prune(plan=0.9))
    assert swept.accuracy == swept.pruned_accuracy == runner.view.report.epochs[-1].accuracy
    counts = runner.view.counted
    assert counts is not None
    assert swept.compression_ratio == counts.parameters / counts.nonzero
    assert swept.theoretical_speedup == counts.macs / counts.nonzero_macs


def test_sparse_and_compact_networks_classify_as_their_masked_one() -> None:
    found = points(loaded(), BOTH)
    assert len(found) == 12
    for sparsity in BOTH.sparsities:
        for granularity, mode in (("weight", "sparse"), ("unit", "compact")):
            masked, other = found[granularity, "masked", sparsity], found[granularity, mode, sparsity]
            assert other.point.accuracy == pytest.approx(masked.point.accuracy, abs=1 / 300)
    assert found["unit", "compact", 0.0].point.compression_ratio == 1.0
    assert found["unit", "compact", 0.9].point.compression_ratio > 50


def test_what_was_swept_is_drawn_kept_and_leaves_the_network_as_it_was() -> None:
    runner = loaded()
    perform(runner, Prune(plan=0.7))
    space = runner._engine.space
    before, accuracy = space.network.state(), space.accuracy
    events = perform(runner, BOTH)
    assert all(torch.equal(before[name], now) for name, now in space.network.state().items())
    assert space.accuracy == accuracy
    assert space.network.masks
    started = next(event for event in events if isinstance(event, SweepStarted))
    assert started.num_points == 12
    record = runner.session.record
    assert record is not None
    assert [len(curve.points) for curve in record.report.curves] == [3, 3, 3, 3]
    assert record.report.pruned is None
    assert record.report.test_reads == 1


def test_finetuned_compact_and_trained_from_scratch_side_by_side() -> None:
    sweep = Sweep(
        methods=(UNITS,),
        sparsities=(0.8,),
        schedule=Iterative(steps="geometric", num_rounds=2),
        finetune=replace(QUICK, num_epochs=4, batch_size=64),
        modes=("compact",),
        from_scratch=Training(num_epochs=3, batch_size=64),
        batch_sizes=(1,),
    )
    found = points(loaded(), sweep)
    masked = found["unit", "masked", 0.8].point
    assert masked.pruned_accuracy is not None
    assert masked.accuracy > 0.8
    compact, scratch = found["unit", "compact", 0.8].point, found["unit", "from_scratch", 0.8].point
    assert compact.compression_ratio == scratch.compression_ratio > masked.compression_ratio
    assert scratch.accuracy > 0.2
    assert all(set(event.point.latency_ms) == {"1"} for event in found.values())


def test_layers_that_are_spared_stay_dense_and_every_point_may_be_kept(tmp_path: Path) -> None:
    runner = loaded(tmp_path)
    sweep = Sweep(
        methods=(Method(scope="global", criterion="lamp"),),
        sparsities=(0.5, 0.975),
        spared=("fc2", "conv1"),
        keeps_checkpoints=True,
    )
    perform(runner, sweep)
    record = runner.session.record
    assert record is not None
    kept = [checkpoint for checkpoint in record.checkpoints if checkpoint.stage == "swept"]
    names = ["lamp-weight-global-50.safetensors", "lamp-weight-global-97.5.safetensors"]
    assert [checkpoint.path for checkpoint in kept] == names
    fresh = opened(tmp_path, session=runner.session)
    for checkpoint, point in zip(kept, record.report.curves[0].points, strict=True):
        assert fresh.accuracy_of(tmp_path / "s", checkpoint) == checkpoint.accuracy == point.accuracy


def test_a_sweep_cut_short_keeps_whole_points_and_replays_so() -> None:
    runner = loaded()
    done: list[PointSwept] = []
    for event in runner.perform(BOTH, should_stop=lambda: len(done) >= 3):
        if isinstance(event, PointSwept):
            done.append(event)
    last = runner.session.decisions[-1]
    assert isinstance(last, Sweep)
    assert last.stopped_after_points == len(done) == 4
    again = loaded()
    perform(again, last)
    assert again.view.report.curves == runner.view.report.curves


def test_sparse_needs_a_linear_layer() -> None:
    runner = loaded()
    sweep = Sweep(sparsities=(0.5,), modes=("sparse",), spared=("fc1", "fc2"))
    with pytest.raises(DecisionError, match="no layer is linear"):
        perform(runner, sweep)
    assert runner.view.report.curves == ()


def test_a_sparsity_that_prunes_no_unit_is_compact_already() -> None:
    sweep = Sweep(methods=(UNITS,), sparsities=(0.001,), modes=("compact",))
    point = points(loaded(), sweep)["unit", "compact", 0.001].point
    assert point.compression_ratio == 1.0


def test_sparse_latency_is_measured_beside_the_masked_one_or_refused_before_the_test_set_is_read() -> None:
    runner = loaded()
    perform(runner, Prune(plan={"conv1": 0.5}))
    with pytest.raises(DecisionError, match="no pruned layer is linear"):
        perform(runner, Measure(sparse=True))
    perform(runner, Prune(plan=0.95), Measure(sparse=True, batch_sizes=(1, 8)))
    assert set(runner.view.report.sparse_latency_ms) == {"1", "8"}
    assert runner.view.report.test_reads == 2
