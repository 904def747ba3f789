"""The examples are what they say: a user's file with tied weights, sums in place and a dict of outputs."""

from pathlib import Path

import pytest
import torch

from prune_tui.catalog.code.loading import load_code
from prune_tui.catalog.code.reference import code_reference
from prune_tui.catalog.models import FACTORY, model_entry
from prune_tui.catalog.models.building import build

NET = Path(__file__).parents[1] / "examples" / "net.py"


@pytest.mark.parametrize(
    ("factory", "shape"), [("tied_residual", (3, 32, 32)), ("tied_residual_grey", (1, 28, 28))]
)
def test_a_network_of_your_own_is_built_from_its_file(factory: str, shape: tuple[int, int, int]) -> None:
    reference = code_reference(f"{NET}:{factory}")
    assert reference is not None
    code = load_code(reference, allow_code=True, what=FACTORY)
    network = build(model_entry(reference.text), num_classes=7, image_shape=shape, code=code)
    outputs = network(torch.zeros(2, *shape))
    assert {name: tuple(each.shape) for name, each in outputs.items()} == {
        "logits": (2, 7),
        "features": (2, 24),
    }
    assert network.get_parameter("first.weight") is network.get_parameter("again.weight")
    assert len(code.files) == 1
