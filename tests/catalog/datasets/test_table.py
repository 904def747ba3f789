"""The table of datasets: names and whereabouts, before anything is read."""

from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest
import torch

from prune_tui.catalog.datasets import (
    DATA_DIR_VARIABLE,
    DATASETS,
    dataset_entry,
    default_data_dir,
    whereabouts,
)
from prune_tui.catalog.models import CIFAR_SHAPE, MNIST_SHAPE, MODELS
from prune_tui.core.errors import DataError, UnknownNameError
from tests.catalog.helpers import images_of, loaded


def test_every_name_finds_its_entry() -> None:
    assert list(DATASETS) == ["digits", "mnist", "fashion-mnist", "cifar10", "cifar100"]
    assert all(dataset_entry(name) is entry for name, entry in DATASETS.items())


def test_an_image_folder_is_named_with_its_path() -> None:
    entry = dataset_entry("imagefolder:/some where/it's: here")
    assert entry.path == Path("/some where/it's: here")
    assert entry.name == "imagefolder:/some where/it's: here"
    assert dataset_entry("imagefolder:~/x").path == Path("~/x").expanduser()
    assert dataset_entry("imagefolder:~nosuchuser/x").path == Path("~nosuchuser/x")


@pytest.mark.parametrize("path", ["~nosuchuser/x", "x" * 5000, "nul\0byte"])
def test_a_path_that_can_be_none_is_no_folder(tmp_path: Path, path: str) -> None:
    entry = dataset_entry(f"imagefolder:{path}")
    assert not whereabouts(entry, tmp_path).is_here


ODD_PATHS = ("~nosuchuser/x", "nul\0", "n" * 5000, "/dev/null", "/dev/null/x")


@pytest.mark.parametrize("path", ODD_PATHS)
def test_a_path_that_can_not_be_looked_at_has_no_images_and_no_data(path: str) -> None:
    entry = dataset_entry(f"imagefolder:{path}")
    assert not whereabouts(entry, Path(path)).is_here
    assert not whereabouts(DATASETS["mnist"], Path(path)).is_here
    with pytest.raises(DataError, match=r"no image folder .*: give imagefolder:PATH"):
        loaded(entry.name)
    with pytest.raises(DataError, match=r"no data folder .*: make it first"):
        loaded("digits", data_dir=Path(path))


def test_a_path_that_is_no_text_is_refused() -> None:
    with pytest.raises(DataError, match="UTF-8") as caught:
        dataset_entry("imagefolder:/tmp/\udcff")
    assert str(caught.value).encode()


def test_a_data_folder_of_a_user_that_there_is_not_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DATA_DIR_VARIABLE, "~nosuchuser/x")
    with pytest.raises(DataError, match="PRUNE_TUI_DATA is ~nosuchuser/x, but there is no such user"):
        default_data_dir()
    monkeypatch.setenv(DATA_DIR_VARIABLE, "~/x")
    assert default_data_dir() == Path.home() / "x"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("mnits", "did you mean mnist"),
        ("imagefolder", "did you mean imagefolder:PATH"),
        ("imagefolder:", "did you mean imagefolder:PATH"),
        ("", "choose one of cifar10, cifar100"),
    ],
)
def test_an_unknown_name_is_an_error_with_a_hint(name: str, hint: str) -> None:
    with pytest.raises(UnknownNameError, match=hint):
        dataset_entry(name)


def test_every_model_has_images_of_its_shape() -> None:
    shapes = {entry.image_shape for entry in DATASETS.values()}
    assert {model.own_shape for model in MODELS.values()} == shapes == {MNIST_SHAPE, CIFAR_SHAPE}


def test_whereabouts(tmp_path: Path) -> None:
    assert whereabouts(dataset_entry("digits"), tmp_path / "none").text == "bundled"
    mnist = dataset_entry("mnist")
    absent = whereabouts(mnist, tmp_path)
    assert (absent.is_here, absent.text) == (False, "would be downloaded, 12 MB")
    for file in mnist.files:
        assert not whereabouts(mnist, tmp_path).is_here
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    assert whereabouts(mnist, tmp_path).is_here
    assert whereabouts(mnist, tmp_path).text == f"in {tmp_path}"
    assert whereabouts(dataset_entry(f"imagefolder:{tmp_path}"), tmp_path).is_here
    assert not whereabouts(dataset_entry(f"imagefolder:{tmp_path}/no"), tmp_path).is_here


def test_the_default_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(DATA_DIR_VARIABLE, str(tmp_path))
    assert default_data_dir() == tmp_path
    monkeypatch.delenv(DATA_DIR_VARIABLE)
    assert "prune-tui" in str(default_data_dir())


@pytest.mark.parametrize("name", ["digits", "mnist", "imagefolder:x"])
def test_a_data_folder_that_is_not_there_is_not_made(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no data folder .*typo \(.*\): make it first"):
        loaded(name, data_dir=tmp_path / "typo")
    assert list(tmp_path.iterdir()) == []


def test_code_of_ones_own_is_a_dataset() -> None:
    entry = dataset_entry("some/where.d/data.py:my_data")
    assert entry.code == entry.name == "some/where.d/data.py:my_data"
    assert (entry.image_shape, entry.num_classes, entry.path) == (None, None, None)
    assert dataset_entry("data.py").code == "data.py"
    for name in ("data.py:", "data.py:2", "data.txt:f", "package:f"):
        with pytest.raises(UnknownNameError):
            dataset_entry(name)


def my_data() -> dict[str, object]:
    """What an installed package could offer."""
    return {"train": (torch.zeros(20, 3), torch.arange(20) % 2), "class_names": ["even", "odd"]}


def test_an_installed_package_offers_data_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("parity", f"{__name__}:my_data", "prune_tui.datasets")

    def found(*, group: str) -> EntryPoints:
        return EntryPoints([point]).select(group=group)

    monkeypatch.setattr("importlib.metadata.entry_points", found)
    assert whereabouts(dataset_entry("parity"), Path()).is_here
    data = loaded("parity", image_shape=None)
    assert (len(data.train), data.class_names) == (15, ("even", "odd"))
    with pytest.raises(UnknownNameError):
        dataset_entry("parities")


def test_a_file_is_not_run_unless_someone_else_allowed_it(tmp_path: Path) -> None:
    file = tmp_path / "data.py"
    file.write_text("raise SystemExit\n")
    with pytest.raises(DataError, match=r"data\.py:f may not run: --allow-code"):
        loaded(f"{file}:f")
    data = loaded(f"{file}:f", image_shape=None, factory=my_data)
    assert len(data.test) == 4


def test_a_function_that_fails_or_returns_nothing_is_one_line() -> None:
    def failing() -> object:
        raise ValueError("out of\ncheese")

    with pytest.raises(
        DataError, match=r"^data\.py:f fails: ValueError: out of cheese \(test_table\.py, line"
    ):
        loaded("data.py:f", factory=failing)
    with pytest.raises(DataError, match=r"^data\.py:f: the data are None without `train`"):
        loaded("data.py:f", factory=lambda: None)


def test_a_function_draws_the_same_numbers_whatever_came_before() -> None:
    def noise() -> object:
        return {"train": (torch.rand(20, 2), torch.arange(20) % 2)}

    def first() -> float:
        return float(images_of(loaded("data.py:f", image_shape=None, factory=noise).train)[0, 0])

    torch.manual_seed(1)
    before = torch.get_rng_state()
    drawn = first()
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert first() == drawn
