"""The process under test: prepares a session, or carries out a decision in the app or without a screen."""

from __future__ import annotations

import argparse
from dataclasses import replace
from inspect import getfile
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, ClassVar

from pydantic import TypeAdapter

from prune_tui.catalog.baselines import bundled_baseline
from prune_tui.catalog.models import model_entry
from prune_tui.core.session.decisions import Decision, LoadDense, Scan, TrainDense
from prune_tui.core.session.session import Session
from prune_tui.storage import read_session

if TYPE_CHECKING:
    from textual.app import App

ANY_DECISION: TypeAdapter[Decision] = TypeAdapter(Decision)


def prepare(path: Path, args: argparse.Namespace) -> None:
    """Make a session with a dense baseline and the shortest scan, so that the app lands on its plan."""
    from prune_tui.engine.device import prepare_process
    from prune_tui.runner.runner import Runner

    prepare_process(args.threads)
    session = Session(name=path.stem, model=args.model, dataset=args.dataset, device=args.device)
    runner = Runner(session, sessions_dir=path.parent, data_dir=args.data_dir, allow_code=True)
    training = replace(model_entry(args.model).training, num_epochs=1)
    has_baseline = bundled_baseline(args.model, args.dataset) is not None
    dense = LoadDense() if has_baseline else TrainDense(training=training)
    for _ in runner.open():
        pass
    for decision in (dense, Scan(sparsities=(args.scanned,), tolerance_points=args.tolerance_points)):
        for _ in runner.perform(decision):
            pass


def run_headless(path: Path, args: argparse.Namespace) -> None:
    """Carry out the decision without a screen."""
    from prune_tui.engine.device import prepare_process
    from prune_tui.runner.runner import Runner

    prepare_process(args.threads)
    runner = Runner(read_session(path), sessions_dir=path.parent, data_dir=args.data_dir)
    for _ in runner.open():
        pass
    for _ in runner.perform(ANY_DECISION.validate_json(args.decision)):
        pass


def run_app(path: Path, args: argparse.Namespace) -> None:
    """Carry out the decision in the app, on the Train step, and leave when it is done."""
    from textual import on

    from prune_tui.core.workflow.step import Step
    from prune_tui.tui import app as module
    from prune_tui.tui.messages import GoTo, JobFinished, Perform
    from prune_tui.tui.options import Options
    from prune_tui.tui.worker.jobs import Opening

    class DrivenApp(module.PruneApp):
        """The app, with one decision posted as soon as the session is open."""

        CSS_PATH = css_of(module.PruneApp)

        @on(JobFinished)
        def _drive(self, message: JobFinished) -> None:
            if isinstance(message.job.task, Opening):
                self.post_message(Perform(ANY_DECISION.validate_json(args.decision)))
                self.post_message(GoTo(Step.TRAIN))
            else:
                self.exit()

    app = DrivenApp(
        Options(
            model=None,
            dataset=None,
            weights=None,
            data_dir=args.data_dir,
            sessions_dir=path.parent,
            device=args.device,
            num_threads=args.threads,
            seed=0,
            resume=path,
        )
    )
    app.run()
    app.release()


def run_plan(path: Path, args: argparse.Namespace) -> None:
    """Open the session in the app, which lands on its plan; write beside it what each key came upon.

    That is a line for each key: 1 if a plan was being measured when it came, else 0.
    """
    from textual import events

    from prune_tui.tui.app import PruneApp
    from prune_tui.tui.options import Options

    class WatchedApp(PruneApp):
        """The app, and whether the engine was measuring at each key."""

        CSS_PATH = css_of(PruneApp)
        came_upon: ClassVar[list[bool]] = []

        async def on_event(self, event: events.Event) -> None:
            if isinstance(event, events.Key) and not event.is_forwarded:
                self.came_upon.append(self.state.measuring is not None)
            await super().on_event(event)

    options = Options(
        sessions_dir=path.parent,
        data_dir=args.data_dir,
        device=args.device,
        num_threads=args.threads,
        resume=path,
        allow_code=True,
    )
    app = WatchedApp(options)
    app.run()
    app.release()
    path.with_suffix(".keys").write_text("".join(f"{int(one)}\n" for one in app.came_upon))


def css_of(app: type[App[None]]) -> list[str | PurePath]:
    """Return where an app's styles are, for a class that is defined elsewhere."""
    paths = app.CSS_PATH
    assert isinstance(paths, list)
    return [Path(str(getfile(app))).parent / path for path in paths]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks._driver")
    actions = {"prepare": prepare, "headless": run_headless, "app": run_app, "plan": run_plan}
    parser.add_argument("action", choices=actions)
    parser.add_argument("session", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--dataset")
    parser.add_argument("--decision")
    parser.add_argument("--scanned", type=float, default=0.5, help="the sparsity that is scanned")
    parser.add_argument("--tolerance-points", type=float, help="of the scan; exact unless set")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int)
    args = parser.parse_args()
    actions[args.action](args.session, args)


if __name__ == "__main__":
    main()
