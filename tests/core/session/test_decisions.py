"""A decision says what it does, and one made in code is held to what one in a file is held to."""

from dataclasses import replace

import pytest

from prune_tui.core.errors import DecisionError
from prune_tui.core.session.decisions import (
    Decision,
    Finetune,
    LoadDense,
    Measure,
    Method,
    Prune,
    Rewind,
    Scan,
    Sweep,
    TrainDense,
)
from prune_tui.core.session.json import checked
from prune_tui.core.session.rounds import Iterative, Rewinding
from tests.core.session.sample import SESSION, TRAINING

OUT_OF_RANGE: dict[str, tuple[Decision, str]] = {
    "sparsity of all": (Prune(plan=1.2), "plan"),
    "sparsity of a layer": (Prune(plan={"fc1": -0.1}), "plan.fc1"),
    "sparsity NaN": (Prune(plan={"fc1": float("nan")}), "plan.fc1"),
    "rounds": (Prune(plan=0.5, schedule=Iterative(num_rounds=0)), "schedule"),
    "epochs": (Prune(plan=0.5, finetune=replace(TRAINING, num_epochs=0)), "finetune.num_epochs"),
    "rewound epoch": (Prune(plan=0.5, rewind=Rewinding(epoch=-1)), "rewind.epoch"),
    "learning rate": (Finetune(training=replace(TRAINING, learning_rate=0.0)), "learning_rate"),
    "momentum": (TrainDense(training=replace(TRAINING, momentum=1.0)), "momentum"),
    "seed": (TrainDense(training=TRAINING, seed=-1), "seed"),
    "kept epoch": (TrainDense(training=TRAINING, kept_epochs=(0,)), "kept_epochs"),
    "scanned sparsity": (Scan(sparsities=(0.5, 1.0)), "sparsities"),
    "tolerance": (Scan(tolerance_points=0.0), "tolerance_points"),
    "swept sparsity": (Sweep(sparsities=(-0.5, 0.5)), "sparsities"),
    "no method": (Sweep(methods=()), "methods"),
    "batch size": (Measure(batch_sizes=(0,)), "batch_sizes"),
    "epoch": (Rewind(epoch=-1), "epoch"),
    "weights": (LoadDense(weights="../dense.safetensors"), "inside the session's own folder"),
    "stopped after": (Finetune(training=TRAINING, stopped_after_epochs=-1), "stopped_after_epochs"),
}


@pytest.mark.parametrize("what", OUT_OF_RANGE)
def test_what_is_out_of_range_is_refused_in_a_line_that_names_it(what: str) -> None:
    decision, named = OUT_OF_RANGE[what]
    with pytest.raises(DecisionError) as caught:
        checked(decision)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("decision", SESSION.decisions, ids=lambda decision: decision.kind)
def test_what_is_in_range_is_left_as_it_is(decision: Decision) -> None:
    assert checked(decision) == decision


def test_every_decision_says_what_it_does() -> None:
    words = [decision.description for decision in SESSION.decisions]
    assert len(set(words)) == len(words)
    assert words[1] == "train the dense baseline, 2 epochs"
    assert all("\n" not in said for said in words)


def test_what_makes_no_sense_is_refused_as_it_is_made() -> None:
    with pytest.raises(ValueError, match="global takes one sparsity"):
        Prune(plan={"fc1": 0.5}, scope="global")
    with pytest.raises(ValueError, match="finetune or rewind, not both"):
        Prune(plan=0.5, finetune=TRAINING, rewind=Rewinding())
    with pytest.raises(ValueError, match=r"a layer's sparsity is 0\.5 or 0"):
        Prune(plan=0.6, granularity="n_m")
    with pytest.raises(ValueError, match="one shot"):
        Prune(plan=0.5, granularity="n_m", schedule=Iterative())
    with pytest.raises(ValueError, match="sparsities must rise"):
        Scan(sparsities=(0.9, 0.5))
    with pytest.raises(ValueError, match="one sparsity, that of 2:4"):
        Scan(granularity="n_m")
    with pytest.raises(ValueError, match="name each once"):
        Sweep(methods=(Method(), Method()))
    with pytest.raises(ValueError, match="can't train that"):
        TrainDense(training=replace(TRAINING, distillation=0.5))
