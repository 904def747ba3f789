"""Published weights are fetched once and checked; all but a classifier of other classes is taken."""

import hashlib
from io import BytesIO
from pathlib import Path

import pytest
import torch
from torch import nn

from prune_tui.catalog.models.inputs import InputTransform
from prune_tui.catalog.models.published import PublishedWeights
from prune_tui.catalog.weights.published import fetched, fit
from prune_tui.core.errors import CheckpointError, DataError
from tests.catalog.helpers import drained
from tests.catalog.mirror import Mirror, serving

TRANSFORM = InputTransform(224, (0.5, 0.5, 0.5), (0.2, 0.2, 0.2))


def net(num_classes: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, num_classes))


def published(mirror: Mirror, state: dict[str, torch.Tensor]) -> PublishedWeights:
    file = BytesIO()
    torch.save(state, file)
    start = hashlib.sha256(file.getvalue()).hexdigest()[:8]
    name = f"net-{start}.pth"
    mirror.files[name] = file.getvalue()
    return PublishedWeights("V1", mirror.url(name), name, start, 7, TRANSFORM)


def test_they_are_fetched_to_the_data_folder_once(tmp_path: Path) -> None:
    state = net(7).state_dict()
    with serving() as mirror:
        weights = published(mirror, state)
        events, tensors = drained(fetched(weights, tmp_path))
        assert drained(fetched(weights, tmp_path))[0] == []
        assert mirror.requests == [weights.file_name]
    assert events[-1].done == events[-1].total == (tmp_path / "weights" / weights.file_name).stat().st_size
    assert all(torch.equal(tensors[name], state[name]) for name in state)


def test_a_file_whose_name_does_not_begin_its_hash_is_not_kept(tmp_path: Path) -> None:
    with serving() as mirror:
        weights = published(mirror, net(7).state_dict())
        mirror.files[weights.file_name] = b"something else"
        with pytest.raises(DataError, match=r"wrong checksum.*: go online, or put net-\w+\.pth into "):
            drained(fetched(weights, tmp_path))
    assert list((tmp_path / "weights").iterdir()) == []


def test_with_the_same_classes_all_is_loaded() -> None:
    torch.manual_seed(0)
    trained, fresh = net(7), net(7)
    assert fit(fresh, trained.state_dict(), num_published_classes=7, source="w") == ()
    assert all(torch.equal(a, b) for a, b in zip(trained.parameters(), fresh.parameters(), strict=True))


def test_with_other_classes_only_the_classifier_stays_fresh() -> None:
    torch.manual_seed(0)
    trained, fresh = net(7), net(2)
    before = fresh.get_parameter("2.weight").clone()
    assert fit(fresh, trained.state_dict(), num_published_classes=7, source="w") == ("2",)
    assert torch.equal(fresh.get_parameter("0.weight"), trained.get_parameter("0.weight"))
    assert torch.equal(fresh.get_parameter("2.weight"), before)


@pytest.mark.parametrize("spoiled", ["0.weight", "missing"])
def test_weights_of_another_model_are_refused(spoiled: str) -> None:
    state = dict(net(7).state_dict())
    if spoiled == "missing":
        del state["0.bias"]
    else:
        state[spoiled] = torch.ones(5, 5)
    with pytest.raises(CheckpointError, match=r"w: .*0\.(weight|bias)"):
        fit(net(7), state, num_published_classes=7, source="w")
