"""Scans a network without a screen, and solves a budget from the curves."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from prune_tui.catalog.baselines import bundled_baseline
from prune_tui.catalog.models import model_entry
from prune_tui.catalog.names import check_names
from prune_tui.catalog.recipes import recipe_of
from prune_tui.core.errors import DecisionError
from prune_tui.core.planning.budget import Solution, solved
from prune_tui.core.planning.planner import planner_of
from prune_tui.core.planning.settings import PlanSettings
from prune_tui.core.planning.solving.polish import Polish
from prune_tui.core.planning.solving.problem import Problem
from prune_tui.core.planning.target import Target, describe_target
from prune_tui.core.report import ScanFigures
from prune_tui.core.run.events import Event, PretrainedTaken
from prune_tui.core.run.measured_plans import PolishedPlan
from prune_tui.core.run.view import View
from prune_tui.core.scanning.predictor import fitted_predictor, predicted
from prune_tui.core.session.decisions import PRETRAINED, Decision, LoadDense, Prune, Scan
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
    With `out` the session is saved there, and the app can open it. The plan that is solved is improved by
    measuring others for `polish_seconds`.
    """

    session: Session
    scan: Scan
    target: Target | None = None
    weights: Path | None = None
    is_as_built: bool = False
    data_dir: Path | None = None
    num_threads: int | None = None
    out: Path | None = None
    polish_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Found:
    """The curves, the plan that meets the target, and the session's file, if it was saved.

    `polished` says how the plan was found by measuring, None if it was only solved. `error` says why no plan
    meets the target, if none does.
    """

    figures: ScanFigures
    solution: Solution | None
    polished: PolishedPlan | None
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
        solution, error = _solution(request, runner, on_event), None
    except DecisionError as unsolved:
        solution, error = None, str(unsolved)
    polished = runner.view.polished if solution is not None else None
    return Found(runner.view.report.scan, solution, polished, error, runner.path)


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


def _solution(request: Request, runner: Runner, on_event: Callable[[Event, View], None]) -> Solution | None:
    """Solve for the target, if there is one, and improve the plan by measuring others.

    For a target of latency the network's kernels are measured first.

    Raises:
        DecisionError: it is out of reach.
        ExportError: it is of latency, and the kernels can't be measured.
    """
    target = request.target
    if target is None:
        return None
    if target.of_size is not None and target.of_size.kind == "latency":
        for event in runner.measure_kernels():
            on_event(event, runner.view)
    problem = problem_of(runner.view, request.scan)
    solution = solved(problem, target)
    if not solution.is_met:
        raise DecisionError(f"{describe_target(target)} can't be met")
    pruned = {name: sparsity for name, sparsity in solution.plan.items() if sparsity > 0}
    if not request.polish_seconds or not pruned:
        return solution
    decision = Prune(plan=pruned, criterion=request.scan.criterion, granularity=request.scan.granularity)
    for event in runner.polish(Polish(decision, target, problem, seconds=request.polish_seconds)):
        on_event(event, runner.view)
    return _polished(solution, problem, runner.view.polished)


def problem_of(view: View, scan: Scan) -> Problem:
    """Return what a budget is solved over, after a scan.

    Raises:
        DecisionError: nothing can be predicted from it.
    """
    settings = PlanSettings(criterion=scan.criterion, granularity=scan.granularity)
    problem = planner_of(view, settings, is_threshold_on_magnitude=False).problem({})
    if problem is None:
        raise DecisionError("the dense network scores 0, so nothing can be predicted: train it first")
    return problem


def _polished(solution: Solution, problem: Problem, found: PolishedPlan | None) -> Solution:
    """Return the solution with the plan that was found by measuring."""
    if found is None or isinstance(found.found.decision.plan, float):
        return solution
    plan = {**dict.fromkeys(solution.plan, 0.0), **found.found.decision.plan}
    return replace(solution, plan=plan, price=problem.price(plan))


def document(found: Found) -> dict[str, object]:
    """Return what `scan --json` prints."""
    solution = found.solution
    return {
        "scan": json_data(found.figures),
        "plan": dict(solution.plan) if solution else None,
        "price": asdict(solution.price) if solution else None,
        "predicted_between": _interval(found),
        "measured": json_data(found.polished) if found.polished else None,
        "error": found.error,
        "session": str(found.path) if found.path else None,
    }


def _interval(found: Found) -> tuple[float, float] | None:
    """Return between which accuracies a solved plan is predicted to lie; None without one."""
    if found.solution is None:
        return None
    prediction = predicted(fitted_predictor(found.figures), found.solution.plan)
    return None if prediction is None else (prediction.low, prediction.high)
