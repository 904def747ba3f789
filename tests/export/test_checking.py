"""A file that computes something else is found out, and what holds is timed."""

import pytest
import torch

from prune_tui.core.errors import ExportError
from prune_tui.core.terms import FileFormat
from prune_tui.export.checking import MOST_DIFFERENCE, compare, timed
from prune_tui.export.formats import encoded
from tests.export.helpers import exported


@pytest.mark.parametrize("wanted", ["torch-export", "safetensors"])
def test_a_file_is_near_its_own_network_and_far_from_another(wanted: FileFormat) -> None:
    network = exported("lenet5")
    content = encoded(network, wanted)
    assert compare(network, content, wanted) <= MOST_DIFFERENCE
    with torch.no_grad():
        next(network.module.parameters()).mul_(1.01)
    assert compare(network, content, wanted) > MOST_DIFFERENCE


def test_a_network_that_gives_no_numbers_is_not_near_itself() -> None:
    network = exported("lenet5")
    with torch.no_grad():
        next(network.module.parameters()).fill_(float("nan"))
    assert not compare(network, encoded(network, "safetensors"), "safetensors") <= MOST_DIFFERENCE


def test_a_file_that_does_not_open_is_refused_in_a_line() -> None:
    network = exported("lenet5")
    with pytest.raises(ExportError, match=r"can't be run: .") as caught:
        compare(network, encoded(network, "torch-export")[:500], "torch-export")
    assert "\n" not in str(caught.value)


def test_times_are_by_runtime_batch_size_and_threads() -> None:
    network = exported("lenet5", num_images=3)
    latencies = timed(network, encoded(network, "torch-export"), "torch-export")
    assert {
        name: {size: list(each) for size, each in sizes.items()} for name, sizes in latencies.items()
    } == {
        "torch": {"1": ["1"], "64": ["1"]},
        "torch-export": {"1": ["1"], "64": ["1"]},
    }
    assert latencies["torch"]["64"]["1"].p50 > latencies["torch"]["1"]["1"].p50 > 0
    assert timed(network, b"", "safetensors") == {}
