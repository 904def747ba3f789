"""Scans a network without a screen, and solves a budget from the curves."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from prune_tui.catalog.baselines import bundled_baseline
from prune_tui.catalog.models import model_entry
from prune_tui.catalog.names import check_names
from prune_tui.catalog.recipes import recipe_of
from prune_tui.core.errors import DecisionError
from prune_tui.core.planning.budget import Solution, solve
from prune_tui.core.planning.groups import groups_of
from prune_tui.core.planning.target import Target, describe_target
from prune_tui.core.report import ScanFigures
from prune_tui.core.run.events import Event, PretrainedTaken
from prune_tui.core.run.view import View
from prune_tui.core.scanning.predictor import fitted_predictor, predicted
from prune_tui.core.session.decisions import PRETRAINED, Decision, LoadDense, Scan
from prune_tui.core.session.json import json_data
from prune_tui.core.session.session import Session
from prune_tui.core.workflow.baselines import baseline_to_train
from prune_tui.engine.device import prepare_process
from prune_tui.runner.runner import Runner
from prune_tui.storage import unused_name


@dataclass(frozen=True, slots=True)
class Request:
    """What to scan and how; without `weights`, the bundled baseline is used or one is trained.

    Published weights that `session` names are scanned as they are, or adapted to the data first if these have
    other classes. `is_as_built` takes the weights that the model is built with, whatever they are worth. The
    user's own code that `session` names is run: naming it is asking for it.
    With `out` the session is saved there, and the app can open it.
    """

    session: Session
    scan: Scan
    target: Target | None = None
    weights: Path | None = None
    is_as_built: bool = False
    data_dir: Path | None = None
    num_threads: int | None = None
    out: Path | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The curves, the plan that meets the target, and the session's file, if it was saved.

    `error` says why no plan meets the target, if none does.
    """

    figures: ScanFigures
    solution: Solution | None
    error: str | None
    path: Path | None


def scan(request: Request, *, on_event: Callable[[Event, View], None]) -> Found:
    """Scan the network; `on_event` is called with each event and the view after it.

    Raises:
        PruneTuiError: a name, the data, the weights or the device can't be used.
    """
    session = request.session
    if request.out is not None:
        session = replace(session, name=unused_name(request.out, session.name))
    baseline = _baseline(request)
    check_names(replace(session, decisions=(baseline, request.scan)), source="scan")
    prepare_process(request.num_threads)
    runner = Runner(
        session,
        sessions_dir=request.out,
        data_dir=request.data_dir,
        weights=request.weights,
        allow_code=True,
    )
    for event in runner.open():
        on_event(event, runner.view)
        if isinstance(event, PretrainedTaken) and not event.head and request.weights is None:
            baseline = LoadDense(weights=PRETRAINED)
    for decision in (baseline, request.scan):
        for event in runner.perform(decision):
            on_event(event, runner.view)
    assert runner.view.report.scan is not None
    try:
        solution, error = _solution(request, runner.view), None
    except DecisionError as unsolved:
        solution, error = None, str(unsolved)
    return Found(runner.view.report.scan, solution, error, runner.path)


def _baseline(request: Request) -> Decision:
    """Return the first decision: load the user's weights, else the bundled ones, else train.

    Raises:
        DecisionError: the weights that the model is built with are asked for, and have learnt nothing.
    """
    session = request.session
    if request.is_as_built:
        if request.weights is not None:
            raise DecisionError("--as-built and --weights are two baselines: leave one out")
        if session.pretrained is None and not model_entry(session.model).has_own_weights:
            raise DecisionError(
                f"{session.model} is built with weights drawn at random: leave --as-built out, or "
                "add --pretrained"
            )
        return LoadDense(weights=PRETRAINED)
    if request.weights is not None:
        return LoadDense(weights="dense.safetensors")
    if bundled_baseline(session.model, session.dataset) is not None:
        return LoadDense()
    return baseline_to_train(recipe_of(session))


def _solution(request: Request, view: View) -> Solution | None:
    """Solve for the target, if there is one.

    Raises:
        DecisionError: it is out of reach.
    """
    if request.target is None:
        return None
    solution = solve(
        request.target,
        groups_of(view.layers, request.scan.granularity),
        view.report.scan,
        {},
        other_parameters=view.other_parameters,
        other_macs=view.other_macs,
        shape=view.shape,
    )
    if not solution.is_met:
        raise DecisionError(f"{describe_target(request.target)} can't be met")
    return solution


def document(found: Found) -> dict[str, object]:
    """Return what `scan --json` prints."""
    solution = found.solution
    return {
        "scan": json_data(found.figures),
        "plan": dict(solution.plan) if solution else None,
        "price": asdict(solution.price) if solution else None,
        "predicted_between": _interval(found),
        "error": found.error,
        "session": str(found.path) if found.path else None,
    }


def _interval(found: Found) -> tuple[float, float] | None:
    """Return between which accuracies a solved plan is predicted to lie; None without one."""
    if found.solution is None:
        return None
    prediction = predicted(fitted_predictor(found.figures), found.solution.plan)
    return None if prediction is None else (prediction.low, prediction.high)
