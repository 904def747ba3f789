"""A program computes what its network does, before and after fusing."""

import pytest
import torch

from prune_tui.catalog.models import MODELS
from prune_tui.catalog.torchvision_operators import ensure
from tests.native.helpers import check
from tests.odd.networks import ODD

FAMILIES = (
    "efficientnet_b0",
    "googlenet",
    "mobilenet_v3_small",
    "regnet_y_400mf",
    "resnet18",
    "shufflenet_v2_x0_5",
    "squeezenet1_1",
)


@pytest.mark.parametrize("name", list(MODELS))
def test_every_model_of_the_catalog(name: str) -> None:
    entry = MODELS[name]
    check(entry.build(num_classes=10), torch.randn(3, *entry.own_shape))


@pytest.mark.parametrize("name", FAMILIES)
def test_families_of_torchvision(name: str) -> None:
    ensure()
    import torchvision

    torch.manual_seed(0)
    settings = {"init_weights": False, "transform_input": True} if name == "googlenet" else {}
    check(torchvision.models.get_model(name, **settings), torch.randn(2, 3, 64, 64))


@pytest.mark.parametrize(
    "name",
    ["data parallel", "features under no_grad", "activation checkpointing", "in-place residual", "squeeze"],
)
def test_networks_as_people_have_them(name: str) -> None:
    build, data_of = ODD[name]
    check(build(), data_of().train.batch(slice(0, 3)).inputs)
