"""Prints a configuration as TOML with comments, whole: what is not set is commented out."""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby

from prune_tui.configuration.configuration import Configuration
from prune_tui.configuration.entries import ENTRIES, Entry, KeyEntry


def configuration_text(configuration: Configuration, keys: Sequence[KeyEntry]) -> str:
    """Return the configuration as a file's text: the same settings, and all that could be set."""
    return "\n".join(_lines(configuration, keys)) + "\n"


def _lines(configuration: Configuration, keys: Sequence[KeyEntry]) -> Iterator[str]:
    yield "# The configuration of prune-tui, as TOML. It is read from"
    yield f"#   {configuration.path}"
    yield "# The command line beats the environment, that beats this file, and this file what is built in."
    for table, entries in groupby(ENTRIES, key=lambda entry: entry.key.rpartition(".")[0]):
        yield from ("", f"[{table}]") if table else ()
        for entry in entries:
            yield from ("", f"# {entry.meaning}", _line(configuration, entry))
    yield from ("", "# Keys of actions: a key, or a list. A key means one thing in one place.")
    for place, actions in groupby(keys, key=lambda entry: entry.place):
        yield from ("", f"[keys.{place}]")
        for action in actions:
            own = configuration.keys.get(f"{place}.{action.name}")
            shown = list(action.keys) if own is None else own.split(",")
            name = action.name if action.name.isidentifier() else _quoted(action.name)
            value = _quoted(shown[0]) if len(shown) == 1 else f"[{', '.join(map(_quoted, shown))}]"
            yield f"{'# ' if own is None else ''}{name} = {value}  # {action.meaning}"


def _line(configuration: Configuration, entry: Entry) -> str:
    name, value = entry.key.rpartition(".")[2], configuration.values.get(entry.key)
    if value is None:
        return f"# {name} = {entry.otherwise}"
    return f"{name} = {_quoted(value) if isinstance(value, str) else value}"


def _quoted(text: str) -> str:
    """Return a text as TOML writes it, which for printable text is as JSON does."""
    return json.dumps(text, ensure_ascii=False)
