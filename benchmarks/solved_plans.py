"""Compares solved and polished plans with LAMP's, global magnitude's and uniform ones that save as much.

Accuracies are on all validation images, right after pruning and after two epochs of fine-tuning. Exits with 1
if the polished plan is behind one of the three by more than the interval of the difference.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from statistics import mean
from time import perf_counter, thread_time

import torch

from benchmarks.planning import problem_of, scanned, sparsity_for, trained
from benchmarks.reporting import print_machine, print_table
from benchmarks.subjects import computing_text, first_decision
from prune_tui.catalog.models import model_entry
from prune_tui.core.planning.budget import solved
from prune_tui.core.planning.solving.polish import SECONDS, Polish
from prune_tui.core.planning.target import Target
from prune_tui.core.report import ScanFigures
from prune_tui.core.returning import drained
from prune_tui.core.run.events import PlanPolished
from prune_tui.core.scanning.statistics import paired_half_width
from prune_tui.core.session.decisions import Finetune, Prune, Scan
from prune_tui.core.session.recipe import Training
from prune_tui.engine.context import Context
from prune_tui.engine.decisions.finetune import finetune
from prune_tui.engine.decisions.prune import prune
from prune_tui.engine.device import pick_device, prepare_process, seed_everything
from prune_tui.engine.network.counts import counted
from prune_tui.engine.plans.measuring import Measuring
from prune_tui.engine.state import EngineState

MODELS = ("han-cnn", "lenet5", "lenet-300-100")
"""The slowest first, so that the processes end at about the same time."""

RATIOS = (10.0, 20.0)
QUICK_POINTS = 1.0

POLISHED, SOLVED = "polished", "solved"
RIVALS = ("LAMP", "global magnitude", "uniform")
PRUNED, FINETUNED = STAGES = ("pruned", "fine-tuned")

ALL_IMAGES_THERE_ARE = 10**12
"""The validation images are a sample of these."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The scores of each validation image under a plan, by stage, and the compression it came to."""

    scores: Mapping[str, Sequence[float]]
    compression_ratio: float


def plans_of(
    state: EngineState, scan: ScanFigures, ratio: float, *, seconds: float
) -> tuple[dict[str, Prune], int]:
    """Return the decision that prunes to each plan, and how many polishing tried, as the app does it."""
    problem, target = problem_of(state.network, scan), Target("compression_ratio", ratio)
    plan = {name: at for name, at in solved(problem, target).plan.items() if at > 0}
    start = Prune(plan=plan, criterion=scan.criterion)
    clock = thread_time if state.data.device.type == "cpu" else perf_counter
    began = clock()
    work = Measuring(seed=0).polish(
        state, Polish(start, target, problem, seconds), index=1, clock=lambda: clock() - began
    )
    *_, last = work
    assert isinstance(last, PlanPolished)
    sparsity = sparsity_for(state.network, ratio)
    plans = {
        POLISHED: last.figures.found.decision,
        SOLVED: start,
        "LAMP": Prune(plan=sparsity, criterion="lamp", scope="global"),
        "global magnitude": Prune(plan=sparsity, criterion="l1", scope="global"),
        "uniform": Prune(plan=sparsity, criterion="l1"),
    }
    return plans, last.figures.num_plans


def outcome_of(state: EngineState, decision: Prune, training: Training, seed: int) -> Outcome:
    """Prune the dense network, and fine-tune it; every plan sees the same batches."""
    drained(prune(state, decision, context(seed, 1)))
    counts = counted(state.network, perf_counter).counts
    pruned = scores_of(state)
    drained(finetune(state, Finetune(training=training), context(seed, 2)))
    return Outcome({PRUNED: pruned, FINETUNED: scores_of(state)}, counts.parameters / counts.nonzero)


def outcomes_of(args: Namespace, task: tuple[str, int]) -> tuple[str, dict[tuple[float, str], Outcome]]:
    """Train a dense network by a seed, and try every plan at every ratio; also say how it was trained."""
    model, seed = task
    prepare_process(args.threads)
    state, how = trained(args, model, args.dataset, seed=seed)
    scan = scanned(state, Scan(tolerance_points=QUICK_POINTS), seed=seed)
    training = replace(model_entry(model).finetuning, num_epochs=args.finetuning_epochs)
    found, tried = dict[tuple[float, str], Outcome](), list[str]()
    for ratio in args.ratios:
        plans, num_plans = plans_of(state, scan, ratio, seconds=args.seconds)
        tried.append(f"{num_plans} at {ratio:g}x")
        for name, decision in plans.items():
            found[ratio, name] = outcome_of(state, decision, training, seed)
    return f"{model}, seed {seed}: {how}; plans tried: {', '.join(tried)}", found


def context(seed: int, index: int) -> Context:
    return first_decision(seed_everything(seed, index), perf_counter)


def scores_of(state: EngineState) -> list[float]:
    """Return the score of each validation image by the network as it is now; 1 is right."""
    data, module, found = state.data, state.network.module.eval(), list[float]()
    for batch in data.batches(data.validation, data.parts(len(data.validation))):
        with torch.no_grad():
            found += data.task.scores(data.outputs(module, batch.inputs), batch).tolist()
    return found


def difference(of: Sequence[float], other: Sequence[float]) -> tuple[float, float]:
    """Return how much better the first scores are on average, and half the 95 % interval of that."""
    gains = [one - another for one, another in zip(of, other, strict=True)]
    lost, gained = -sum(min(0.0, gain) for gain in gains), sum(max(0.0, gain) for gain in gains)
    half_width = paired_half_width(lost, gained, len(gains), ALL_IMAGES_THERE_ARE)
    return (gained - lost) / len(gains), half_width


def verdict(gain: float, half_width: float) -> str:
    """Say whether the polished plan is ahead of another."""
    return "ahead" if gain > half_width else "behind" if gain < -half_width else "within"


def compared(outcomes: Mapping[str, Sequence[Outcome]], name: str, stage: str) -> tuple[float, float]:
    """Return how much better the polished plan is than another, over the images of all seeds."""
    ours, theirs = (
        [score for outcome in outcomes[plan] for score in outcome.scores[stage]] for plan in (POLISHED, name)
    )
    return difference(ours, theirs)


def row(outcomes: Mapping[str, Sequence[Outcome]], name: str) -> list[str]:
    """Return a plan's line in the table."""
    cells = [name, f"{min(outcome.compression_ratio for outcome in outcomes[name]):.2f}x"]
    for stage in STAGES:
        each = [mean(outcome.scores[stage]) for outcome in outcomes[name]]
        cells += [f"{mean(each):.2%}", " ".join(f"{one * 100:.2f}" for one in each)]
        if name == POLISHED:
            cells += ["", ""]
        else:
            gain, half_width = compared(outcomes, name, stage)
            cells += [f"{gain * 100:+.2f} ± {half_width * 100:.2f}", verdict(gain, half_width)]
    return cells


def shortfalls(title: str, outcomes: Mapping[str, Sequence[Outcome]]) -> list[str]:
    """Say which rivals the polished plan is behind."""
    return [
        f"{title}, {stage}: the polished plan is {-gain:.2%} ± {half_width:.2%} behind {name}"
        for name, stage in product(RIVALS, STAGES)
        for gain, half_width in [compared(outcomes, name, stage)]
        if verdict(gain, half_width) == "behind"
    ]


def main(options: Sequence[str] = ()) -> None:
    parser = ArgumentParser(prog="python -m benchmarks solved_plans")
    parser.add_argument("--data-dir", type=Path, help="where MNIST is; else all networks see the digits")
    parser.add_argument("--models", nargs="+", default=MODELS, metavar="MODEL")
    parser.add_argument(
        "--ratios", nargs="+", type=float, default=RATIOS, metavar="RATIO", help="compression"
    )
    parser.add_argument("--seeds", type=int, default=3, help="dense networks of each model")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for polishing a plan")
    parser.add_argument("--epochs", type=int, default=3, help="epochs of training beforehand, at least")
    parser.add_argument("--finetuning-epochs", type=int, default=2)
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda", "mps"))
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of torch in each process")
    parser.add_argument("--jobs", type=int, default=2, help="processes, one for a dense network at a time")
    args = parser.parse_args(options)
    args.dataset = "digits" if args.data_dir is None else "mnist"
    prepare_process(args.threads)
    tasks = list(product(args.models, range(args.seeds)))
    found = {}
    with ProcessPoolExecutor(args.jobs, get_context("spawn")) as pool:
        for task, (how, outcomes) in zip(tasks, pool.map(partial(outcomes_of, args), tasks), strict=True):
            print(f"  {how}", flush=True)
            found[task] = outcomes
    short = []
    for model, ratio in product(args.models, args.ratios):
        title = f"{model} on {args.dataset} at {ratio:g}x"
        plans = {
            name: [found[model, seed][ratio, name] for seed in range(args.seeds)]
            for name in (POLISHED, SOLVED, *RIVALS)
        }
        print_table(
            f"{title}: accuracy on validation, mean and each seed's; how far the polished plan is ahead",
            ("plan", "compression", *(
                column for stage in STAGES for column in (stage, "seeds", "polished - this", "polished is")
            )),
            [row(plans, name) for name in plans],
        )  # fmt: skip
        short += shortfalls(title, plans)
    epochs = f"{args.finetuning_epochs} epoch{'' if args.finetuning_epochs == 1 else 's'}"
    print(
        f"\n  polished for {args.seconds:g} s of the processor's time; fine-tuned for {epochs} by the recipe"
    )
    print("  ±: half the 95 % interval of the paired difference over the validation images of all seeds")
    print("  the same images chose the polished plan (the first few hundred) and each best epoch")
    print(f"  {computing_text(pick_device(args.device))} in each of {args.jobs} processes")
    print_machine()
    if short:
        raise SystemExit("\n".join(f"benchmarks: {line}" for line in short))


if __name__ == "__main__":
    main()
