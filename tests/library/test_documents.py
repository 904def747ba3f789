"""The Python in the documents runs as it stands."""

import re
from pathlib import Path

import pytest
import torch

from prune_tui.core.report import EpochFigures
from prune_tui.core.session.decisions import Finetune, LoadDense, Prune, Scan, Shrink
from prune_tui.core.session.recipe import Training
from prune_tui.engine.network.hashes import hash_weights
from prune_tui.library.plan import Plan
from tests.engine.helpers import Run, perform

ROOT = Path(__file__).parents[2]


def examples(document: str) -> list[str]:
    """Return the Python blocks of a document."""
    return re.findall(r"^```python\n(.*?)^```", (ROOT / document).read_text(), re.DOTALL | re.MULTILINE)


def test_the_example_of_the_readme_runs_as_it_stands_and_equals_the_app_to_the_bit(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (example,) = examples("README.md")
    names: dict[str, object] = {}
    exec(example, names)
    model, small, plan = names["model"], names["small"], names["plan"]
    assert isinstance(plan, Plan)
    assert isinstance(model, torch.nn.Module)
    assert isinstance(small, torch.nn.Module)
    shown = capsys.readouterr().out
    assert "scan, l1 unit" in shown
    assert "plan for ≥ 4x" in shown
    training = Training(num_epochs=5, learning_rate=2e-3, learning_rate_schedule="cosine")
    run = Run()
    perform(run, LoadDense(), Scan(granularity="unit"), Prune(plan=dict(plan), granularity="unit"))
    perform(run, Finetune(training=training), Shrink())
    assert run.state.shrunk is not None
    assert hash_weights(model.state_dict()) == hash_weights(run.state.network.module.state_dict())
    assert hash_weights(small.state_dict()) == hash_weights(run.state.shrunk.module.state_dict())


def test_the_examples_of_the_guide_run_one_after_the_other() -> None:
    names: dict[str, object] = {}
    for example in examples("docs/LIBRARY.md"):
        exec(example, names)
    figures = names["figures"]
    assert isinstance(figures, tuple)
    assert all(isinstance(one, EpochFigures) for one in figures)
