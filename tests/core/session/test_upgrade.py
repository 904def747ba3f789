"""Sessions of earlier schemas are read as they were meant; what is wrong in them is named, too."""

import json
from dataclasses import replace
from typing import Any

import pytest

from prune_tui.core.errors import SessionError
from prune_tui.core.session.decisions import Prune, Scan, Sweep
from prune_tui.core.session.json import from_json, to_json
from prune_tui.core.session.session import SCHEMA_VERSION
from tests.core.session.sample import SESSION, document


def of_schema_3() -> dict[str, Any]:
    """The sample as schema 3 wrote it."""
    old = document()
    old["schema_version"] = 3
    for field in ("pretrained", "image_size", "code"):
        del old[field]
    return old


def of_schema_2() -> dict[str, Any]:
    """The sample as schema 2 wrote it."""
    old = of_schema_3()
    old["schema_version"] = 2
    for decision in old["decisions"]:
        if "locked" in decision:
            decision["spared"] = decision.pop("locked")
        if "modes" in decision:
            decision["modes"] = ["compact" if mode == "shrunk" else mode for mode in decision["modes"]]
    report = old["record"]["report"]
    for curve in report["curves"]:
        curve["mode"] = "compact" if curve["mode"] == "shrunk" else curve["mode"]
    del report["measured_by"], report["attempts"], report["attempt_counts"]
    return old


def of_schema_1() -> dict[str, Any]:
    """The sample as schema 1 wrote it."""
    old = of_schema_2()
    old["schema_version"] = 1
    for decision in old["decisions"]:
        if decision["kind"] == "scan":
            for field in ("tolerance_points", "precision", "stopped_after_evaluations"):
                del decision[field]
            decision["stopped_after_cells"] = 3
    old["record"]["checkpoints"] = [
        {"path": path, "sha256": "c" * 64, "file_bytes": 12}
        for path in ("dense.safetensors", "pruned.safetensors", "dense-2.safetensors")
    ]
    return old


def test_schema_3_is_read_as_it_was_meant() -> None:
    session = from_json(json.dumps(of_schema_3()), source="old.json")
    assert session == replace(SESSION, pretrained=None, image_size=None, code=())


def test_schema_2_is_read_as_it_was_meant() -> None:
    session = from_json(json.dumps(of_schema_2()), source="old.json")
    assert SESSION.record is not None
    report = replace(SESSION.record.report, attempts=(), attempt_counts=())
    assert report.measured_by == 7
    plain = replace(SESSION, pretrained=None, image_size=None, code=())
    assert session == replace(plain, record=replace(SESSION.record, report=report))
    prunes = [decision for decision in session.decisions if isinstance(decision, Prune)]
    assert prunes[1].locked == ("fc2",)
    sweep = next(decision for decision in session.decisions if isinstance(decision, Sweep))
    assert (sweep.locked, sweep.modes) == (("fc1",), ("sparse", "shrunk"))


def test_schema_1_is_read_as_it_was_meant() -> None:
    session = from_json(json.dumps(of_schema_1()), source="old.json")
    scan = next(decision for decision in session.decisions if isinstance(decision, Scan))
    assert scan == Scan(sparsities=(0.5, 0.9))
    others = [decision for decision in session.decisions if not isinstance(decision, Scan)]
    assert others == [decision for decision in SESSION.decisions if not isinstance(decision, Scan)]
    assert session.record is not None
    assert [saved.stage for saved in session.record.checkpoints] == ["dense", "pruned", "dense"]


@pytest.mark.parametrize("old", [of_schema_1(), of_schema_2(), of_schema_3()], ids=["1", "2", "3"])
def test_what_was_upgraded_is_written_in_the_present_schema(old: dict[str, Any]) -> None:
    session = from_json(json.dumps(old), source="old.json")
    assert session.schema_version == SCHEMA_VERSION
    text = to_json(session)
    assert from_json(text, source="new.json") == session
    assert "compact" not in text
    assert "spared" not in text


def test_nothing_measured_was_measured_by_no_decision() -> None:
    old = of_schema_2()
    old["record"]["report"]["pruned"] = None
    session = from_json(json.dumps(old), source="old.json")
    assert session.record is not None
    assert session.record.report.measured_by is None


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize(
    ("spoiled", "named"),
    [
        ({"decisions": 3}, "decisions"),
        ({"decisions": [7]}, "decisions"),
        ({"decisions": [{"kind": ["measure"]}]}, "decisions"),
        ({"decisions": [{"kind": "sweep", "modes": 3}]}, "decisions"),
        ({"decisions": None}, "decisions"),
        ({"record": [1]}, "record"),
        ({"record": {"report": 3}}, "report"),
        ({"record": {"report": {"curves": 3}}}, "curves"),
        ({"record": {"report": {"curves": [3]}}}, "curves"),
        ({"record": {"checkpoints": 3}}, "checkpoints"),
    ],
)
def test_what_is_wrong_in_an_earlier_schema_is_named_too(
    version: int, spoiled: dict[str, Any], named: str
) -> None:
    with pytest.raises(SessionError) as caught:
        from_json(json.dumps({**document(), "schema_version": version, **spoiled}), source="old.json")
    assert str(caught.value).startswith("old.json: ")
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)
