"""A network's kernels are measured: a time for each of its layers that does not fall with its weights."""

from collections import OrderedDict
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from prune_tui.core.returning import Returning
from prune_tui.native import pricing as pricing_module
from prune_tui.native.building import compiler
from prune_tui.native.fusing import fused
from prune_tui.native.pricing import nonzeros_of, pricing, thinned_to
from prune_tui.native.program import Program
from prune_tui.native.tracing import program_of


@pytest.fixture(scope="module")
def program() -> Program:
    layers = {
        "conv": nn.Conv2d(1, 4, 3),
        "pool": nn.MaxPool2d(2),
        "flat": nn.Flatten(),
        "fc": nn.Linear(100, 20),
        "out": nn.Linear(20, 3),
    }
    module = nn.Sequential(OrderedDict(layers))
    return fused(program_of(module.eval(), torch.zeros(2, 1, 12, 12)))


def test_as_many_weights_are_kept_as_asked_whatever_they_were(program: Program) -> None:
    random = np.random.default_rng(0)
    dense = nonzeros_of(program)
    assert dense == {"conv": 36, "fc": 2_000, "out": 60}
    thinned = thinned_to(program, {"conv": 0.5, "fc": 0.0}, random)
    assert nonzeros_of(thinned) == {"conv": 18, "fc": 1, "out": 60}
    assert nonzeros_of(thinned_to(thinned, {"fc": 1.0}, random)) == {"conv": 18, "fc": 2_000, "out": 60}


@pytest.mark.skipif(compiler() is None, reason="needs a C compiler")
def test_each_prunable_layer_has_times_that_do_not_fall(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    densities = (1.0, 0.05, 0.01)
    monkeypatch.setattr(pricing_module, "DENSITIES", densities)
    monkeypatch.setattr(pricing_module, "NUM_CHECKED", 1)
    measuring = Returning(pricing(program, ["conv", "fc", "not there"], batch_size=8))
    done = list(measuring)
    table = measuring.value
    assert done == sorted(done)
    assert done[-1] == 1
    assert [layer.name for layer in table.layers] == ["conv", "fc"]
    assert table.batch_size == 8
    for layer in table.layers:
        total = nonzeros_of(program)[layer.name]
        assert layer.nonzeros == tuple(sorted({max(1, round(total * share)) for share in densities}))
        for times in (layer.one_ns, layer.batch_ns):
            assert len(times) == len(layer.nonzeros)
            assert all(0 <= low <= high for low, high in pairwise(times))
    assert table.ns_of({}) >= table.ns_of({"fc": 20}) > 0
    assert table.ns_of({}, "batch") > 0
    assert min(table.one_error, table.batch_error) >= 0
