"""Weights are read as tensors or not at all: nothing in a file is run."""

import os
import pickle
from collections import OrderedDict
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save
from torch import nn

from prune_tui.catalog.weights.files import tensors_in
from prune_tui.core.errors import CheckpointError

TENSORS = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.ones(2)}


def saved(value: object, **options: Any) -> bytes:
    file = BytesIO()
    torch.save(value, file, **options)
    return file.getvalue()


def refusal(content: bytes) -> str:
    with pytest.raises(CheckpointError) as caught:
        tensors_in(content, source="w.pt")
    assert str(caught.value).startswith("w.pt: ")
    assert "\n" not in str(caught.value)
    return str(caught.value)


FORMS: dict[str, Callable[[], bytes]] = {
    "safetensors": lambda: save(TENSORS),
    "torch": lambda: saved(TENSORS),
    "legacy": lambda: saved(OrderedDict(TENSORS), _use_new_zipfile_serialization=False),
    "state_dict": lambda: saved({"state_dict": TENSORS, "epoch": 3, "optimizer": {"lr": [0.1]}}),
    "model_state_dict": lambda: saved({"model_state_dict": TENSORS}),
    "model": lambda: saved({"model": TENSORS, "args": None}),
    "parallel": lambda: saved({f"module.{name}": tensor for name, tensor in TENSORS.items()}),
    "compiled": lambda: save({f"_orig_mod.module.{name}": tensor for name, tensor in TENSORS.items()}),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_usual_form_gives_the_same_tensors(form: str) -> None:
    found = tensors_in(FORMS[form](), source="w")
    assert found.keys() == TENSORS.keys()
    assert all(torch.equal(found[name], TENSORS[name]) for name in TENSORS)


def test_a_prefix_that_not_all_have_is_a_name() -> None:
    mixed = {"module.weight": torch.ones(1), "head.weight": torch.ones(1)}
    assert tensors_in(saved(mixed), source="w").keys() == mixed.keys()


class Evil:
    """What runs a command where pickles are trusted."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_that_would_run_code_is_refused_by_name_and_runs_nothing(
    zipped: bool, tmp_path: Path
) -> None:
    content = saved({"w": torch.ones(1), "x": Evil(tmp_path / "ran")}, _use_new_zipfile_serialization=zipped)
    said = refusal(content)
    assert "would run code: it names posix.mkdir" in said or "would run code: it names nt.mkdir" in said
    assert "save model.state_dict() instead" in said
    assert not (tmp_path / "ran").exists()


def test_a_bare_pickle_runs_nothing_either(tmp_path: Path) -> None:
    refusal(pickle.dumps(Evil(tmp_path / "ran")))
    assert not (tmp_path / "ran").exists()


def test_a_whole_module_is_refused_by_its_class() -> None:
    assert "it names torch.nn.modules.linear.Linear" in refusal(saved(nn.Linear(2, 2)))


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_a_torchscript_archive_is_refused_as_code() -> None:
    file = BytesIO()
    torch.jit.save(torch.jit.script(nn.Linear(2, 2)), file)
    assert "TorchScript" in refusal(file.getvalue())


DAMAGED: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "text": lambda: b"not weights at all",
    "half a zip": lambda: saved(TENSORS)[:300],
    "half a pickle": lambda: saved(TENSORS, _use_new_zipfile_serialization=False)[:60],
    "half a safetensors": lambda: save(TENSORS)[:50],
    "no zip": lambda: b"PK\x03\x04" + b"\x00" * 90,
    "no pickle": lambda: b"\x80\x02" + b"\xff" * 90,
    "list": lambda: saved([torch.ones(1)]),
    "no tensor": lambda: saved({"epoch": 3}),
    "nothing": lambda: saved({}),
    "nested": lambda: saved({"a": {"b": torch.ones(1)}}),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_what_is_damaged_or_no_state_dict_is_one_line(damage: str) -> None:
    assert "state dict" in refusal(DAMAGED[damage]())
