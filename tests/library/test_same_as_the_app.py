"""The library gives what the app gives, to the bit: by its functions, by a workbench, by a session's text."""

from dataclasses import fields, replace
from inspect import signature
from pathlib import Path
from typing import get_args

import pytest
import torch

import prune_tui as pt
from prune_tui.core.report import Report
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
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.rounds import Iterative
from prune_tui.core.session.session import Session
from prune_tui.engine.network.hashes import hash_weights
from prune_tui.library.workbench import Workbench
from prune_tui.reports.python import python_text
from prune_tui.runner.runner import Runner
from tests.engine.helpers import QUICK, Run, perform
from tests.library.made import digits, lenet

ROOT = Path(__file__).parents[2]
TUNING = Training(num_epochs=1, batch_size=64, distillation=0.5)

STORIES: dict[str, tuple[Decision, ...]] = {
    "weights": (
        LoadDense(),
        Scan(sparsities=(0.5,), criterion="taylor"),
        Prune(
            plan={"conv1": 0.4, "fc1": 0.97},
            schedule=Iterative(steps="geometric", num_rounds=2),
            finetune=QUICK,
            finetune_last=TUNING,
        ),
        Finetune(training=TUNING),
        Measure(batch_sizes=()),
    ),
    "units": (
        LoadDense(),
        Scan(sparsities=(0.5,), granularity="unit"),
        Prune(plan=0.5, granularity="unit", criterion="random", locked=("conv1",)),
        Shrink(),
        Finetune(training=QUICK),
        Shrink(),
    ),
    "trained": (
        TrainDense(training=QUICK, seed=3, kept_epochs=(1,)),
        Sweep(methods=(Method(criterion="random"),), sparsities=(0.5,), locked=("fc2",)),
        Prune(plan=0.8, scope="global"),
        Rewind(),
        Prune(plan=0.9, scope="global", start_from="pruned", finetune=QUICK, stopped_after_epochs=0),
        TrainDense(training=QUICK),
        Prune(plan=0.5, granularity="n_m"),
        Scan(granularity="block_4", criterion="random", sparsities=(0.5, 0.9)),
        Prune(plan=0.8, granularity="block_4", criterion="taylor"),
        Prune(plan=0.9, granularity="block_16", scope="global", start_from="pruned", finetune=QUICK),
    ),
}


def timeless(report: Report) -> Report:
    """The report without how a scan was made, which is as it was faster; its figures are the same."""
    if report.scan is None:
        return report
    scan = replace(report.scan, is_reused=False, batch_size=0, recorded_bytes=0, note=None)
    return replace(report, scan=scan)


@pytest.mark.parametrize("story", STORIES)
def test_the_text_of_a_session_gives_its_result_to_the_bit(story: str, tmp_path: Path) -> None:
    session = Session(name="s", seed=7, model="lenet5", dataset="digits", device="cpu")
    run = Run(session)
    perform(run, *STORIES[story])
    whole = Session(
        name="s", seed=7, model="lenet5", dataset="digits", device="cpu", decisions=tuple(run.decisions)
    )
    namespace: dict[str, object] = {}
    exec(python_text(whole, folder=tmp_path), namespace)
    bench = namespace["bench"]
    assert isinstance(bench, Workbench)
    assert hash_weights(bench.module.state_dict()) == hash_weights(run.state.network.module.state_dict())
    assert bench.state.network.masks.keys() == run.state.network.masks.keys()
    assert timeless(bench.report) == timeless(run.view.report)
    if run.state.shrunk is not None:
        small = namespace["small"]
        assert isinstance(small, torch.nn.Module)
        assert hash_weights(small.state_dict()) == hash_weights(run.state.shrunk.module.state_dict())


OWN: dict[str, Session] = {
    "own network": Session(
        name="s",
        seed=3,
        model="examples/net.py:tied_residual_grey",
        dataset="digits",
        device="cpu",
        num_train_images=120,
        num_test_images=40,
    ),
    "own data": Session(
        name="s",
        seed=3,
        model="examples/tabular.py:network",
        dataset="examples/tabular.py:data",
        device="cpu",
        num_train_images=200,
        num_test_images=50,
    ),
    "another shape": Session(
        name="s", model="resnet20", dataset="digits", device="cpu", num_train_images=40, num_test_images=20
    ),
}


@pytest.mark.parametrize("case", OWN)
def test_the_text_of_a_session_with_own_files_gives_its_result_to_the_bit(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    session = OWN[case]
    run = Run(session, allow_code=True)
    perform(
        run,
        TrainDense(training=QUICK, seed=5),
        Scan(sparsities=(0.5,)),
        Prune(plan=0.6, finetune=Training(num_epochs=1, batch_size=64)),
    )
    namespace: dict[str, object] = {}
    exec(python_text(replace(session, decisions=tuple(run.decisions)), folder=tmp_path), namespace)
    bench = namespace["bench"]
    assert isinstance(bench, Workbench)
    assert hash_weights(bench.module.state_dict()) == hash_weights(run.state.network.module.state_dict())
    assert timeless(bench.report) == timeless(run.view.report)


def test_a_checkpoint_of_the_session_is_named_where_it_lies(tmp_path: Path) -> None:
    session = Session(name="s", model="lenet5", dataset="digits", device="cpu")
    runner = Runner(session, sessions_dir=tmp_path, data_dir=None)
    for _ in runner.open():
        pass
    for decision in (LoadDense(), LoadDense(weights="dense.safetensors"), Prune(plan=0.5)):
        for _ in runner.perform(decision):
            pass
    namespace: dict[str, object] = {}
    text = python_text(runner.session, folder=tmp_path / "s")
    assert f'"{tmp_path}/s/dense-2.safetensors"' in text
    assert f"num_threads={torch.get_num_threads()}" in text
    exec(text, namespace)
    bench = namespace["bench"]
    assert isinstance(bench, Workbench)
    pruned = runner.view.report.layers
    assert bench.report.layers == pruned


def test_the_functions_give_what_a_session_gives_to_the_bit() -> None:
    run = Run()
    perform(run, LoadDense(), Scan(sparsities=(0.5, 0.9, 0.98)))
    model, data = lenet(), digits()
    scan = pt.scan(model, data, sparsities=(0.5, 0.9, 0.98), device="cpu")
    theirs = run.view.report.scan
    assert theirs is not None
    assert (scan.figures.layers, scan.figures.joint) == (theirs.layers, theirs.joint)
    plan = scan.solve("20x")
    perform(run, Prune(plan=dict(plan)), Finetune(training=TUNING))
    pt.prune(model, plan)
    pt.finetune(model, training=TUNING)
    assert hash_weights(model.state_dict()) == hash_weights(run.state.network.module.state_dict())
    perform(run, Shrink())
    assert run.state.shrunk is not None
    small = pt.shrink(model)
    assert hash_weights(small.state_dict()) == hash_weights(run.state.shrunk.module.state_dict())


def test_an_interrupted_decision_leaves_the_bench_as_it_was() -> None:
    def stop(event: object) -> None:
        if type(event).__name__ == "BatchTrained":
            raise KeyboardInterrupt

    bench = pt.Workbench(lenet(), digits(), device="cpu", progress=False)
    bench.prune(0.5)
    before, decisions = hash_weights(bench.module.state_dict()), bench.decisions
    bench.progress = stop
    with pytest.raises(KeyboardInterrupt):
        bench.finetune(QUICK)
    assert hash_weights(bench.module.state_dict()) == before
    assert bench.decisions == decisions
    assert [decision.kind for decision in decisions] == ["load_dense", "prune"]


def test_fresh_weights_are_of_the_same_network() -> None:
    bench = pt.Workbench(lenet(), digits(), device="cpu", progress=False)
    with pytest.raises(pt.PruneTuiError, match="fresh is another network than the bench's"):
        bench.train_dense(QUICK, fresh=pt.model("lenet"))
    assert bench.decisions == ()


OTHERWISE = {"kind", "seed", "sha256", "keeps_checkpoints"}
"""Fields that say no more, are said by `fresh`, or are of files."""


@pytest.mark.parametrize("decision", get_args(get_args(Decision)[0]), ids=lambda decision: decision.__name__)
def test_a_bench_takes_every_field_of_a_decision(decision: type) -> None:
    (kind,) = (field.default for field in fields(decision) if field.name == "kind")
    taken = signature(getattr(Workbench, str(kind))).parameters.keys()
    assert {field.name for field in fields(decision)} - OTHERWISE <= taken
