"""Records the sessions of the studies: `python scripts/make_sessions.py [NAME …] --data-dir DIR`.

Each is a list of decisions; what comes of them is run, never typed. The checkpoints stay out of the files.
"""

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from prune_tui.core.run.events import DecisionFinished, EpochFinished, PointSwept
from prune_tui.core.session.decisions import Decision, Measure, Method, Prune, Scan, Shrink, Sweep, TrainDense
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.rounds import Iterative
from prune_tui.core.session.session import Session
from prune_tui.engine.device import prepare_process
from prune_tui.runner.runner import Runner
from prune_tui.storage import write_session

FOLDER: Final = Path("sessions")

# A. LeNet: random, magnitude and structured pruning; three rounds, each of the same share of what is left.

LENET_SPARSITIES: Final = tuple(round(1 - (1 - share / 10) ** 3, 3) for share in range(1, 8))
LENET_DENSE: Final = TrainDense(
    training=Training(
        num_epochs=15,
        optimizer="adamw",
        learning_rate=4e-3,
        learning_rate_schedule="one_cycle",
        weight_decay=1e-4,
        dropout=0.1,
        augmentation="crop",
        shift_pixels=1,
        precision="bfloat16",
    )
)
LENET_FINETUNE: Final = replace(
    LENET_DENSE.training,
    num_epochs=4,
    batch_size=64,
    learning_rate=8e-3,
    weight_decay=0.0,
    dropout=0.0,
    distillation=0.7,
)
THREE_ROUNDS: Final = Iterative(steps="geometric", num_rounds=3)


def lenet_sweep(method: Method) -> Sweep:
    """Sweep the seven settings of the study: three rounds, four epochs after each."""
    return Sweep(
        methods=(method,),
        sparsities=LENET_SPARSITIES,
        schedule=THREE_ROUNDS,
        finetune=LENET_FINETUNE,
        modes=("shrunk",) if method.granularity == "unit" else (),
        batch_sizes=(64,) if method.granularity == "unit" else (),
    )


def lenet_prune(plan: float, method: Method) -> Prune:
    """Prune as one setting of the sweep does."""
    return Prune(
        plan=plan,
        criterion=method.criterion,
        granularity=method.granularity,
        schedule=THREE_ROUNDS,
        finetune=LENET_FINETUNE,
    )


L1, RANDOM, L1_UNITS = Method(), Method(criterion="random"), Method(granularity="unit")
LENET_GLOBAL: Final = Prune(
    plan=LENET_SPARSITIES[-1],
    criterion="lamp",
    scope="global",
    schedule=Iterative(steps="cubic", num_rounds=8),
    finetune=replace(LENET_FINETUNE, num_epochs=1, learning_rate=4e-3, learning_rate_schedule="constant"),
    finetune_last=replace(LENET_FINETUNE, num_epochs=5),
)

# B. Fine-grained pruning of a small CNN after Han et al. 2015.

HAN_DENSE: Final = TrainDense(
    training=Training(
        num_epochs=12,
        optimizer="adamw",
        learning_rate=2e-3,
        learning_rate_schedule="one_cycle",
        precision="bfloat16",
    )
)
HAN_BY_HAND: Final = {"conv1": 0.65, "conv2": 0.95, "conv3": 0.98, "fc1": 0.98, "fc2": 0.9}
HAN_FINETUNE: Final = Training(
    num_epochs=1,
    optimizer="adamw",
    learning_rate=2e-3,
    distillation=0.7,
    dropout=0.0,
    precision="bfloat16",
)
HAN_FINETUNE_LAST: Final = replace(
    HAN_FINETUNE, num_epochs=8, learning_rate=4e-3, learning_rate_schedule="one_cycle"
)

# C and D. The perceptron without biases; its output layer is never pruned.

MLP_SPARSITIES: Final = (0.0, 0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.99)
MLP_METHODS: Final = (Method(), Method(criterion="l2", granularity="unit"))
MLP_OUTPUT: Final = ("fc5",)
MLP_TRAINING: Final = Training(num_epochs=10, batch_size=64, precision="bfloat16")
MLP_SHORT_TRAINING: Final = Training(num_epochs=3, batch_size=100, weight_decay=1e-4, precision="bfloat16")


def weight_and_unit(seed: int) -> tuple[Decision, ...]:
    """Train a perceptron from its own seed, and sweep it."""
    sweep = Sweep(methods=MLP_METHODS, sparsities=MLP_SPARSITIES, locked=MLP_OUTPUT)
    return TrainDense(training=MLP_SHORT_TRAINING, seed=seed), sweep


# E. ResNet-18, one shot and iterative, under one global threshold; on so many images as a CPU has time for.

SUBSET: Final = "imagefolder:cifar10"
NUM_RESNET_IMAGES: Final = 1_000
RESNET_TRAINING: Final = Training(
    num_epochs=16,
    batch_size=32,
    optimizer="sgd",
    learning_rate=0.05,
    learning_rate_schedule="one_cycle",
    weight_decay=5e-4,
    augmentation="crop_flip",
    precision="bfloat16",
)
RESNET_FINETUNE: Final = replace(
    RESNET_TRAINING, num_epochs=6, learning_rate=0.02, learning_rate_schedule="cosine"
)
RESNET_ROUND: Final = replace(
    RESNET_FINETUNE, num_epochs=1, learning_rate=0.01, learning_rate_schedule="constant"
)
GLOBAL: Final = Method(scope="global")
ROUNDS_OF_11_PERCENT: Final = {0.5: 6, 0.75: 12, 0.9: 20}


def resnet_iterative(sparsity: float) -> Sweep:
    """Prune 11 % of what remains each round, to one sparsity, with a longer fine-tuning at the end."""
    return Sweep(
        methods=(GLOBAL,),
        sparsities=(sparsity,),
        schedule=Iterative(steps="geometric", num_rounds=ROUNDS_OF_11_PERCENT[sparsity]),
        finetune=RESNET_ROUND,
        finetune_last=RESNET_FINETUNE,
        keeps_checkpoints=True,
    )


def resnet_units(model: str) -> Session:
    """Train shortly, remove half of all units with those that residual connections couple to them."""
    training = replace(RESNET_TRAINING, num_epochs=6, batch_size=64)
    finetune = replace(RESNET_FINETUNE, num_epochs=2, batch_size=64)
    return Session(
        name=f"{model}-units",
        model=model,
        dataset=SUBSET,
        num_train_images=2_000,
        num_test_images=1_000,
        decisions=(
            TrainDense(training=training),
            Prune(plan=0.5, granularity="unit", finetune=finetune),
            Shrink(),
            Measure(),
        ),
    )


# The published anchors: two small networks, as sparse as they go.

SHIFTED: Final = Training(
    num_epochs=15,
    optimizer="adamw",
    learning_rate=2e-3,
    learning_rate_schedule="one_cycle",
    augmentation="crop",
    shift_pixels=1,
    precision="bfloat16",
)
SHIFTED_FINETUNE: Final = replace(SHIFTED, num_epochs=1, learning_rate_schedule="constant", distillation=0.7)


def extreme(compression_ratio: float, *, weights: int, biases: int, num_rounds: int, last: Training) -> Prune:
    """Prune by LAMP under one threshold, so that all parameters / those left is at least the ratio."""
    kept = int((weights + biases) / compression_ratio) - biases
    return Prune(
        plan=1 - kept / weights,
        criterion="lamp",
        scope="global",
        schedule=Iterative(num_rounds=num_rounds),
        finetune=SHIFTED_FINETUNE,
        finetune_last=last,
    )


LENET5_DENSE: Final = TrainDense(training=SHIFTED)
LENET5_PRUNE: Final = extreme(
    130,
    weights=430_500,
    biases=580,
    num_rounds=13,
    last=replace(SHIFTED_FINETUNE, num_epochs=18, learning_rate=5e-3, learning_rate_schedule="one_cycle"),
)
LENET_300_100_DENSE: Final = TrainDense(training=replace(SHIFTED, num_epochs=40))
LENET_300_100_PRUNE: Final = extreme(
    60,
    weights=266_200,
    biases=410,
    num_rounds=21,
    last=replace(SHIFTED_FINETUNE, num_epochs=60, learning_rate=5e-3, learning_rate_schedule="one_cycle"),
)

SESSIONS: Final[Mapping[str, Session]] = {
    session.name: session
    for session in (
        Session(
            name="lenet-random",
            model="lenet",
            dataset="mnist",
            decisions=(
                LENET_DENSE,
                lenet_sweep(RANDOM),
                lenet_prune(LENET_SPARSITIES[4], RANDOM),
                Measure(),
            ),
        ),
        Session(
            name="lenet-l1",
            model="lenet",
            dataset="mnist",
            decisions=(LENET_DENSE, lenet_sweep(L1), LENET_GLOBAL, Measure()),
        ),
        Session(
            name="lenet-structured",
            model="lenet",
            dataset="mnist",
            decisions=(
                LENET_DENSE,
                lenet_sweep(L1_UNITS),
                lenet_prune(LENET_SPARSITIES[2], L1_UNITS),
                Shrink(),
                Measure(),
            ),
        ),
        Session(
            name="han-cnn",
            model="han-cnn",
            dataset="mnist",
            decisions=(
                HAN_DENSE,
                Scan(),
                Prune(plan=HAN_BY_HAND, finetune=Training(num_epochs=5, precision="bfloat16")),
                Prune(
                    plan=0.9747,
                    criterion="lamp",
                    scope="global",
                    schedule=Iterative(num_rounds=8),
                    finetune=HAN_FINETUNE,
                    finetune_last=HAN_FINETUNE_LAST,
                ),
                Measure(),
            ),
        ),
        Session(
            name="mlp-speed",
            model="mlp",
            dataset="mnist",
            decisions=(
                TrainDense(training=MLP_TRAINING),
                Sweep(
                    methods=MLP_METHODS,
                    sparsities=MLP_SPARSITIES,
                    modes=("sparse", "shrunk"),
                    from_scratch=replace(MLP_TRAINING, num_epochs=3),
                    locked=MLP_OUTPUT,
                    batch_sizes=(64, 256),
                ),
                Prune(plan=0.9, criterion="l2", granularity="unit", finetune=MLP_SHORT_TRAINING),
                Shrink(),
                Measure(batch_sizes=(1, 64, 256)),
            ),
        ),
        Session(
            name="mlp-weight-unit",
            model="mlp",
            dataset="mnist",
            decisions=(
                *weight_and_unit(1),
                *weight_and_unit(2),
                *weight_and_unit(3),
                Prune(
                    plan=0.97,
                    locked=MLP_OUTPUT,
                    schedule=Iterative(num_rounds=4),
                    finetune=replace(MLP_SHORT_TRAINING, num_epochs=1, weight_decay=0.0),
                    finetune_last=replace(
                        MLP_SHORT_TRAINING,
                        num_epochs=6,
                        weight_decay=0.0,
                        learning_rate_schedule="cosine",
                    ),
                ),
                Measure(sparse=True),
            ),
        ),
        Session(
            name="lenet5-extreme",
            model="lenet5",
            dataset="mnist",
            decisions=(LENET5_DENSE, LENET5_PRUNE, Shrink(), Measure()),
        ),
        Session(
            name="lenet-300-100-extreme",
            model="lenet-300-100",
            dataset="mnist",
            decisions=(LENET_300_100_DENSE, LENET_300_100_PRUNE, Shrink(), Measure(sparse=True)),
        ),
        Session(
            name="resnet18-oneshot",
            model="resnet18",
            dataset=SUBSET,
            num_train_images=NUM_RESNET_IMAGES,
            num_test_images=NUM_RESNET_IMAGES,
            decisions=(
                TrainDense(training=RESNET_TRAINING),
                Sweep(
                    methods=(GLOBAL,),
                    sparsities=tuple(ROUNDS_OF_11_PERCENT),
                    finetune=replace(RESNET_FINETUNE, num_epochs=8),
                    keeps_checkpoints=True,
                ),
            ),
        ),
        Session(
            name="resnet18-iterative",
            model="resnet18",
            dataset=SUBSET,
            num_train_images=NUM_RESNET_IMAGES,
            num_test_images=NUM_RESNET_IMAGES,
            decisions=(
                TrainDense(training=RESNET_TRAINING),
                *(resnet_iterative(sparsity) for sparsity in ROUNDS_OF_11_PERCENT),
            ),
        ),
        resnet_units("resnet18"),
        resnet_units("resnet56"),
    )
}


def record(session: Session, *, data_dir: Path | None, num_threads: int) -> None:
    """Run a session's decisions and write it with what came of them."""
    started = time.perf_counter()
    prepare_process(num_threads)
    runner = Runner(
        replace(session, decisions=(), device="cpu"),
        sessions_dir=None,
        data_dir=data_dir,
    )
    for _ in runner.open():
        pass
    for decision in session.decisions:
        for event in runner.perform(decision):
            if isinstance(event, EpochFinished | PointSwept | DecisionFinished) and runner.view.log:
                print(f"{session.name}: {runner.view.log[-1].text}", file=sys.stderr, flush=True)
    made = runner.session.record
    assert made is not None
    write_session(
        FOLDER / f"{session.name}.json",
        replace(runner.session, record=replace(made, checkpoints=())),
    )
    report = made.report
    dense, final = report.dense, report.pruned
    assert dense is not None
    result = f", {report.compression_ratio:.1f}x at {final.accuracy:.2%}" if final else ""
    seconds = time.perf_counter() - started
    print(f"{session.name}: dense {dense.accuracy:.2%}{result} on the test set; {seconds:.0f} s")


def main() -> None:
    """Record the sessions named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*SESSIONS, []], metavar="NAME")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    for name in options.names or SESSIONS:
        record(SESSIONS[name], data_dir=options.data_dir, num_threads=options.threads)


if __name__ == "__main__":
    main()
