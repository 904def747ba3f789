"""A program computes what its network does, before and after fusing."""

import pytest
import torch

from prune_tui.catalog.models import MODELS
from tests.native.helpers import check


@pytest.mark.parametrize("name", list(MODELS))
def test_every_model_of_the_catalog(name: str) -> None:
    entry = MODELS[name]
    check(entry.build(num_classes=10), torch.randn(3, *entry.own_shape))
