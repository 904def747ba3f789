"""Upgrades a session of an earlier schema to the present one."""

from collections.abc import Callable
from typing import Any

Object = dict[str, Any]


def upgraded(data: Object) -> Object:
    """Return a session's JSON object in the present schema; objects of no known schema stay as they are."""
    if data.get("schema_version") == 1:
        data = _from_1(data)
    if data.get("schema_version") == 2:
        data = _from_2(data)
    if data.get("schema_version") == 3:
        data = _from_3(data)
    return data


def _from_1(data: Object) -> Object:
    """Upgrade schema 1, whose checkpoints had no stage and whose stopped scans were counted in cells.

    Its scans finished one cell after the other. Scans now add each batch to all cells, so that a stopped one
    can't be stopped at the same place, and is replayed whole.
    """
    return _changed(data, 2, decision=_decision_of_1, checkpoint=_checkpoint_of_1, report=_same)


def _from_2(data: Object) -> Object:
    """Upgrade schema 2, which named locked layers `spared` and mode shrunk `compact`, and which did not say
    which decision had measured the figures.
    """
    decisions = data.get("decisions")
    listed = decisions if isinstance(decisions, list) else []
    kinds = [one.get("kind") if isinstance(one, dict) else None for one in listed]
    measured_by = len(kinds) - 1 - kinds[::-1].index("measure") if "measure" in kinds else None

    def report(old: Object) -> Object:
        renamed = {**old, "curves": _each(old.get("curves", ()), _curve_of_2)}
        return {**renamed, "measured_by": measured_by} if old.get("pruned") else renamed

    return _changed(data, 3, decision=_decision_of_2, checkpoint=_same, report=report)


def _from_3(data: Object) -> Object:
    """Upgrade schema 3, which knew no published weights, no image size and no code of the user's own."""
    return {**data, "schema_version": 4}


def _changed(
    data: Object,
    version: int,
    *,
    decision: Callable[[Object], Object],
    checkpoint: Callable[[Object], Object],
    report: Callable[[Object], Object],
) -> Object:
    record = data.get("record")
    if isinstance(record, dict):
        old = record.get("report")
        record = {
            **record,
            "checkpoints": _each(record.get("checkpoints", ()), checkpoint),
            **({"report": report(old)} if isinstance(old, dict) else {}),
        }
    return {
        **data,
        "schema_version": version,
        "decisions": _each(data.get("decisions", ()), decision),
        "record": record,
    }


def _each(values: Any, change: Callable[[Object], Object]) -> Any:
    """Change the objects of a list; anything else is left, so that validation reports it."""
    if not isinstance(values, list | tuple):
        return values
    return [change(value) if isinstance(value, dict) else value for value in values]


def _same(value: Object) -> Object:
    return value


def _decision_of_1(decision: Object) -> Object:
    if decision.get("kind") != "scan":
        return decision
    return {name: value for name, value in decision.items() if name != "stopped_after_cells"}


def _checkpoint_of_1(checkpoint: Object) -> Object:
    is_dense = str(checkpoint.get("path", "")).startswith("dense")
    return {"stage": "dense" if is_dense else "pruned", **checkpoint}


def _decision_of_2(decision: Object) -> Object:
    if decision.get("kind") not in ("prune", "sweep"):
        return decision
    renamed = {("locked" if name == "spared" else name): value for name, value in decision.items()}
    modes = renamed.get("modes")
    if isinstance(modes, list | tuple):
        renamed["modes"] = ["shrunk" if mode == "compact" else mode for mode in modes]
    return renamed


def _curve_of_2(curve: Object) -> Object:
    return {**curve, "mode": "shrunk"} if curve.get("mode") == "compact" else curve
