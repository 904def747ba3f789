"""A session with something of everything that a file may hold."""

import json
from dataclasses import replace
from typing import Any

from prune_tui.core.session.decisions import (
    Finetune,
    LoadDense,
    Measure,
    Method,
    Prune,
    Rewind,
    Scan,
    Shrink,
    Sweep,
    TrainDense,
)
from prune_tui.core.session.draft import Draft, DraftGoal, DraftSettings
from prune_tui.core.session.json import to_json
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.rounds import Iterative, Rewinding
from prune_tui.core.session.session import Checkpoint, CodeFile, Record, Session
from tests import made_up

TRAINING = Training(num_epochs=2, optimizer="sgd", learning_rate=0.1, learning_rate_schedule="cosine")
SESSION = Session(
    name="x",
    seed=3,
    model="lenet5",
    dataset="digits",
    num_train_images=100,
    pretrained="IMAGENET1K_V1",
    image_size=64,
    code=(CodeFile(path="net.py", sha256="d" * 64),),
    decisions=(
        LoadDense(weights="dense.safetensors", sha256="b" * 64),
        TrainDense(training=TRAINING, stopped_after_epochs=1, kept_epochs=(1,)),
        Scan(sparsities=(0.5, 0.9), tolerance_points=1.5, stopped_after_evaluations=7),
        Prune(plan={"conv1": 0.5, "a.b": 0.0}, schedule=Iterative(num_rounds=2), finetune=TRAINING),
        Prune(plan=0.25, scope="global", granularity="unit", locked=("fc2",), start_from="pruned"),
        Finetune(training=replace(TRAINING, distillation=0.5, dropout=0.1)),
        Shrink(),
        Measure(batch_sizes=(1, 8)),
        Sweep(
            methods=(Method(), Method(criterion="l2", granularity="unit", scope="global")),
            modes=("sparse", "shrunk"),
            from_scratch=TRAINING,
            locked=("fc1",),
            keeps_checkpoints=True,
        ),
        Rewind(to="learning_rate", epoch=1),
        Prune(plan=0.5, rewind=Rewinding(epoch=1)),
    ),
    draft=Draft(
        plan={"conv1": 0.25},
        locked=("fc2",),
        goal=DraftGoal(target="≥ 20x", solved={"conv1": 0.5}, edited=("conv1",)),
        settings=DraftSettings(schedule=Iterative(num_rounds=2), finetuning=TRAINING, rewind=Rewinding()),
    ),
    record=Record(
        report=made_up.full_report(),
        checkpoints=(
            Checkpoint(path="dense.safetensors", sha256="c" * 64, file_bytes=12, stage="dense", accuracy=0.5),
            Checkpoint(path="pruned.safetensors", sha256="d" * 64, file_bytes=9),
        ),
    ),
)


def document() -> dict[str, Any]:
    """The session as a JSON document that a test may spoil."""
    content: dict[str, Any] = json.loads(to_json(SESSION))
    return content
