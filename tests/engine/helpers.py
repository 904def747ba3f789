"""Short ways to a runner on the bundled pair, and to the end of a decision."""

from collections.abc import Callable
from pathlib import Path

from prune_tui.core.run.events import Event
from prune_tui.core.session.decisions import Decision, LoadDense, Prune
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.session import Session
from prune_tui.runner.runner import Runner

QUICK = Training(num_epochs=1, batch_size=128, learning_rate=1e-3)
PLAN = {"conv1": 0.3, "conv2": 0.6, "fc1": 0.9, "fc2": 0.5}


def opened(
    sessions_dir: Path | None = None, *, session: Session | None = None, weights: Path | None = None
) -> Runner:
    runner = Runner(
        session or Session(name="s", model="lenet5", dataset="digits", device="cpu"),
        sessions_dir=sessions_dir,
        data_dir=None,
        num_threads=1,
        weights=weights,
    )
    list(runner.open())
    return runner


def perform(
    runner: Runner, *decisions: Decision, should_stop: Callable[[], bool] = lambda: False
) -> list[Event]:
    return [event for decision in decisions for event in runner.perform(decision, should_stop=should_stop)]


def pruned(sessions_dir: Path | None = None) -> Runner:
    runner = opened(sessions_dir)
    perform(runner, LoadDense(), Prune(plan=PLAN, finetune=QUICK))
    return runner
