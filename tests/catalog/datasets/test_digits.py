"""The bundled digits are whole, split for good, and scaled the same everywhere."""

from pathlib import Path

import pytest
import torch
from torch.nn import functional

from prune_tui.catalog.datasets.digits import upscaled
from prune_tui.core.errors import DataError
from tests.catalog.helpers import images_of, labels_of, loaded


def test_splits_are_fixed_stratified_and_disjoint() -> None:
    data = loaded("digits", seed=0)
    splits = (data.train, data.validation, data.test)
    assert [len(split) for split in splits] == [1097, 300, 400]
    assert torch.bincount(labels_of(data.validation)).tolist() == [30] * 10
    assert torch.bincount(labels_of(data.test)).tolist() == [40] * 10
    digits = {image.numpy().tobytes() for split in splits for image in images_of(split)}
    assert len(digits) == 1797
    other = loaded("digits", seed=5)
    assert torch.equal(images_of(other.validation), images_of(data.validation))
    assert other.scaling == data.scaling


def test_images_are_as_promised() -> None:
    data = loaded("digits")
    for split in (data.train, data.validation, data.test):
        assert images_of(split).shape[1:] == (1, 28, 28)
        assert (images_of(split).dtype, labels_of(split).dtype) == (torch.uint8, torch.int64)
    assert int(images_of(data.train).max()) == 255
    assert data.task.num_outputs == 10


def test_scaling_is_torchs_bilinear_to_half_a_level() -> None:
    digits = torch.randint(0, 17, (20, 8, 8), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    wanted = functional.interpolate(digits.double()[:, None] * 255 / 16, size=(20, 20), mode="bilinear")
    images = upscaled(digits)
    assert float((images[:, :, 4:24, 4:24].double() - wanted).abs().max()) <= 0.5 + 1e-9
    assert int(images[:, :, 4:24, 4:24].sum()) == int(images.sum())


def test_a_level_keeps_its_brightness() -> None:
    for level, brightness in ((0, 0), (8, 128), (16, 255)):
        image = upscaled(torch.full((1, 8, 8), level, dtype=torch.uint8))[0, 0, 4:24, 4:24]
        assert set(image.flatten().tolist()) == {brightness}


def test_a_missing_asset_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("prune_tui.catalog.datasets.digits.files", lambda _package: tmp_path)
    with pytest.raises(DataError, match="install prune-tui again"):
        loaded("digits")
