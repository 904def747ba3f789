"""Parses a configuration file; what is wrong is said with file, key and what would be right."""

import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Final, get_args

from prune_tui.catalog.paths import expanded
from prune_tui.configuration.configuration import Configuration, Value
from prune_tui.configuration.entries import ENTRIES, Entry
from prune_tui.core.errors import ConfigurationError, PruneTuiError
from prune_tui.core.terms import MOST_TOLERANCE_POINTS, Device

_KEYS: Final = "keys."
_BY_KEY: Final = {entry.key: entry for entry in ENTRIES}


def parsed_configuration(path: Path, content: bytes) -> Configuration:
    """Return what the content of a configuration file sets.

    Raises:
        ConfigurationError: it is not TOML, or sets what there is not or can't be.
    """
    try:
        document: dict[str, object] = tomllib.loads(content.decode())
    except ValueError as error:
        raise ConfigurationError(
            f'{path}: not TOML: {error}; `name = "text"` or `name = 5` is right'
        ) from None
    values: dict[str, Value] = {}
    keys: dict[str, str] = {}
    for key, value in _flat(document):
        if key.startswith(_KEYS):
            keys[key.removeprefix(_KEYS)] = _keys(path, key, value)
        else:
            values[key] = _value(path, _entry(path, key), value)
    return Configuration(path, values, keys)


def _flat(document: Mapping[str, object], start: str = "") -> Iterator[tuple[str, object]]:
    """Yield each value with its dotted key."""
    for name, value in document.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{start}{name}.")
        else:
            yield f"{start}{name}", value


def _entry(path: Path, key: str) -> Entry:
    if key in _BY_KEY:
        return _BY_KEY[key]
    near = get_close_matches(key, _BY_KEY, n=1) or [
        each for each in _BY_KEY if each.rpartition(".")[2] == key.rpartition(".")[2]
    ]
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(_BY_KEY)}, and keys"
    raise ConfigurationError(f"{path}: unknown key {key}: {hint}")


def _keys(path: Path, key: str, value: object) -> str:
    """Return keys as bindings take them, from a key or a list of keys."""
    given: list[object] = value if isinstance(value, list) else [value]
    names = [name.strip() for name in given if isinstance(name, str) and name.strip()]
    if not names or len(names) < len(given):
        raise ConfigurationError(f'{path}: {key} is {_shown(value)}: a key or a list is right, such as "f5"')
    return ",".join("comma" if name == "," else name for name in names)


def _value(path: Path, entry: Entry, value: object) -> Value:
    match entry.kind:
        case "whole":
            if isinstance(value, int) and not isinstance(value, bool) and value >= entry.least:
                return value
            right = f"a whole number from {entry.least}"
        case "points":
            number = value if isinstance(value, int | float) and not isinstance(value, bool) else -1
            if entry.least <= number <= MOST_TOLERANCE_POINTS:
                return number
            right = f"a number of points from {entry.least:g} to {MOST_TOLERANCE_POINTS:g}"
        case "device":
            if isinstance(value, str) and value in get_args(Device):
                return value
            right = f"one of {', '.join(get_args(Device))}"
        case "path":
            if isinstance(value, str) and value:
                return str(expanded(value))
            right = "a folder in quotes"
        case "text":
            if isinstance(value, str) and value:
                _check_name(path, entry, value)
                return value
            right = "a name in quotes"
    raise ConfigurationError(
        f"{path}: {entry.key} is {_shown(value)}: {right} is right, such as {entry.otherwise}"
    )


def _check_name(path: Path, entry: Entry, name: str) -> None:
    """Look a model or dataset up in the catalog, which is imported only here."""
    try:
        if entry.key == "defaults.model":
            from prune_tui.catalog.models import model_entry

            model_entry(name)
        elif entry.key == "defaults.dataset":
            from prune_tui.catalog.datasets import dataset_entry

            dataset_entry(name)
    except PruneTuiError as error:
        raise ConfigurationError(f"{path}: {entry.key}: {error}") from None


def _shown(value: object) -> str:
    """Return a value as it stands in the file."""
    if isinstance(value, str):
        return f'"{value}"'
    return str(value).lower() if isinstance(value, bool) else str(value)
