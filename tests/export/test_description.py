"""A description survives its JSON, and a wrong one is refused in a line."""

import json

import pytest

from prune_tui.core.errors import CheckpointError
from prune_tui.export.description import Description, from_text, to_text

DESCRIPTION = Description(
    model="lenet5",
    num_classes=10,
    input_shape=(1, 28, 28),
    mean=(0.1,),
    std=(0.2,),
    class_names=("zero", "一"),
    layers={"conv1": (20, 1, 5, 5)},
    session="s",
    checkpoint="pruned.safetensors",
    stage="pruned",
    accuracy=0.97,
)


@pytest.mark.parametrize("shape", [(1, 28, 28), {"left": (4,), "right": ()}])
def test_to_text_and_back_is_the_identity(shape: tuple[int, ...] | dict[str, tuple[int, ...]]) -> None:
    fields = {name: getattr(DESCRIPTION, name) for name in Description.__slots__}
    description = Description(**{**fields, "input_shape": shape})
    assert from_text(to_text(description), source="f") == description


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "not JSON"),
        ("[]", "wrong"),
        (json.dumps({"format_version": 2}), "newer"),
        (json.dumps({**json.loads(to_text(DESCRIPTION)), "strange": 1}), "unknown field strange"),
        (json.dumps({**json.loads(to_text(DESCRIPTION)), "num_classes": 0}), "num_classes"),
        (json.dumps({"format_version": 1}), "is missing"),
    ],
)
def test_a_wrong_one_is_refused_in_a_line(text: str, expected: str) -> None:
    with pytest.raises(CheckpointError, match=expected) as caught:
        from_text(text, source="f.safetensors")
    assert str(caught.value).startswith("f.safetensors: ")
    assert "\n" not in str(caught.value)
