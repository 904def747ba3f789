"""Brings a session of an earlier schema to the present one."""

from collections.abc import Callable
from typing import Any

Object = dict[str, Any]


def upgraded(data: Object) -> Object:
    """Return a session's JSON object in the present schema; one that is not of schema 1 is returned as it is.

    Schema 1 counted a stopped scan in cells, one after another over all images; a scan now goes over all
    cells with each batch, so that it can't be stopped at the same place, and is replayed whole. Its
    checkpoints were told apart by their names.
    """
    if data.get("schema_version") != 1:
        return data
    record = data.get("record")
    return {
        **data,
        "schema_version": 2,
        "decisions": _each(data.get("decisions", ()), _decision),
        "record": {**record, "checkpoints": _each(record.get("checkpoints", ()), _checkpoint)}
        if isinstance(record, dict)
        else record,
    }


def _each(values: Any, change: Callable[[Object], Object]) -> Any:
    """Change the objects of a list; whatever is not one is left for the check of the schema to name."""
    if not isinstance(values, list | tuple):
        return values
    return [change(value) if isinstance(value, dict) else value for value in values]


def _decision(decision: Object) -> Object:
    if decision.get("kind") != "scan":
        return decision
    return {name: value for name, value in decision.items() if name != "stopped_after_cells"}


def _checkpoint(checkpoint: Object) -> Object:
    is_dense = str(checkpoint.get("path", "")).startswith("dense")
    return {"stage": "dense" if is_dense else "pruned", **checkpoint}
