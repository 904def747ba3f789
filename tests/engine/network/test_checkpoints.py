"""Checkpoints come back as they went, and every way of being wrong is told."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from prune_tui.catalog.models import MODELS
from prune_tui.core.errors import CheckpointError
from prune_tui.core.session.session import Checkpoint
from prune_tui.engine.network.checkpoint_files import read_checkpoint, read_weights
from prune_tui.engine.network.checkpoints import decode, decode_shrunk, encode, encoded_bytes
from prune_tui.engine.network.hashes import sha256
from prune_tui.engine.network.masks import mask_weights
from prune_tui.engine.network.network import Masks, Network, Weights, weight_name
from prune_tui.engine.network.shrink import shrink
from tests.engine.helpers import fresh, halved


@pytest.fixture
def state() -> Weights:
    return MODELS["lenet-300-100"].build(num_classes=10).state_dict()


def masked(state: Weights) -> tuple[Weights, Masks]:
    mask = mask_weights(state["fc1.weight"].abs(), 0.95, None)
    kept = dict(state)
    kept["fc1.weight"] = state["fc1.weight"] * mask
    kept["fc1.weight"][mask.nonzero()[0][0], mask.nonzero()[0][1]] = 0.0
    return kept, {"fc1.weight": mask}


def test_state_and_masks_come_back_to_the_bit_even_where_a_kept_weight_is_zero(state: Weights) -> None:
    kept, masks = masked(state)
    again, masks_again = decode(encode(kept, masks), state, source="x")
    assert all(torch.equal(kept[name], again[name]) for name in state)
    assert masks_again.keys() == {"fc1.weight"}
    assert torch.equal(masks["fc1.weight"], masks_again["fc1.weight"])


def test_a_pruned_checkpoint_is_smaller_and_its_bytes_are_always_the_same(state: Weights) -> None:
    kept, masks = masked(state)
    dense, pruned = encode(state, {}), encode(kept, masks)
    assert len(pruned) < len(dense) / 4
    assert pruned == encode(kept, masks)


def test_masks_that_are_packed_as_plain_bits_are_still_read(state: Weights) -> None:
    kept, masks = masked(state)
    stored = {name: tensor for name, tensor in kept.items() if name not in masks}
    for name, mask in masks.items():
        bits = torch.from_numpy(np.packbits(mask.numpy()))
        stored |= {f"{name}.mask": bits, f"{name}.values": kept[name][mask]}
    again, masks_again = decode(save(stored), state, source="x")
    assert all(torch.equal(kept[name], again[name]) for name in state)
    assert torch.equal(masks["fc1.weight"], masks_again["fc1.weight"])
    shapes = {f"{name}.shape": torch.tensor(mask.shape) for name, mask in masks.items()}
    shrunk = decode_shrunk(save(stored | shapes), state, source="x")
    assert all(torch.equal(kept[name], tensor) for name, tensor in shrunk.items())


@pytest.mark.parametrize("shape", [[2**40], [-1, 5], [400, 784], [1.5, 2.0], [[300, 784]]])
def test_a_shape_that_the_model_does_not_hold_is_refused_before_it_takes_memory(
    state: Weights, shape: list[object]
) -> None:
    kept, masks = masked(state)
    tensors = load(encode(kept, masks, with_shapes=True))
    with pytest.raises(CheckpointError, match=r"x: .*fc1.weight has a shape"):
        decode_shrunk(save(tensors | {"fc1.weight.shape": torch.tensor(shape)}), state, source="x")


def test_bytes_that_are_no_mask_are_refused_by_name(state: Weights) -> None:
    kept, masks = masked(state)
    tensors = load(encode(kept, masks))
    for broken in (torch.zeros(9, dtype=torch.uint8), torch.zeros(9), tensors["fc1.weight.steps"][:-9]):
        with pytest.raises(CheckpointError, match=r"x: fc1\.weight has"):
            decode(save(tensors | {"fc1.weight.steps": broken}), state, source="x")


def test_a_dense_checkpoint_is_a_plain_state_dict(state: Weights) -> None:
    MODELS["lenet-300-100"].build(num_classes=10).load_state_dict(load(encode(state, {})))


def test_a_weight_that_two_modules_share_comes_back_under_both_names() -> None:
    layer = torch.nn.Linear(3, 3)
    twice = torch.nn.Sequential(layer, torch.nn.ReLU(), layer).state_dict()
    content = encode(twice, {})
    again, _ = decode(content, twice, source="x")
    assert all(torch.equal(twice[name], again[name]) for name in ("0.weight", "2.weight", "0.bias", "2.bias"))
    assert len(content) == encoded_bytes(twice, {})


def test_another_models_weights_are_told_by_name(state: Weights) -> None:
    other = MODELS["lenet5"].build(num_classes=10).state_dict()
    with pytest.raises(CheckpointError, match=r"f.safetensors: weights of another model: .*fc1.weight"):
        decode(encode(other, {}), state, source="f.safetensors")
    with pytest.raises(CheckpointError, match="extra is none of the model's"):
        decode(save({**state, "extra": torch.zeros(1)}), state, source="f")
    short = {name: tensor for name, tensor in state.items() if name != "fc3.bias"}
    with pytest.raises(CheckpointError, match=r"fc3\.bias is missing"):
        decode(encode(short, {}), state, source="f")


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"\xff" * 64])
def test_what_is_no_safetensors_file_is_refused(state: Weights, content: bytes) -> None:
    with pytest.raises(CheckpointError, match="not a whole safetensors file"):
        decode(content, state, source="f")


def test_missing_truncated_altered_and_outside_are_told_apart(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    folder.mkdir()
    content = b"0123456789"
    file = folder / "dense.safetensors"
    checkpoint = Checkpoint(path=file.name, sha256=sha256(content), file_bytes=10)
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        read_checkpoint(folder, checkpoint)
    file.write_bytes(content)
    assert read_checkpoint(folder, checkpoint) == content
    file.write_bytes(content[:4])
    with pytest.raises(CheckpointError, match="has 4 bytes, the session says 10"):
        read_checkpoint(folder, checkpoint)
    file.write_bytes(content[::-1])
    with pytest.raises(CheckpointError, match="altered"):
        read_checkpoint(folder, checkpoint)
    (tmp_path / "elsewhere.safetensors").write_bytes(content)
    file.unlink()
    file.symlink_to(tmp_path / "elsewhere.safetensors")
    with pytest.raises(CheckpointError, match="out of the session's folder"):
        read_checkpoint(folder, checkpoint)


def test_weights_that_are_no_file_keep_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.safetensors")
    (tmp_path / "loop").symlink_to("loop")
    checkpoint = Checkpoint(path="pipe.safetensors", sha256=sha256(b""), file_bytes=0)
    for path in (tmp_path / "pipe.safetensors", Path("/dev/zero"), tmp_path, tmp_path / "loop"):
        with pytest.raises(CheckpointError, match="can't be read"):
            read_weights(path)
    for folder in (tmp_path, tmp_path / "loop"):
        with pytest.raises(CheckpointError):
            read_checkpoint(folder, checkpoint)


def test_a_shrunk_checkpoint_has_its_own_shapes_and_says_what_is_missing(state: Weights) -> None:
    kept, masks = masked(state)
    content = encode(kept, masks, with_shapes=True)
    assert all(
        torch.equal(kept[name], tensor) for name, tensor in decode_shrunk(content, state, source="x").items()
    )
    tensors = load(content)
    del tensors["fc1.weight.steps"]
    with pytest.raises(CheckpointError, match=r"x: fc1.weight has a shape without a mask"):
        decode_shrunk(save(tensors), state, source="x")


def single_weights(name: str) -> Network:
    """A network with every layer masked, each to a count of its own, one of them to a single weight."""
    network = fresh(name)
    sparsities = (0.999999, 0.5, 0.73, 0.9)
    network.mask(
        {
            weight_name(layer.name): mask_weights(
                network.weight(layer.name).detach().abs(), sparsities[at % 4], None
            )
            for at, layer in enumerate(network.layers)
        }
    )
    return network


@pytest.mark.parametrize("make", [fresh, single_weights, halved])
@pytest.mark.parametrize("name", MODELS)
def test_the_bytes_that_are_counted_are_those_of_the_file(name: str, make: Callable[[str], Network]) -> None:
    network = make(name)
    state = network.module.state_dict()
    assert encoded_bytes(state, network.masks) == len(encode(state, network.masks))


@pytest.mark.parametrize("name", MODELS)
def test_a_shrunk_networks_bytes_are_those_of_its_file(name: str) -> None:
    network = halved(name)
    first = network.layers[0].name
    with torch.no_grad():
        network.weight(first).flatten()[::3] = 0.0
    network.hold_masks()
    shrunk = shrink(network)
    assert shrunk is not None
    assert weight_name(first) in shrunk.masks
    state = shrunk.module.state_dict()
    content = encode(state, shrunk.masks, with_shapes=True)
    assert encoded_bytes(state, shrunk.masks, with_shapes=True) == len(content)
    assert all(
        torch.equal(state[at], tensor) for at, tensor in decode_shrunk(content, state, source="x").items()
    )
