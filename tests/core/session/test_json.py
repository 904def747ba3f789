"""A session comes back from JSON as it went, and every wrong field is named in one line."""

import json
from typing import Any

import pytest

from prune_tui.core.errors import SessionError
from prune_tui.core.session.json import from_json, to_json
from prune_tui.core.session.session import SCHEMA_VERSION
from tests.core.session.sample import SESSION, document


def refusal(content: object) -> str:
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    with pytest.raises(SessionError) as caught:
        from_json(text, source="sessions/x.json")
    message = str(caught.value)
    assert message.startswith("sessions/x.json: ")
    assert "\n" not in message
    return message


def test_json_and_back_is_the_identity() -> None:
    text = to_json(SESSION)
    assert from_json(text, source="x") == SESSION
    assert to_json(from_json(text, source="x")) == text


ORDERS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "shrink before any prune": (
        [{"kind": "load_dense"}, {"kind": "shrink"}],
        "decisions.1: shrink needs a pruned network: put prune before it",
    ),
    "rewind after load_dense": (
        [{"kind": "load_dense"}, {"kind": "prune", "plan": 0.5}, {"kind": "rewind"}],
        "decisions.2: rewind needs a baseline trained in this session: put train_dense before it",
    ),
    "prune that rewinds after load_dense": (
        [{"kind": "load_dense"}, {"kind": "prune", "plan": 0.5, "rewind": {}}],
        "decisions.1: prune needs a baseline trained in this session",
    ),
    "scan first": ([{"kind": "scan"}], "decisions.0: scan needs a dense baseline"),
    "measure after a new baseline": (
        [
            {"kind": "load_dense"},
            {"kind": "prune", "plan": 0.5},
            {"kind": "load_dense"},
            {"kind": "measure"},
        ],
        "decisions.3: measure needs a pruned network",
    ),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("version", [1, 2, SCHEMA_VERSION])
def test_an_order_that_can_not_work_is_refused_by_position(order: str, version: int) -> None:
    decisions, message = ORDERS[order]
    spoiled = {**document(), "schema_version": version, "decisions": decisions, "record": None}
    assert message in refusal(spoiled)


@pytest.mark.parametrize("text", ["", "hello", "{", "[1]", "null", b"\xff\xfe", "[" * 100_000])
def test_what_is_not_a_json_object_is_refused(text: str | bytes) -> None:
    assert "not a session" in refusal(text)


def test_a_newer_schema_says_so_before_anything_else() -> None:
    newer = SCHEMA_VERSION + 1
    assert f"schema_version {newer} is newer" in refusal(
        {**document(), "schema_version": newer, "strange": 1}
    )


def test_an_unknown_field_is_named_where_it_stands() -> None:
    assert "unknown field colour" in refusal({**document(), "colour": 1})
    nested = document()
    nested["decisions"][3]["amount"] = 0.3
    assert "unknown field decisions.3.prune.amount" in refusal(nested)


@pytest.mark.parametrize("sparsity", [1.2, -0.1, 1.0, float("nan"), float("inf"), "lots", None])
def test_a_sparsity_out_of_range_is_named_with_its_layer_and_value(sparsity: object) -> None:
    content = document()
    content["decisions"][3]["plan"]["conv1"] = sparsity
    message = refusal(content)
    assert "decisions.3.prune.plan.conv1" in message
    assert repr(sparsity) in message
    content["decisions"][3]["plan"] = sparsity
    assert "decisions.3.prune.plan" in refusal(content)


def test_global_scope_takes_one_number() -> None:
    content = document()
    content["decisions"][4]["plan"] = {"conv1": 0.5}
    assert "global takes one sparsity" in refusal(content)


def test_a_missing_field_and_an_unknown_kind_are_named() -> None:
    content = document()
    del content["model"]
    assert "field model is missing" in refusal(content)
    content = document()
    content["decisions"][0]["kind"] = "explode"
    assert "train_dense" in refusal(content)


@pytest.mark.parametrize("path", ["../x.safetensors", "/etc/x.safetensors", "a/b.safetensors", "x.pt", ".."])
def test_a_checkpoint_outside_the_sessions_folder_is_refused(path: str) -> None:
    content = document()
    content["record"]["checkpoints"][0]["path"] = path
    assert "inside the session's own folder" in refusal(content)
    content = document()
    content["decisions"][0]["weights"] = path
    assert "inside the session's own folder" in refusal(content)


@pytest.mark.parametrize("name", ["", "../x", "a b", "x" * 65])
def test_a_name_that_is_no_file_name_is_refused(name: str) -> None:
    assert "name" in refusal({**document(), "name": name})
