"""A split parts a set: nothing lost, nothing twice, drawn by the seed alone."""

import pytest
import torch

from prune_tui.catalog.batches import TensorSplit
from prune_tui.catalog.datasets.images import channel_statistics, split_off, split_validation
from prune_tui.catalog.tasks.task import tensor


def numbered(count: int) -> TensorSplit:
    """Images whose label is their number, so that each can be told from the others."""
    images = torch.arange(count).remainder(256).to(torch.uint8).reshape(count, 1, 1, 1).expand(count, 1, 2, 2)
    return TensorSplit(images, torch.arange(count))


def labels(split: TensorSplit) -> torch.Tensor:
    return tensor(split.targets)


@pytest.mark.parametrize("count", [10, 99, 1000])
@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_a_tenth_validates_and_nothing_is_lost(count: int, seed: int) -> None:
    train, validation = split_validation(numbered(count), seed)
    assert len(validation) == count // 10
    assert sorted(torch.cat([labels(train), labels(validation)]).tolist()) == list(range(count))
    for split in (train, validation):
        assert labels(split).tolist() == sorted(labels(split).tolist())
        assert torch.equal(tensor(split.inputs)[:, 0, 0, 0], labels(split).remainder(256).to(torch.uint8))


def test_the_seed_alone_decides() -> None:
    torch.manual_seed(1)
    first = split_validation(numbered(100), 7)[1]
    torch.manual_seed(2)
    state = torch.get_rng_state()
    second = split_validation(numbered(100), 7)[1]
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(labels(first), labels(second))
    assert not torch.equal(labels(first), labels(split_validation(numbered(100), 8)[1]))


def test_split_off_takes_exactly_that_many() -> None:
    rest, drawn = split_off(numbered(50), 17, 3)
    assert (len(rest), len(drawn)) == (33, 17)


def test_statistics_are_torchs() -> None:
    random_state = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (40, 3, 5, 4), generator=random_state).to(torch.uint8)
    mean, std = channel_statistics(images)
    scaled = images.double() / 255
    assert mean == pytest.approx(scaled.mean(dim=(0, 2, 3)).tolist())
    assert std == pytest.approx(scaled.std(dim=(0, 2, 3), correction=0).tolist())


def test_a_blank_channel_can_be_divided_by() -> None:
    _, std = channel_statistics(torch.full((4, 1, 3, 3), 9, dtype=torch.uint8))
    assert std == (1 / 255,)
