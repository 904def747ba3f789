"""Records sessions/quickstart.json on the bundled pair: `python scripts/make_quickstart.py`."""

from dataclasses import replace
from pathlib import Path

from prune_tui.catalog.baselines import BUNDLED_DATASET, BUNDLED_MODEL
from prune_tui.core.session.decisions import Decision, LoadDense, Measure, Prune, Scan
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.rounds import Iterative
from prune_tui.core.session.session import Session
from prune_tui.engine.device import prepare_process
from prune_tui.runner.runner import Runner
from prune_tui.storage import write_session

TARGET = Path("sessions/quickstart.json")

DECISIONS: tuple[Decision, ...] = (
    LoadDense(),
    Scan(),
    Prune(
        plan={"conv1": 0.4, "conv2": 0.85, "fc1": 0.97, "fc2": 0.8},
        schedule=Iterative(steps="geometric", num_rounds=5),
        finetune=Training(
            num_epochs=8,
            batch_size=64,
            learning_rate=2e-3,
            learning_rate_schedule="one_cycle",
            weight_decay=1e-4,
        ),
    ),
    Measure(),
)


def main() -> None:
    prepare_process(1)
    session = Session(name=TARGET.stem, model=BUNDLED_MODEL, dataset=BUNDLED_DATASET, device="cpu")
    runner = Runner(session, sessions_dir=None, data_dir=None)
    for _ in runner.open():
        pass
    for decision in DECISIONS:
        for _ in runner.perform(decision):
            pass
    record = runner.session.record
    assert record is not None
    without_files = replace(record, checkpoints=())
    write_session(TARGET, replace(runner.session, record=without_files))
    report = record.report
    assert report.pruned is not None
    print(f"{TARGET}: {report.compression_ratio:.1f}x at {report.pruned.accuracy:.2%} test accuracy")


if __name__ == "__main__":
    main()
