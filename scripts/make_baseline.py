"""Trains the bundled dense baseline into the assets: `python scripts/make_baseline.py`."""

import shutil
import tempfile
from pathlib import Path

from prune_tui.catalog.baselines import BUNDLED_DATASET, BUNDLED_MODEL
from prune_tui.core.session.decisions import TrainDense
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.session import Session
from prune_tui.engine.device import prepare_process
from prune_tui.runner.runner import Runner

TARGET = Path("prune_tui/assets/baselines") / f"{BUNDLED_MODEL}-{BUNDLED_DATASET}.safetensors"
TRAINING = Training(
    num_epochs=40, batch_size=64, learning_rate=2e-3, learning_rate_schedule="one_cycle", weight_decay=1e-4
)


def main() -> None:
    prepare_process(1)
    with tempfile.TemporaryDirectory() as folder:
        session = Session(name="baseline", model=BUNDLED_MODEL, dataset=BUNDLED_DATASET, device="cpu")
        runner = Runner(session, sessions_dir=Path(folder), data_dir=None)
        for _ in runner.open():
            pass
        for _ in runner.perform(TrainDense(training=TRAINING)):
            pass
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(folder) / "baseline" / "dense.safetensors", TARGET)
        best = max(epoch.accuracy for epoch in runner.view.report.epochs)
        dense = runner.view.report.dense
        assert dense is not None
        print(f"{TARGET}: validation {best:.2%}, test {dense.accuracy:.2%}")


if __name__ == "__main__":
    main()
