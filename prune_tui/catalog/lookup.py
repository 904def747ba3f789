"""Finds entries by name, and loads the functions they refer to."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, TypeVar

from prune_tui.core.errors import UnknownNameError

Entry = TypeVar("Entry")


def entry_named(what: str, name: str, table: Mapping[str, Entry]) -> Entry:
    """Return the entry called `name`.

    Raises:
        UnknownNameError: there is none; the message suggests a similar name, or lists all names.
    """
    if name not in table:
        raise UnknownNameError(what, name, table)
    return table[name]


def load_function(reference: str) -> Any:
    """Import `package.module:function`, so that a table need not import torch."""
    module, _, name = reference.partition(":")
    return getattr(import_module(module), name)
