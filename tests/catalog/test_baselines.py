"""A bundled baseline is found by its pair of names, and the preselected pair exists in the tables."""

from pathlib import Path

import pytest

from prune_tui.catalog.baselines import BUNDLED_DATASET, BUNDLED_MODEL, bundled_baseline
from prune_tui.catalog.datasets import dataset_entry
from prune_tui.catalog.models import model_entry


def test_the_preselected_pair_fits() -> None:
    assert model_entry(BUNDLED_MODEL).image_shape == dataset_entry(BUNDLED_DATASET).image_shape


def test_no_baseline_for_other_pairs() -> None:
    assert bundled_baseline("resnet56", "cifar100") is None
    assert bundled_baseline("lenet5", "imagefolder:../../..") is None


def test_a_baseline_is_found_by_its_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("prune_tui.catalog.baselines.files", lambda _package: tmp_path)
    file = tmp_path / "assets" / "baselines" / "mlp-mnist.safetensors"
    file.parent.mkdir(parents=True)
    file.touch()
    assert bundled_baseline("mlp", "mnist") == file


def test_a_dataset_whose_name_is_too_long_for_a_file_has_none() -> None:
    assert bundled_baseline("lenet5", "imagefolder:" + "n" * 5000) is None
