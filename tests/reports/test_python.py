"""A session as Python says all that differs from the defaults, and nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest

from prune_tui.core.session.decisions import Finetune, LoadDense, Method, Prune, Sweep, TrainDense
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.session import Session
from prune_tui.reports.python import python_text
from prune_tui.storage import read_session

SESSIONS = sorted((Path(__file__).parents[2] / "sessions").glob("*.json"))


def test_a_text_is_short_where_all_is_as_usual() -> None:
    session = Session(name="s", model="lenet5", dataset="digits", decisions=(LoadDense(), Prune(plan=0.5)))
    assert python_text(session, folder=Path("sessions/s")).splitlines() == [
        "import prune_tui as pt",
        "",
        'data = pt.dataset("digits")',
        'model = pt.model("lenet5", data)',
        "bench = pt.Workbench(model, data)",
        'bench.load_dense(pt.baseline("lenet5", "digits"))',
        "bench.prune(0.5)",
    ]


def test_weights_that_the_model_is_built_with_need_no_file() -> None:
    session = Session(
        name="s", model="net.py:f", dataset="digits", decisions=(LoadDense(weights="pretrained"),)
    )
    assert python_text(session, folder=Path("s")).splitlines()[-1] == "bench.load_dense()"


def test_a_text_says_all_that_differs() -> None:
    training = Training(num_epochs=2, dropout=0.0)
    decisions = (
        TrainDense(training=training, seed=4, stopped_after_epochs=1),
        LoadDense(weights="dense.safetensors"),
        Prune(plan={'layer "1"': 0.5, "fc1": 0.25}, criterion="l2", start_from="pruned"),
        Sweep(methods=(Method(), Method(criterion="l2")), sparsities=(0.5,)),
        Finetune(training=training),
    )
    session = Session(
        name="s",
        seed=3,
        model="resnet20",
        dataset="imagefolder:my birds",
        device="cuda",
        num_train_images=90,
        decisions=decisions,
    )
    text = python_text(session, folder=Path("a folder"), data_dir=Path("/data"))
    assert text.split("\n", 2)[2] == (
        'data = pt.dataset(\n    "imagefolder:my birds",\n    model="resnet20",\n    seed=3,\n'
        '    num_train_images=90,\n    data_dir="/data",\n)\n'
        'model = pt.model("resnet20", data, seed=3)\n'
        'bench = pt.Workbench(model, data, seed=3, device="cuda")\n'
        "bench.train_dense(\n    pt.Training(num_epochs=2, dropout=0.0),\n    stopped_after_epochs=1,\n"
        '    fresh=pt.model("resnet20", data, seed=4),\n)\n'
        'bench.load_dense("a folder/dense.safetensors")\n'
        'bench.prune({\'layer "1"\': 0.5, "fc1": 0.25}, criterion="l2", start_from="pruned")\n'
        'bench.sweep((pt.Method(), pt.Method(criterion="l2")), sparsities=(0.5,))\n'
        "bench.finetune(pt.Training(num_epochs=2, dropout=0.0))\n"
    )


FED: dict[str, tuple[Session, str]] = {
    "published weights": (
        Session(
            name="s", model="torchvision:resnet18", dataset="cifar10", pretrained="V1", image_size=96, seed=1
        ),
        'data = pt.dataset("cifar10", model="torchvision:resnet18", pretrained="V1", image_size=96, seed=1)',
    ),
    "another shape": (
        Session(name="s", model="resnet20", dataset="digits"),
        'data = pt.dataset("digits", model="resnet20")',
    ),
    "own data": (
        Session(name="s", model="net.py:f", dataset="data.py:f", num_train_images=90, num_test_images=30),
        'data = pt.dataset("data.py:f", num_train_images=90, num_test_images=30)',
    ),
    "any size": (
        Session(name="s", model="timm:x", dataset="imagefolder:birds"),
        'data = pt.dataset("imagefolder:birds", model="timm:x")',
    ),
}


@pytest.mark.parametrize("case", FED)
def test_a_text_says_how_images_are_fed(case: str) -> None:
    session, wanted = FED[case]
    text = python_text(replace(session, decisions=(LoadDense(weights="pretrained"),)), folder=Path("s"))
    lines = "".join(text.splitlines()[2:]).replace("(    ", "(").replace(",    ", ", ").replace(",)", ")")
    assert lines.startswith(wanted)
    assert lines.endswith("bench.load_dense()")


@pytest.mark.parametrize("path", SESSIONS, ids=lambda path: path.stem)
def test_every_recorded_session_can_be_said(path: Path) -> None:
    session = read_session(path)
    text = python_text(session, folder=path.with_suffix(""))
    compile(text, path.name, "exec")
    assert text.count("\nbench.") + text.count("\nsmall = bench.") == len(session.decisions)
    assert all(len(line) <= 100 for line in text.splitlines())
