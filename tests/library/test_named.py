"""Models, datasets and baselines by name are those of a session, and leave torch's random state alone."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import prune_tui as pt
from prune_tui.catalog.batches import Batch, Tree
from prune_tui.catalog.datasets.images import image_shape_of
from prune_tui.core.session.session import Session
from prune_tui.engine.network.checkpoints import encode
from prune_tui.engine.network.hashes import hash_weights
from prune_tui.library.data import prepared
from tests.catalog.helpers import write_images
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


def test_images_are_fed_as_a_session_feeds_its_model(tmp_path: Path) -> None:
    write_images(tmp_path, {"a": 12, "b": 12}, size=(9, 9))
    folder = f"imagefolder:{tmp_path}"
    for model, image_size in (
        ("resnet20", None),
        ("torchvision:resnet18", None),
        ("torchvision:resnet18", 40),
    ):
        session = Session(name="s", model=model, dataset=folder, device="cpu", image_size=image_size)
        theirs = Run(session).state.data
        ours = pt.dataset(folder, model=model, image_size=image_size, progress=False)
        assert ours.scaling == theirs.scaling
        one, other = (data.validation.batch(slice(0, 9)).inputs for data in (ours, theirs))
        assert isinstance(one, torch.Tensor)
        assert isinstance(other, torch.Tensor)
        assert torch.equal(one, other)
        built = pt.model(model, ours, image_size=image_size)
        assert built(torch.zeros(2, *one.shape[1:])).shape == (2, 2)
    assert image_shape_of(pt.dataset(folder, progress=False)) == (3, 9, 9)
    assert image_shape_of(pt.dataset(folder, image_shape=(1, 5, 6), progress=False)) == (1, 5, 6)


def own_task() -> pt.Data:
    def task(outputs: Tree, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        raise AssertionError(outputs, batch)

    return pt.Data(train=(torch.randn(20, 1, 28, 28), torch.zeros(20)), task=task)


def pruned_file(folder: Path) -> Path:
    state = lenet().state_dict()
    file = folder / "pruned.safetensors"
    file.write_bytes(encode(state, {"fc1.weight": torch.rand(state["fc1.weight"].shape) > 0.5}))
    return file


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "model": (lambda _: pt.model("lenet6"), "unknown model 'lenet6': did you mean"),
    "dataset": (lambda _: pt.dataset("digit"), "unknown dataset 'digit': did you mean digits"),
    "no folder": (lambda _: pt.dataset("imagefolder:birds"), "no image folder birds"),
    "no model": (lambda _: pt.dataset("digits", image_size=32), "give `model`, or `image_shape` alone"),
    "own data": (lambda _: pt.dataset("nowhere.py:data"), "nowhere.py: no such file"),
    "no images": (
        lambda _: pt.model("torchvision:resnet18", prepared(regression(), 0)),
        "torchvision:resnet18 takes images, and the data are none",
    ),
    "folder": (lambda _: pt.dataset("digits", data_dir="/nowhere"), "no data folder /nowhere"),
    "baseline": (lambda _: pt.baseline("lenet", "digits"), "no baseline of lenet on digits is bundled"),
    "classes": (
        lambda _: pt.model("lenet", prepared(own_task(), 0)),
        "lenet is built for a number of outputs, which the data do not say",
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
