"""What blocks cost in accuracy beside single weights and whole units, in one shot to the same sparsity.

Accuracies are on all validation images, right after pruning and after some epochs of fine-tuning.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from statistics import mean
from time import perf_counter

from benchmarks.planning import trained
from benchmarks.reporting import print_machine, print_table
from benchmarks.subjects import accuracy, computing_text, first_decision
from prune_tui.catalog.models import model_entry
from prune_tui.core.returning import drained
from prune_tui.core.session.decisions import Finetune, Prune
from prune_tui.core.session.recipe import Training
from prune_tui.core.terms import GRANULARITY_NAMES, Granularity, Scope
from prune_tui.engine.context import Context
from prune_tui.engine.decisions.finetune import finetune
from prune_tui.engine.decisions.prune import prune
from prune_tui.engine.device import pick_device, prepare_process, seed_everything
from prune_tui.engine.network.trace import find_units
from prune_tui.engine.state import EngineState

MODELS = ("han-cnn", "lenet5")
SPARSITIES = (0.9, 0.95)
METHODS: tuple[tuple[str, Scope, str], ...] = (
    ("l1", "layer", "l1, each layer"),
    ("lamp", "global", "LAMP, global"),
)
GRANULARITIES: tuple[Granularity, ...] = ("weight", "block_4", "block_16", "unit")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The share of the weights that is pruned, and the accuracies right after pruning and at last."""

    sparsity: float
    pruned: float
    finetuned: float


def outcome_of(state: EngineState, decision: Prune, training: Training, seed: int) -> Outcome:
    """Prune the dense network and fine-tune it; every method sees the same batches."""
    network, data = state.network, state.data
    drained(prune(state, decision, context(seed, 1)))
    sparsity, pruned = network.sparsity, accuracy(network, data, data.validation)
    drained(finetune(state, Finetune(training=training), context(seed, 2)))
    return Outcome(sparsity, pruned, accuracy(network, data, data.validation))


def context(seed: int, index: int) -> Context:
    return first_decision(seed_everything(seed, index), perf_counter)


def outcomes_of(state: EngineState, args: Namespace, model: str, seed: int) -> Iterator[Outcome]:
    """Yield what each way of pruning leads to, in the order of the table."""
    find_units(state.network)
    training = replace(model_entry(model).finetuning, num_epochs=args.finetuning_epochs)
    for sparsity, (criterion, scope, _), granularity in product(args.sparsities, METHODS, GRANULARITIES):
        decision = Prune(plan=sparsity, criterion=criterion, granularity=granularity, scope=scope)
        yield outcome_of(state, decision, training, seed)


def row(sparsity: float, method: str, granularity: Granularity, outcomes: Sequence[Outcome]) -> list[str]:
    """Return a line of the table: means over the dense networks."""
    parts = [
        f"{mean(getattr(one, part) for one in outcomes) * 100:.2f}"
        for part in ("sparsity", "pruned", "finetuned")
    ]
    return [f"{sparsity * 100:g} %", method, GRANULARITY_NAMES[granularity], *parts]


def main(options: Sequence[str] = ()) -> None:
    parser = ArgumentParser(prog="python -m benchmarks block_accuracy")
    parser.add_argument("--data-dir", type=Path, help="where MNIST is; else all networks see the digits")
    parser.add_argument("--models", nargs="+", default=MODELS, metavar="MODEL")
    parser.add_argument("--sparsities", nargs="+", type=float, default=SPARSITIES, metavar="SPARSITY")
    parser.add_argument("--seeds", type=int, default=1, help="dense networks of each model")
    parser.add_argument("--epochs", type=int, default=3, help="epochs of training beforehand, at least")
    parser.add_argument("--finetuning-epochs", type=int, default=2)
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda", "mps"))
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of torch")
    args = parser.parse_args(options)
    dataset = "digits" if args.data_dir is None else "mnist"
    prepare_process(args.threads)
    for model in args.models:
        found: list[list[Outcome]] = []
        dense = []
        for seed in range(args.seeds):
            state, how = trained(args, model, dataset, seed=seed)
            print(f"  {model}, seed {seed}: {how}", flush=True)
            dense.append(state.dense.accuracy or 0.0)
            found.append(list(outcomes_of(state, args, model, seed)))
        lines = product(args.sparsities, METHODS, GRANULARITIES)
        print_table(
            f"{model} on {dataset}: validation accuracy %, dense {mean(dense) * 100:.2f}",
            ("plan", "by", "each", "weights pruned %", "at once", "fine-tuned"),
            [
                row(sparsity, method, granularity, outcomes)
                for (sparsity, (_, _, method), granularity), outcomes in zip(
                    lines, zip(*found, strict=True), strict=True
                )
            ],
        )
    epochs = f"{args.finetuning_epochs} epoch{'' if args.finetuning_epochs == 1 else 's'}"
    print(f"\n  fine-tuned for {epochs} by the recipe; means of {args.seeds} dense networks")
    print("  units: of all layers but the last; weights that read a pruned unit are not counted as pruned")
    print(f"  {computing_text(pick_device(args.device))}")
    print_machine()


if __name__ == "__main__":
    main()
