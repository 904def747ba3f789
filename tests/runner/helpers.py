"""Short ways to a runner on the bundled pair, and to the end of a decision."""

from collections.abc import Callable
from pathlib import Path

from prune_tui.core.run.events import Event
from prune_tui.core.session.decisions import Decision, LoadDense, Prune
from prune_tui.core.session.session import Record, Session
from prune_tui.engine.engine import never
from prune_tui.runner.runner import Runner
from tests.engine.helpers import BUNDLED, PLAN, QUICK


def opened(
    sessions_dir: Path | None = None, *, session: Session | None = None, weights: Path | None = None
) -> Runner:
    runner = Runner(session or BUNDLED, sessions_dir=sessions_dir, data_dir=None, weights=weights)
    list(runner.open())
    return runner


def perform(runner: Runner, *decisions: Decision, should_stop: Callable[[], bool] = never) -> list[Event]:
    return [event for decision in decisions for event in runner.perform(decision, should_stop=should_stop)]


def pruned(sessions_dir: Path | None = None) -> Runner:
    runner = opened(sessions_dir)
    perform(runner, LoadDense(), Prune(plan=PLAN, finetune=QUICK))
    return runner


def record_of(runner: Runner) -> Record:
    record = runner.session.record
    assert record is not None
    return record


def saved_weights(runner: Runner) -> dict[str, str]:
    """The hash of each checkpoint's bytes, by its name."""
    return {checkpoint.path: checkpoint.sha256 for checkpoint in runner.view.checkpoints}
