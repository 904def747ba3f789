"""Counts how often the accuracy of a plan, measured on all validation images, lies within its interval.

Exits with 1 if that is less than 90 of 100 over all, or 85 of 100 for one network.
"""

import random
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from time import perf_counter

from benchmarks.planning import Plan, by_threshold, problem_of, scanned, sparsity_for, trained
from benchmarks.reporting import print_machine, print_table
from benchmarks.subjects import computing_text
from prune_tui.core.errors import DecisionError
from prune_tui.core.planning.budget import solved
from prune_tui.core.planning.target import Target
from prune_tui.core.report import ScanFigures
from prune_tui.core.returning import drained
from prune_tui.core.scanning.predictor import Prediction, fitted_predictor, predicted
from prune_tui.core.session.decisions import Prune, Scan
from prune_tui.core.terms import Granularity
from prune_tui.engine.device import pick_device, prepare_process
from prune_tui.engine.plans.evaluator import PlanEvaluator
from prune_tui.engine.pruning.plan_masks import prunable_layers
from prune_tui.engine.state import EngineState

LEAST_OF_ALL, LEAST_OF_ONE = 0.90, 0.85

OF_MNIST = (("lenet5", "mnist"), ("lenet-300-100", "mnist"), ("han-cnn", "mnist"), ("lenet5", "digits"))
OF_DIGITS = tuple((model, "digits") for model in ("lenet5", "lenet-300-100", "han-cnn", "lenet"))
MODELS = tuple(model for model, _ in OF_DIGITS)
OF_UNITS = "lenet5"

QUICK_POINTS = 1.0
TOLERANCES: Mapping[str, float | None] = {"quick": QUICK_POINTS, "exact": None}

UNIFORM = (0.2, 0.35, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97)
RATIOS = (2, 3, 4, 5, 7, 10, 14, 20, 28, 40)
THRESHOLD_RATIOS = (3, 5, 10, 20, 40)
THRESHOLDS = {"LAMP": "lamp", "global": "l1"}
STEPS = (-0.2, -0.1, -0.05, 0.05, 0.1, 0.2)
MOST_EDITED = 0.995
KINDS = ("uniform", "random", "solved", "edited", *THRESHOLDS)


@dataclass(frozen=True, slots=True)
class Forecast:
    """A plan of some kind, what was predicted of it, and what was measured."""

    kind: str
    prediction: Prediction
    measured: float

    @property
    def holds(self) -> bool:
        return self.prediction.low <= self.measured <= self.prediction.high


Line = tuple[str, str]
"""A network, and the scan that its accuracies are predicted from."""


def plans_of(
    state: EngineState, scans: Sequence[ScanFigures], evaluator: PlanEvaluator, most: int
) -> Iterator[tuple[str, Plan]]:
    """Yield plans with their kinds, at most so many of each, drawn by seed 0."""
    network, granularity = state.network, scans[0].granularity
    names, drawn = prunable_layers(network, granularity), random.Random(0)
    for sparsity in UNIFORM[:most]:
        yield "uniform", dict.fromkeys(names, sparsity)
    for _ in range(most):
        highest = drawn.uniform(0.5, 0.99)
        yield "random", {name: round(drawn.uniform(0, highest), 3) for name in names}
    plans: list[Plan] = []
    for ratio in RATIOS[:most]:
        for scan in scans:
            try:
                plan = solved(problem_of(network, scan), Target("compression_ratio", ratio)).plan
            except DecisionError:  # no plan saves so much
                continue
            if plan not in plans:
                plans.append(plan)
    yield from (("solved", plan) for plan in plans)
    for _ in range(most if plans else 0):
        plan = dict(drawn.choice(plans))
        for name in drawn.sample(names, drawn.randint(1, max(1, len(names) // 2))):
            moved = round(plan[name] + drawn.choice(STEPS), 3)
            plan[name] = min(MOST_EDITED, max(0.0, moved))
        yield "edited", plan
    if granularity == "weight":
        for kind, criterion in THRESHOLDS.items():
            for ratio in THRESHOLD_RATIOS[:most]:
                sparsity = sparsity_for(network, ratio)
                if sparsity < 1:
                    yield kind, by_threshold(evaluator, criterion, sparsity)


def forecasts_of(state: EngineState, granularity: Granularity, most: int) -> dict[str, list[Forecast]]:
    """Scan; predict each plan from each scan, and measure it."""
    accuracy = state.dense.accuracy or 0.0
    scans = {
        name: scanned(state, Scan(granularity=granularity, tolerance_points=points))
        for name, points in TOLERANCES.items()
    }
    predictors = {name: fitted_predictor(scan) for name, scan in scans.items()}
    evaluator = PlanEvaluator(state.network, state.dense.weights, state.data, seed=0)
    found: dict[str, list[Forecast]] = {name: [] for name in scans}
    for kind, plan in plans_of(state, list(scans.values()), evaluator, most):
        decision = Prune(
            plan={name: at for name, at in plan.items() if at > 0},
            criterion=scans["exact"].criterion,
            granularity=granularity,
        )
        if not decision.plan:
            continue
        masks = drained(evaluator.masks_of(decision, index=1, clock=perf_counter))
        *_, last = evaluator.measured(decision, masks, index=1, dense_accuracy=accuracy)
        for name, predictor in predictors.items():
            prediction = predicted(predictor, plan)
            assert prediction is not None, "all groups were scanned"
            found[name].append(Forecast(kind, prediction, last.accuracy))
    return found


def measure(args: Namespace) -> Iterator[tuple[Line, list[Forecast]]]:
    """Train network after network, and yield the forecasts from each scan of it."""
    networks = OF_DIGITS if args.data_dir is None else OF_MNIST
    for model, dataset in networks:
        if model not in args.models:
            continue
        state, how = trained(args, model, dataset)
        print(f"  {model} on {dataset}: {how}", flush=True)
        granularities: list[Granularity] = ["weight", "unit"] if model == args.units else ["weight"]
        for granularity in granularities:
            suffix = ", units" if granularity == "unit" else ""
            for name, forecasts in forecasts_of(state, granularity, args.plans).items():
                yield (f"{model} on {dataset}{suffix}", name), forecasts


def shortfalls(found: Mapping[Line, Sequence[Forecast]]) -> list[str]:
    """Say where too few accuracies lie within their intervals."""
    networks: dict[str, list[Forecast]] = {}
    for (network, _), forecasts in found.items():
        networks.setdefault(network, []).extend(forecasts)
    overall = [forecast for forecasts in networks.values() for forecast in forecasts]
    wanted = [("all networks", overall, LEAST_OF_ALL)]
    wanted += [(network, forecasts, LEAST_OF_ONE) for network, forecasts in networks.items()]
    return [
        f"{name}: {share_text(forecasts)} within their intervals, {least:.0%} wanted"
        for name, forecasts, least in wanted
        if sum(forecast.holds for forecast in forecasts) < least * len(forecasts)
    ]


def share_text(forecasts: Sequence[Forecast]) -> str:
    """Say how many accuracies lie within their intervals, and how wide these are."""
    if not forecasts:
        return ""
    width = mean((forecast.prediction.high - forecast.prediction.low) / 2 for forecast in forecasts)
    return f"{sum(forecast.holds for forecast in forecasts)} of {len(forecasts)}, ±{width * 100:.1f}"


def row(line: Line, forecasts: Sequence[Forecast]) -> list[str]:
    """Return a line of the table."""
    kinds = [share_text([each for each in forecasts if each.kind == kind]) for kind in KINDS]
    share = sum(forecast.holds for forecast in forecasts) / len(forecasts)
    return [*line, *kinds, share_text(forecasts), f"{share:.0%}"]


def main(options: Sequence[str] = ()) -> None:
    parser = ArgumentParser(prog="python -m benchmarks forecast_intervals")
    parser.add_argument("--data-dir", type=Path, help="where MNIST is; else all networks see the digits")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS), metavar="MODEL")
    parser.add_argument("--units", default=OF_UNITS, help="the model whose units are pruned too")
    parser.add_argument("--epochs", type=int, default=3, help="epochs of training beforehand, at least")
    parser.add_argument("--plans", type=int, default=16, help="plans of each kind, at most")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda", "mps"))
    parser.add_argument("--threads", type=int, help="CPU threads of torch; else torch's own choice")
    args = parser.parse_args(options)
    prepare_process(args.threads)
    found = dict(measure(args))
    rows = [row(line, forecasts) for line, forecasts in found.items()]
    rows.append(row(("all", ""), [forecast for forecasts in found.values() for forecast in forecasts]))
    print_table(
        "Measured accuracies within the interval that was predicted, and its mean half-width in points",
        ("network", "scan", *KINDS, "all", "share"),
        rows,
    )
    print(
        f"\n  quick: each cell to ±{QUICK_POINTS:g} point or a fifth of a large difference; exact: all images"
    )
    print("  no plan was measured before it was predicted: what is measured in the app narrows the next ones")
    print(f"  {computing_text(pick_device(args.device))}")
    print_machine()
    if short := shortfalls(found):
        raise SystemExit("\n".join(f"benchmarks: {line}" for line in short))


if __name__ == "__main__":
    main()
