"""A described file rebuilds its network in a fresh process, and can run nothing."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

import prune_tui
from prune_tui.catalog.models import model_entry
from prune_tui.core.errors import CheckpointError
from prune_tui.export.description import Description, to_text
from prune_tui.export.safetensors import to_safetensors
from prune_tui.export.trees import relative_difference
from tests.export.helpers import exported, outputs_of


def written(folder: Path, module: nn.Module, description: Description) -> Path:
    path = folder / "small.safetensors"
    path.write_bytes(to_safetensors(module, description=to_text(description)))
    return path


@pytest.mark.parametrize("model", ["lenet5", "resnet20"])
def test_a_shrunk_network_is_rebuilt_from_its_file(model: str, tmp_path: Path) -> None:
    network = exported(model)
    path = written(tmp_path, network.module, network.description)
    before = torch.random.get_rng_state()
    loaded = prune_tui.load(path)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert not loaded.module.training
    wanted = network.module.state_dict()
    assert all(torch.equal(tensor, wanted[name]) for name, tensor in loaded.module.state_dict().items())
    assert (
        relative_difference(
            outputs_of(network.module, network.inputs), outputs_of(loaded.module, network.inputs)
        )
        <= 1e-5
    )
    description = network.description
    assert (loaded.input_shape, loaded.mean) == (description.input_shape, description.mean)
    assert (loaded.std, loaded.class_names) == (description.std, None)


def test_three_lines_do_it_in_a_fresh_process_which_loads_torch_only_then(tmp_path: Path) -> None:
    network = exported("lenet5")
    path = written(tmp_path, network.module, network.description)
    code = f"""
import prune_tui as pt, sys
print(sorted({{"torch", "numpy", "pydantic", "prune_tui.export"}} & set(sys.modules)))
network = pt.load({str(path)!r})
import torch
print(*network.module(torch.zeros(3, *network.input_shape)).shape)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "3 10"]


def test_a_model_of_ones_own_is_passed_and_its_code_never_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = exported("lenet5")
    (tmp_path / "net.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name in ("net.py:factory", "net:factory", "os:system"):
        path = written(tmp_path, network.module, replace(network.description, model=name))
        with pytest.raises(CheckpointError, match="pass a fresh one") as caught:
            prune_tui.load(path)
        assert "\n" not in str(caught.value)
    own = model_entry("lenet5").build(num_classes=10)
    loaded = prune_tui.load(path, module=own)
    assert loaded.module is own
    assert (
        relative_difference(outputs_of(network.module, network.inputs), outputs_of(own, network.inputs))
        <= 1e-5
    )


def test_another_module_is_refused(tmp_path: Path) -> None:
    network = exported("lenet5")
    path = written(tmp_path, network.module, network.description)
    with pytest.raises(CheckpointError, match="another model"):
        prune_tui.load(path, module=nn.Linear(2, 2))


def test_what_is_no_such_file_is_told_in_a_line(tmp_path: Path) -> None:
    network = exported("lenet5")
    path = written(tmp_path, network.module, network.description)
    (tmp_path / "cut.safetensors").write_bytes(path.read_bytes()[:-1])
    from safetensors.torch import save_file

    save_file({"x": torch.ones(1)}, tmp_path / "plain.safetensors")
    torch.save({"x": torch.ones(1)}, tmp_path / "pickle.pt")
    for name, expected in {
        "absent": "no such checkpoint",
        "cut.safetensors": "not a whole safetensors file",
        "pickle.pt": "not a whole safetensors file",
        "plain.safetensors": "does not describe its network",
    }.items():
        with pytest.raises(CheckpointError, match=expected) as caught:
            prune_tui.load(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_a_tensor_with_two_names_is_written_under_both(tmp_path: Path) -> None:
    module = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    module[1].weight = module[0].weight
    path = written(tmp_path, module, exported("lenet5").description)
    fresh = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    loaded = prune_tui.load(path, module=fresh).module
    inputs = torch.randn(2, 3)
    assert torch.equal(loaded(inputs), module(inputs))


def test_a_name_that_the_library_has_not_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="lode"):
        _ = prune_tui.lode  # type: ignore[attr-defined]
