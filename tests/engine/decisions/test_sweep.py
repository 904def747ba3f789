"""A sweep's points are those of single prunes, its networks agree, and it leaves everything as it was."""

from dataclasses import replace

import pytest
import torch

from prune_tui.core.errors import DecisionError
from prune_tui.core.returning import drained
from prune_tui.core.run.events import PointSwept, SweepStarted
from prune_tui.core.session.decisions import Measure, Method, Prune, Sweep
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.rounds import Iterative
from prune_tui.engine.network.checkpoints import decode
from prune_tui.engine.restoring import accuracy_of
from tests.engine.helpers import QUICK, Run, loaded, perform

UNITS = Method(criterion="l2", granularity="unit")
BOTH = Sweep(methods=(Method(), UNITS), sparsities=(0.0, 0.5, 0.9), modes=("sparse", "shrunk"))


def points(run: Run, sweep: Sweep) -> dict[tuple[str, str, float], PointSwept]:
    events = [event for event in perform(run, sweep) if isinstance(event, PointSwept)]
    return {(event.curve.granularity, event.curve.mode, event.point.sparsity): event for event in events}


def test_a_point_is_what_a_prune_of_its_own_gives() -> None:
    run = loaded()
    swept = points(run, Sweep(sparsities=(0.9,)))["weight", "masked", 0.9].point
    perform(run, Prune(plan=0.9))
    assert swept.accuracy == swept.pruned_accuracy == run.view.report.epochs[-1].accuracy
    counts = run.view.counts
    assert counts is not None
    assert swept.compression_ratio == counts.compression_ratio
    assert swept.theoretical_speedup == counts.theoretical_speedup


def test_sparse_and_shrunk_networks_classify_as_their_masked_one() -> None:
    found = points(loaded(), BOTH)
    assert len(found) == 12
    for sparsity in BOTH.sparsities:
        for granularity, mode in (("weight", "sparse"), ("unit", "shrunk")):
            masked, other = found[granularity, "masked", sparsity], found[granularity, mode, sparsity]
            assert other.point.accuracy == pytest.approx(masked.point.accuracy, abs=1 / 300)
    assert found["unit", "shrunk", 0.0].point.compression_ratio == 1.0
    assert found["unit", "shrunk", 0.9].point.compression_ratio > 50


def test_what_was_swept_is_drawn_kept_and_leaves_the_network_as_it_was() -> None:
    run = loaded()
    perform(run, Prune(plan=0.7))
    state = run.state
    before, masks, accuracy = state.network.state(), state.network.masks, state.accuracy
    events = perform(run, BOTH)
    assert all(torch.equal(before[name], now) for name, now in state.network.state().items())
    assert state.network.masks.keys() == masks.keys()
    assert all(torch.equal(masks[name], now) for name, now in state.network.masks.items())
    assert state.accuracy == accuracy
    started = next(event for event in events if isinstance(event, SweepStarted))
    assert started.num_points == 12
    report = run.view.report
    assert [len(curve.points) for curve in report.curves] == [3, 3, 3, 3]
    assert report.pruned is None
    assert report.test_reads == 1


def test_finetuned_shrunk_and_trained_from_scratch_side_by_side() -> None:
    sweep = Sweep(
        methods=(UNITS,),
        sparsities=(0.8,),
        schedule=Iterative(steps="geometric", num_rounds=2),
        finetune=replace(QUICK, num_epochs=4, batch_size=64),
        modes=("shrunk",),
        from_scratch=Training(num_epochs=3, batch_size=64),
        batch_sizes=(1,),
    )
    found = points(loaded(), sweep)
    masked = found["unit", "masked", 0.8].point
    assert masked.pruned_accuracy is not None
    assert masked.accuracy > 0.8
    shrunk, scratch = found["unit", "shrunk", 0.8].point, found["unit", "from_scratch", 0.8].point
    assert shrunk.compression_ratio == scratch.compression_ratio > masked.compression_ratio
    assert scratch.accuracy > 0.2
    assert all(set(event.point.latency_ms) == {"1"} for event in found.values())


def test_locked_layers_stay_dense_and_every_point_may_be_kept() -> None:
    run = loaded()
    sweep = Sweep(
        methods=(Method(scope="global", criterion="lamp"),),
        sparsities=(0.5, 0.975),
        locked=("fc2", "conv1"),
        keeps_checkpoints=True,
    )
    perform(run, sweep)
    kept = [saved for saved in run.to_save if saved.stage == "swept"]
    names = ["lamp-weight-global-50.safetensors", "lamp-weight-global-97.5.safetensors"]
    assert [saved.name for saved in kept] == names
    dense = run.state.dense.weights
    for saved, point in zip(kept, run.view.report.curves[0].points, strict=True):
        weights, masks = decode(saved.content, dense, source=saved.name)
        assert masks.keys() == {"conv2.weight", "fc1.weight"}
        for locked in ("fc2.weight", "conv1.weight"):
            assert torch.equal(weights[locked], dense[locked])
        found = drained(accuracy_of(run.state, saved.content, saved.stage, source=saved.name))
        assert found == saved.accuracy == point.accuracy


def test_a_sweep_cut_short_keeps_whole_points_and_replays_so() -> None:
    run = loaded()
    done: list[PointSwept] = []
    for event in run.perform(BOTH, should_stop=lambda: len(done) >= 3):
        if isinstance(event, PointSwept):
            done.append(event)
    last = run.decisions[-1]
    assert isinstance(last, Sweep)
    assert last.stopped_after_points == len(done) == 4
    again = loaded()
    perform(again, last)
    assert again.view.report.curves == run.view.report.curves


def test_sparse_needs_a_linear_layer() -> None:
    run = loaded()
    sweep = Sweep(sparsities=(0.5,), modes=("sparse",), locked=("fc1", "fc2"))
    with pytest.raises(DecisionError, match="no layer is linear"):
        perform(run, sweep)
    assert run.view.report.curves == ()


def test_a_sparsity_that_prunes_no_unit_is_shrunk_already() -> None:
    sweep = Sweep(methods=(UNITS,), sparsities=(0.001,), modes=("shrunk",))
    point = points(loaded(), sweep)["unit", "shrunk", 0.001].point
    assert point.compression_ratio == 1.0


def test_sparse_latency_is_measured_beside_the_masked_one_or_refused_before_the_test_set_is_read() -> None:
    run = loaded()
    perform(run, Prune(plan={"conv1": 0.5}))
    with pytest.raises(DecisionError, match="no pruned layer is linear"):
        perform(run, Measure(sparse=True))
    perform(run, Prune(plan=0.95), Measure(sparse=True, batch_sizes=(1, 8)))
    assert set(run.view.report.sparse_latency_ms) == {"1", "8"}
    assert run.view.report.test_reads == 2
