"""A network as C builds without a warning, keeps to its own memory, and computes what torch does."""

import subprocess
from dataclasses import replace
from pathlib import Path
from shutil import which

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks.exported_c import pruned, shortfalls, tried
from prune_tui.catalog.batches import TensorSplit
from prune_tui.catalog.datasets.images import Data
from prune_tui.catalog.tasks.classification import Classification
from prune_tui.catalog.tasks.regression import Regression
from prune_tui.catalog.tasks.task import Task
from prune_tui.core.errors import ExportError
from prune_tui.engine.data import DeviceData
from prune_tui.export.c.checking import Compared, compare_c, timed_c
from prune_tui.export.c.folder import Folder, to_c
from prune_tui.export.description import Description
from prune_tui.export.network import Exported
from prune_tui.native.building import compiler
from prune_tui.native.choosing import ruled

needs_compiler = pytest.mark.skipif(compiler() is None, reason="needs a C compiler")


def exported(module: nn.Module, *shape: int, num_classes: int | None = 5, key: str | None = None) -> Exported:
    description = Description(
        model="m", num_classes=num_classes, input_shape=shape, output_key=key, layers={}, session="s",
        checkpoint="c", stage="dense",
    )  # fmt: skip
    generator = torch.Generator().manual_seed(0)
    return Exported(module.eval(), torch.randn(6, *shape, generator=generator), description)


def small() -> nn.Module:
    """A network whose layers are called 0, 1, 2 …"""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(72, 5), nn.Softmax(1)
    )


def written(folder: Folder, path: Path) -> Path:
    for name, content in folder.files.items():
        (path / name).write_bytes(content)
    return path


@needs_compiler
@pytest.mark.parametrize(("name", "sanitizes"), [("lenet", True), ("mlp", True), ("resnet20", False)])
def test_models_build_without_warnings_and_pass_their_own_check(name: str, sanitizes: bool) -> None:
    path = compiler()
    assert path is not None
    built = tried(name, path, to_c(pruned(name, 32), ruled), ["-march=native"], sanitizes=sanitizes)
    assert shortfalls(built) == []
    assert len(built.differences) == 1 + sanitizes
    assert max(built.differences) < 1e-5


@needs_compiler
@pytest.mark.skipif(which("make") is None, reason="needs make")
def test_make_check_tells_another_network(tmp_path: Path) -> None:
    def make() -> "subprocess.CompletedProcess[str]":
        command = ["make", "--no-print-directory", "check", f"CC={compiler()}", "CFLAGS=-O1"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    written(to_c(exported(small(), 3, 8, 8), ruled), tmp_path)
    good = make()
    assert good.returncode == 0, good.stderr
    assert good.stdout.splitlines()[-1].endswith("of the largest output, 0 classes differ")
    vector = np.frombuffer((tmp_path / "check.bin").read_bytes(), dtype="<f4").copy()
    vector[-5:] = vector[-5:][::-1]
    (tmp_path / "check.bin").write_bytes(vector.tobytes())
    assert make().returncode != 0
    (tmp_path / "check.bin").write_bytes(vector.tobytes()[:-4])
    assert "cut short" in make().stderr


@needs_compiler
def test_c_is_near_its_own_network_and_far_from_another() -> None:
    network = exported(small(), 3, 8, 8)
    folder = to_c(network, ruled)
    same = compare_c(network, folder)
    assert same.is_same
    assert same.differing_predictions == 0
    with torch.no_grad():
        for parameter in network.module.parameters():
            parameter.neg_()
    other = compare_c(network, folder)
    assert not other.is_same
    assert other.differing_predictions


def test_what_differs_or_is_no_number_is_not_the_same() -> None:
    assert Compared(None, None).is_same
    assert Compared(1e-5, 0).is_same
    for difference, predictions in ((1e-3, 0), (1e-5, 1), (float("nan"), None), (float("inf"), None)):
        assert not Compared(difference, predictions).is_same


@pytest.mark.parametrize(("task", "predicts"), [(Classification(5), True), (Regression(5), False)])
def test_only_classes_are_predictions(task: Task, predicts: bool) -> None:
    network = exported(small(), 3, 8, 8)
    assert isinstance(network.inputs, torch.Tensor)
    split = TensorSplit(network.inputs, torch.zeros(6))
    data = DeviceData(Data(split, split, split, task), torch.device("cpu"))
    assert to_c(replace(network, data=data), ruled).predicts == predicts


class Two(nn.Module):
    """Gives two outputs by name."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = nn.Linear(4, 3), nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"aux": self.one(x), "out": self.other(x)}


@needs_compiler
@pytest.mark.parametrize(("key", "shape"), [(None, (2,)), ("aux", (3,))])
def test_the_output_that_is_scored_is_the_one_that_is_computed(key: str | None, shape: tuple[int]) -> None:
    network = exported(Two(), 4, num_classes=None, key=key)
    folder = to_c(network)
    assert (folder.output_shape, folder.predicts) == (shape, False)
    assert compare_c(network, folder).is_same
    assert timed_c(network, folder)["C"]["64"]["1"].p50 > 0


class Recurrent(nn.Module):
    """Has a layer that is not written as C."""

    def __init__(self) -> None:
        super().__init__()
        self.memory = nn.LSTM(4, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        outputs: torch.Tensor = self.memory(x)[0]
        return outputs


def test_what_is_not_written_as_c_is_refused_in_a_line_that_names_its_layer() -> None:
    with pytest.raises(ExportError, match=r"memory|traced") as caught:
        to_c(exported(Recurrent(), 3, 4))
    assert "\n" not in str(caught.value)


def test_the_folder_says_how_the_network_is_fed() -> None:
    network = exported(small(), 3, 8, 8)
    text = to_c(network, ruled).files["README.txt"].decode()
    assert "3 x 8 x 8 numbers" in text
    assert "6 images" in text
    assert "chosen by a rule" in text
    assert "$" not in text
