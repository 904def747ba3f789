"""The engine refuses what can't be done, keeps all when it fails, and does what a file says as code does."""

import json
from pathlib import Path

import pytest
import torch

from prune_tui.core.errors import DecisionError, UnknownNameError
from prune_tui.core.run.events import BatchTrained, Measured
from prune_tui.core.session.decisions import (
    Decision,
    Finetune,
    LoadDense,
    Measure,
    Method,
    Prune,
    Rewind,
    Scan,
    Shrink,
    Sweep,
    TrainDense,
)
from prune_tui.core.session.json import from_json, to_json
from prune_tui.core.session.legal import facts_after
from prune_tui.core.session.rounds import Iterative
from prune_tui.core.session.session import Session
from tests.engine.helpers import BUNDLED, PLAN, QUICK, Run, loaded, perform, pruned

UNITS = Prune(plan=0.5, granularity="unit")

STORIES: dict[str, tuple[Decision, ...]] = {
    "loaded": (
        LoadDense(),
        Scan(sparsities=(0.5,)),
        UNITS,
        Shrink(),
        Measure(batch_sizes=()),
        Prune(plan=0.5),
    ),
    "trained": (TrainDense(training=QUICK), UNITS, Shrink(), Rewind(), Sweep(sparsities=(0.5,)), LoadDense()),
    "trained anew": (LoadDense(), UNITS, Shrink(), Finetune(training=QUICK), TrainDense(training=QUICK)),
}


@pytest.mark.parametrize("story", STORIES)
def test_what_the_engine_has_is_what_the_table_of_decisions_says(story: str) -> None:
    run = Run()
    for number, decision in enumerate(STORIES[story], start=1):
        perform(run, decision)
        said = facts_after(STORIES[story][:number]) - {"scan", "measured"}
        assert run.state.facts == said


@pytest.mark.parametrize("story", STORIES)
def test_what_the_view_has_is_what_the_table_of_decisions_says(story: str) -> None:
    run = Run()
    for number, decision in enumerate(STORIES[story], start=1):
        perform(run, decision)
        view = run.view
        there = {
            "dense": view.report.dense is not None,
            "scan": view.report.scan is not None,
            "pruned": view.counted is not None,
            "shrunk": view.shrunk is not None,
            "measured": view.report.pruned is not None,
        }
        said = facts_after(STORIES[story][:number]) - {"trained"}
        assert {fact for fact, is_there in there.items() if is_there} == said


def test_abandoning_leaves_everything_as_it_was() -> None:
    run = pruned()
    before, masks = run.state.network.state(), dict(run.state.network.masks)
    accuracy, reads = run.state.accuracy, run.state.test_reads
    events = run.perform(Prune(plan=dict.fromkeys(PLAN, 0.95), finetune=QUICK))
    while not isinstance(next(events), BatchTrained):
        pass
    assert not torch.equal(run.state.network.masks["fc1.weight"], masks["fc1.weight"])
    events.close()
    assert all(torch.equal(before[name], tensor) for name, tensor in run.state.network.state().items())
    assert all(torch.equal(masks[name], mask) for name, mask in run.state.network.masks.items())
    assert (run.state.accuracy, run.state.test_reads) == (accuracy, reads)


def test_a_scan_leaves_the_network_as_it_was() -> None:
    run = pruned()
    before, masks = run.state.network.state(), run.state.network.masks
    perform(run, Scan(sparsities=(0.5,), criterion="random"))
    assert run.state.network.masks_hold()
    assert run.state.network.masks.keys() == masks.keys()
    assert all(torch.equal(before[name], tensor) for name, tensor in run.state.network.state().items())


def test_a_scan_is_of_the_dense_network_whatever_has_been_pruned() -> None:
    run = loaded()
    perform(run, Scan(sparsities=(0.5,)))
    before = run.view.report.scan
    perform(run, Prune(plan=0.9), Scan(sparsities=(0.5,)))
    after = run.view.report.scan
    assert before is not None
    assert after is not None
    for one, other in zip(before.layers, after.layers, strict=True):
        assert one.accuracies == other.accuracies
        # The images come in another order, which changes the last bits of a sum.
        assert one.distortions == pytest.approx(other.distortions, rel=1e-3)


def test_the_test_set_is_read_for_the_baseline_and_for_each_final_report_alone() -> None:
    story = (
        LoadDense(),
        Scan(sparsities=(0.5,)),
        Prune(plan=PLAN, finetune=QUICK),
        Measure(batch_sizes=(1,)),
    )
    reads = [event.test_reads for event in perform(Run(), *story) if isinstance(event, Measured)]
    assert reads == [1, 2]


WRITTEN: tuple[Decision, ...] = (
    LoadDense(),
    Scan(sparsities=(0.5, 0.9)),
    Sweep(methods=(Method(criterion="random"),), sparsities=(0.0, 0.5), locked=("fc2",)),
    Prune(
        plan={"fc1": 0.9, "conv2": 0.0, "conv1": 0.5},
        schedule=Iterative(steps="linear", num_rounds=2),
        finetune=QUICK,
    ),
    Measure(batch_sizes=()),
)


def test_a_decision_made_in_code_and_one_read_from_a_file_give_the_same(tmp_path: Path) -> None:
    session = Session(name="s", model="lenet5", dataset="digits", device="cpu", decisions=WRITTEN)
    document = json.loads(to_json(session))
    document["decisions"][3]["plan"]["conv2"] = 0  # a whole number, as people write it
    document["decisions"][2]["sparsities"][0] = 0
    read = from_json(json.dumps(document), source="s.json").decisions
    assert read == WRITTEN
    code, file = Run(BUNDLED, folder=tmp_path), Run(BUNDLED, folder=tmp_path)
    perform(code, *WRITTEN)
    perform(file, *read)
    assert code.decisions == file.decisions
    assert code.view.report == file.view.report
    assert [saved.content for saved in code.to_save] == [saved.content for saved in file.to_save]


def test_what_can_not_be_done_is_refused_by_name() -> None:
    run = Run()
    with pytest.raises(DecisionError, match="scan needs a dense baseline: put train_dense or load_dense"):
        perform(run, Scan())
    perform(run, LoadDense())
    with pytest.raises(UnknownNameError, match="unknown layer 'fc9'"):
        perform(run, Prune(plan={"fc9": 0.5}))
    with pytest.raises(UnknownNameError, match="unknown criterion 'l3'"):
        perform(run, Prune(plan={"fc1": 0.5}, criterion="l3"))
    with pytest.raises(DecisionError, match="prunes nothing"):
        perform(run, Prune(plan=0.0))
    with pytest.raises(DecisionError, match="measure needs a pruned network: put prune before it"):
        perform(run, Measure())
    assert len(run.decisions) == 1
    assert run.state.network.masks == {}
