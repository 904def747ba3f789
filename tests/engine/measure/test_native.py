"""As C, a network computes what it does in torch and is timed beside it; else the report says why."""

import time
from dataclasses import replace

import pytest
import torch

from prune_tui.core.run.events import LatencyMeasured, NativeChecked, StepBegun
from prune_tui.core.session.decisions import Measure, Prune, Shrink
from prune_tui.engine.measure import native
from prune_tui.native.building import NO_COMPILER
from prune_tui.native.running import NativeNetwork
from tests.engine.helpers import BUNDLED, PLAN, Run, loaded, perform

MEASURE = Measure(batch_sizes=(1, 8))
compiling = pytest.mark.usefixtures("with_compiler")


@pytest.fixture
def by_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ways to compute are not tried, which takes seconds."""
    monkeypatch.setattr(native, "_MOST_CHOOSING_SECONDS", 0.0)


@compiling
def test_the_pruned_network_is_timed_as_c_on_the_same_batches() -> None:
    run = loaded()
    perform(run, Prune(plan=PLAN), MEASURE)
    found = run.view.report.native
    assert found is not None
    assert found.refusal is None
    assert set(found.latency_ms) == {"1", "8"}
    assert found.disagreement is not None
    assert found.disagreement <= native.MOST_DISAGREEMENT
    assert (found.num_images, found.num_different) == (len(run.state.data.validation), 0)
    assert (found.num_threads, found.is_shrunk) == (1, False)
    assert set(found.dense_layers) <= set(PLAN)


@compiling
@pytest.mark.usefixtures("by_rule")
def test_units_are_removed_first_and_the_rest_of_the_zeros_runs_sparse_on_top() -> None:
    run = loaded()
    perform(run, Prune(plan=0.5, granularity="unit"), Shrink(), MEASURE)
    found = run.view.report.native
    assert found is not None
    assert (found.refusal, found.is_shrunk) == (None, True)
    assert set(found.latency_ms) == {"1", "8"}


@compiling
@pytest.mark.usefixtures("by_rule")
@pytest.mark.parametrize("model", ["lenet-300-100", "mlp", "resnet20"])
def test_on_any_plan_the_network_as_c_is_the_masked_one(model: str) -> None:
    run = Run(replace(BUNDLED, model=model))
    state, generator = run.state, torch.Generator().manual_seed(1)
    weights = {f"{layer.name}.weight": state.network.weight(layer.name) for layer in state.network.prunable}
    state.network.mask({name: torch.rand(w.shape, generator=generator) > 0.8 for name, w in weights.items()})
    *steps, last = native.native_twin(state, lambda: 0.0)
    assert isinstance(last, NativeChecked)
    assert last.figures.refusal is None
    assert {type(step) for step in steps} == {StepBegun}


def test_without_a_compiler_all_else_is_measured_and_one_line_says_what_to_install() -> None:
    run = loaded()
    events = perform(run, Prune(plan=PLAN), MEASURE)
    assert {event.stage for event in events if isinstance(event, LatencyMeasured)} == {"dense", "pruned"}
    found = run.view.report.native
    assert found is not None
    assert (found.refusal, found.latency_ms) == (NO_COMPILER, {})


@compiling
@pytest.mark.usefixtures("by_rule")
def test_a_network_that_cant_be_written_as_c_is_refused_in_one_line() -> None:
    run = loaded()
    perform(run, Prune(plan=PLAN))
    run.state.network.module.register_forward_hook(lambda _, __, outputs: outputs.cumsum(dim=1))
    perform(run, MEASURE)
    found = run.view.report.native
    assert found is not None
    assert found.refusal is not None
    assert "cumsum" in found.refusal
    assert "\n" not in found.refusal
    assert found.latency_ms == {}
    assert run.view.report.pruned is not None
    assert set(run.view.report.pruned.latency_ms) == {"1", "8"}


@compiling
@pytest.mark.usefixtures("by_rule")
def test_a_network_that_computes_something_else_as_c_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    run = loaded()
    perform(run, Prune(plan=PLAN))
    forward = NativeNetwork.forward
    monkeypatch.setattr(NativeNetwork, "forward", lambda self, inputs: forward(self, inputs) + 1.0)
    perform(run, MEASURE)
    found = run.view.report.native
    assert found is not None
    assert "differ from torch's" in (found.refusal or "")
    assert found.latency_ms == {}


@compiling
@pytest.mark.usefixtures("by_rule")
def test_a_compiler_that_takes_long_can_be_left_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, **__: object) -> None:
        time.sleep(2)

    run = loaded()
    perform(run, Prune(plan=PLAN))
    monkeypatch.setattr(native, "program_of", hang)
    work = run.perform(MEASURE)
    for event in work:
        if isinstance(event, StepBegun):
            break
    assert run.view.running is not None
    assert run.view.running.step == "building the pruned network as C"
    began = time.monotonic()
    work.close()
    assert time.monotonic() - began < 1
    assert run.view.report.native is None
