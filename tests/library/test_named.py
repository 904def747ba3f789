"""Models, datasets and baselines by name are those of a session, and leave torch's random state alone."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import prune_tui as pt
from prune_tui.core.session.session import Session
from prune_tui.engine.network.checkpoints import encode
from prune_tui.engine.network.hashes import hash_weights
from prune_tui.library.data import prepared
from tests.engine.helpers import Run
from tests.library.made import digits, lenet, regression


@pytest.mark.parametrize("seed", [0, 5])
def test_a_models_fresh_weights_are_those_of_a_session_of_its_seed(seed: int) -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    fresh = pt.model("lenet", digits(), seed=seed)
    assert torch.equal(torch.get_rng_state(), before)
    run = Run(Session(name="s", seed=seed, model="lenet", dataset="digits", device="cpu"))
    assert hash_weights(fresh.state_dict()) == hash_weights(run.state.network.module.state_dict())


def test_a_dataset_is_that_of_a_session_also_in_part() -> None:
    run = Run(
        Session(name="s", seed=2, model="lenet", dataset="digits", num_train_images=90, num_test_images=30)
    )
    part = pt.dataset("digits", seed=2, num_train_images=90, num_test_images=30, progress=False)
    for one, other in ((part.train, run.state.data.train), (part.test, run.state.data.test)):
        ours, theirs = one.batch(slice(0, 100)).inputs, other.batch(slice(0, 100)).inputs
        assert isinstance(ours, torch.Tensor)
        assert isinstance(theirs, torch.Tensor)
        assert torch.equal(ours, theirs)
    assert part.scaling is not None


def test_weights_come_from_a_file(tmp_path: Path) -> None:
    model = lenet()
    file = tmp_path / "mine.safetensors"
    file.write_bytes(encode(model.state_dict(), {}))
    assert hash_weights(pt.model("lenet5", weights=file).state_dict()) == hash_weights(model.state_dict())
    assert pt.baseline("lenet5", "digits").suffix == ".safetensors"


def pruned_file(folder: Path) -> Path:
    state = lenet().state_dict()
    file = folder / "pruned.safetensors"
    file.write_bytes(encode(state, {"fc1.weight": torch.rand(state["fc1.weight"].shape) > 0.5}))
    return file


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "model": (lambda _: pt.model("lenet6"), "unknown model 'lenet6': did you mean"),
    "dataset": (lambda _: pt.dataset("digit"), "unknown dataset 'digit': did you mean digits"),
    "shape": (lambda _: pt.dataset("imagefolder:birds"), "images of any size: give image_shape"),
    "folder": (lambda _: pt.dataset("digits", data_dir="/nowhere"), "no data folder /nowhere"),
    "baseline": (lambda _: pt.baseline("lenet", "digits"), "no baseline of lenet on digits is bundled"),
    "classes": (
        lambda _: pt.model("lenet", prepared(regression(), 0)),
        "lenet puts out classes, and the data's regression has none",
    ),
    "another model": (
        lambda _: pt.model("lenet", weights=pt.baseline("lenet5", "digits")),
        "weights of another model",
    ),
    "pruned": (lambda folder: pt.model("lenet5", weights=pruned_file(folder)), "a dense one is wanted"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_said_in_one_line(case: str, tmp_path: Path) -> None:
    call, said = WRONG[case]
    with pytest.raises(pt.PruneTuiError, match=said) as raised:
        call(tmp_path)
    assert "\n" not in str(raised.value)
