"""A session comes back from JSON as it went, and every wrong field is named in one line."""

import json
from typing import Any

import pytest

from prune_tui.core.errors import SessionError
from prune_tui.core.report import EpochFigures, Figures, Latency, Report, ScanCurve, ScanFigures
from prune_tui.core.session.decisions import (
    Finetune,
    Iterative,
    LoadDense,
    Measure,
    Prune,
    Scan,
    TrainDense,
)
from prune_tui.core.session.json import from_json, to_json
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.session import Checkpoint, Record, Session, name_like

TRAINING = Training(num_epochs=2, optimizer="sgd", learning_rate=0.1, learning_rate_schedule="cosine")
FIGURES = Figures(
    accuracy=0.9,
    loss=0.3,
    parameters=10,
    nonzero=5,
    sparsity=0.5,
    macs=100,
    nonzero_macs=50,
    file_bytes=40,
    latency_ms={"1": Latency(p50=0.1, p95=0.2)},
    weights_sha256="a" * 64,
)
SESSION = Session(
    name="x",
    seed=3,
    model="lenet5",
    dataset="digits",
    decisions=(
        TrainDense(training=TRAINING, stopped_after_epochs=1),
        LoadDense(weights="dense.safetensors", sha256="b" * 64),
        Scan(sparsities=(0.5, 0.9)),
        Prune(plan={"conv1": 0.5, "a.b": 0.0}, schedule=Iterative(num_rounds=2), finetune=TRAINING),
        Prune(plan=0.25, scope="global", granularity="unit", start_from="pruned"),
        Finetune(training=TRAINING),
        Measure(batch_sizes=(1, 8)),
    ),
    record=Record(
        report=Report(
            dense=FIGURES,
            compression_ratio=2.0,
            scan=ScanFigures(
                criterion="l1",
                granularity="weight",
                num_images=10,
                dense_accuracy=0.9,
                sparsities=(0.5, 0.9),
                layers=(ScanCurve(name="conv1", accuracies=(0.8, None)),),
            ),
            epochs=(
                EpochFigures(
                    decision=0, round=1, epoch=0, train_loss=None, accuracy=0.1, loss=2.3, learning_rate=None
                ),
            ),
            test_reads=2,
        ),
        checkpoints=(Checkpoint(path="dense.safetensors", sha256="c" * 64, file_bytes=12),),
    ),
)


def document() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(to_json(SESSION))
    return content


def refusal(content: object) -> str:
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    with pytest.raises(SessionError) as caught:
        from_json(text, source="sessions/x.json")
    message = str(caught.value)
    assert message.startswith("sessions/x.json: ")
    assert "\n" not in message
    return message


def test_json_and_back_is_the_identity() -> None:
    assert from_json(to_json(SESSION), source="x") == SESSION


@pytest.mark.parametrize("text", ["", "hello", "{", "[1]", "null", b"\xff\xfe", "[" * 100_000])
def test_what_is_not_a_json_object_is_refused(text: str | bytes) -> None:
    assert "not a session" in refusal(text)


def test_a_newer_schema_says_so_before_anything_else() -> None:
    assert "schema_version 3 is newer" in refusal({**document(), "schema_version": 3, "strange": 1})


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
    content["decisions"][1]["weights"] = path
    assert "inside the session's own folder" in refusal(content)


@pytest.mark.parametrize("name", ["", "../x", "a b", "x" * 65])
def test_a_name_that_is_no_file_name_is_refused(name: str) -> None:
    assert "name" in refusal({**document(), "name": name})


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("lenet5-digits", "lenet5-digits"),
        ("a.b_c-", "a.b_c-"),
        ("my session", "my-session"),
        ("b (1)", "b-1"),
        ("étude", "etude"),
        (".hidden", "hidden"),
        ("a\nb/../c", "a-b-..-c"),
        ("日本", "session"),
        ("", "session"),
        ("x" * 70, "x" * 64),
    ],
)
def test_any_text_gives_a_name_that_a_session_can_have(text: str, name: str) -> None:
    assert name_like(text) == name
    assert name_like(name) == name
    for given in (name, name_like(text, ending="-12")):
        assert Session(name=given, model="lenet5", dataset="digits").name == given
    assert name_like(text, ending="-12").endswith("-12")


def test_every_decision_says_what_it_does() -> None:
    words = [decision.description for decision in SESSION.decisions]
    assert len(set(words)) == len(words)
    assert words[0] == "train the dense baseline, 2 epochs"


def test_a_session_of_schema_1_is_read_as_it_was_meant() -> None:
    old = document()
    old["schema_version"] = 1
    scan = next(decision for decision in old["decisions"] if decision["kind"] == "scan")
    for field in ("tolerance_points", "precision", "stopped_after_evaluations"):
        del scan[field]
    scan["stopped_after_cells"] = None
    old["record"]["checkpoints"] = [
        {"path": path, "sha256": "c" * 64, "file_bytes": 12}
        for path in ("dense.safetensors", "pruned.safetensors", "dense-2.safetensors")
    ]
    session = from_json(json.dumps(old), source="old.json")
    assert session.decisions == SESSION.decisions
    assert session.record is not None
    assert [saved.stage for saved in session.record.checkpoints] == ["dense", "pruned", "dense"]
    assert from_json(to_json(session), source="new.json") == session


@pytest.mark.parametrize("spoiled", [{"decisions": 3}, {"decisions": [7]}, {"record": [1]}])
def test_what_is_wrong_in_schema_1_is_named_too(spoiled: dict[str, Any]) -> None:
    assert next(iter(spoiled)) in refusal({**document(), "schema_version": 1, **spoiled})
