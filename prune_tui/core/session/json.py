"""Sessions as JSON and back; the only place where the contents of a file are checked."""

import json
import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, to_jsonable_python

from prune_tui.core.errors import DecisionError, SessionError
from prune_tui.core.session.decisions import Decision
from prune_tui.core.session.session import SCHEMA_VERSION, Session
from prune_tui.core.session.upgrade import upgraded

Checked = TypeVar("Checked")


def to_json(session: Session) -> str:
    """Return the session as an indented JSON document, each list of numbers on one line."""
    indented = _adapter(Session).dump_json(session, indent=2).decode()
    return (
        _NUMBERS.sub(lambda found: " ".join(found[0].split()).replace("[ ", "[").replace(" ]", "]"), indented)
        + "\n"
    )


_NUMBERS: Final = re.compile(r"\[\n[-+.eE\d,\snul]*\]")
"""A list of numbers and nulls, such as a histogram's counts; no JSON string has a line break in it."""


def json_data(value: object) -> Any:
    """Return session data as dicts, lists, numbers and strings, for `json.dumps`."""
    return to_jsonable_python(value)


def from_json(text: str | bytes, *, source: str) -> Session:
    """Read a session; `source` is the file's name, for messages.

    Raises:
        SessionError: the text is not JSON, not an object, of a newer schema, a field is wrong, or a decision
            can't work where it stands.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SessionError(f"{source}: not a session: not JSON ({error})") from None
    if not isinstance(data, dict):
        raise SessionError(f"{source}: not a session: a JSON object is wanted, not a {type(data).__name__}")
    version = data.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise SessionError(
            f"{source}: schema_version {version} is newer than this prune-tui reads "
            f"({SCHEMA_VERSION}); upgrade prune-tui"
        )
    if version is None:
        raise SessionError(f"{source}: not a session: schema_version is missing")
    try:
        session: Session = _adapter(Session).validate_python(upgraded(data))
        return session
    except ValidationError as error:
        raise SessionError(f"{source}: {_said(_clearest(error.errors()))}") from None


def checked(decision: Decision) -> Decision:
    """Check a decision made in code as one in a file is checked, and return it.

    Raises:
        DecisionError: a field is out of range.
    """
    adapter: TypeAdapter[Decision] = _adapter(Decision)
    try:
        return adapter.validate_python(adapter.dump_python(decision))
    except ValidationError as error:
        raise DecisionError(_said(_clearest(error.errors()))) from None


def checked_data(kind: type[Checked], data: object) -> Checked:
    """Check dicts, lists, numbers and strings that are to be data of a kind, and return that.

    Raises:
        ValueError: a field is missing, unknown or out of range; the message is one line.
    """
    try:
        return TypeAdapter(kind).validate_python(data)
    except ValidationError as error:
        raise ValueError(_said(error.errors()[0])) from None


@cache
def _adapter(kind: Any) -> Any:
    return TypeAdapter(kind)


def _clearest(errors: Sequence[ErrorDetails]) -> ErrorDetails:
    """Return the first error; of a plan that is a number, what is wrong with it as a number."""
    return next((error for error in errors if error["type"] != "dict_type"), errors[0])


def _said(first: ErrorDetails) -> str:
    """Return the first error as one line: where, what it is, what would be right."""
    # Union branches name themselves in the location; the reader knows only the fields of the file.
    where = ".".join(str(part) for part in first["loc"] if not str(part).startswith(("dict[", "float")))
    if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"unknown field {where}"
    if first["type"] == "missing":
        return f"field {where} is missing"
    if first["type"] == "string_pattern_mismatch" and where.endswith(("path", "weights")):
        return f"{where}: {first['input']!r} is not a .safetensors file inside the session's own folder"
    message = first["msg"].removeprefix("Value error, ")
    if not where:
        return message
    given = repr(first["input"])
    shown = given if len(given) <= 40 else given[:37] + "..."
    return f"{where}: {message} (it is {shown})"
