"""Loads what a reference to a user's own file names, and calls it; every failure is one line."""

import inspect
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prune_tui.catalog.code.importing import OwnImporter
from prune_tui.catalog.code.permission import not_allowed
from prune_tui.catalog.code.reference import (
    CodeReference,
    definitions,
    demand_name,
    read_source,
    recorded_path,
)
from prune_tui.catalog.plugins import Plugin
from prune_tui.core.errors import CodeError, PruneTuiError
from prune_tui.core.session.session import CodeFile


@dataclass(frozen=True, slots=True)
class OwnCode:
    """A function or class of the user's own; `where` is its file and line, `text` its reference."""

    text: str
    where: str
    _object: Any
    _importer: OwnImporter | None = None

    @property
    def files(self) -> tuple[CodeFile, ...]:
        """The files that have run for it so far, ordered by path."""
        files = self._importer.files.values() if self._importer is not None else ()
        return tuple(sorted(files, key=lambda file: file.path))

    def call(self, offered: Mapping[str, object]) -> Any:
        """Call it with those of the `offered` arguments that it takes by name, and return what it returns.

        Raises:
            CodeError: it raises an error, which the message names with its file and line.
        """
        active = self._importer.active() if self._importer is not None else nullcontext()
        with _reported(self.text, self.where, self._importer), active:
            return self._object(**_accepted(self._object, offered))


def load_code(
    reference: CodeReference, *, recorded: Sequence[CodeFile] = (), allow_code: bool, what: str
) -> OwnCode:
    """Run the file that a reference names, and return what it names there.

    `recorded` are the files that a session recorded, empty for a new session; only these may then run.
    `what` is what is wanted, for messages.

    Raises:
        CodeError: it was not allowed, the file is missing or changed, or it fails.
    """
    if not allow_code:
        raise not_allowed(recorded_path(reference.path), source=reference.text)
    demand_name(reference, what=what)
    lines = definitions(read_source(reference.path), reference.path)
    path = recorded_path(reference.path)
    where = f"{path}:{lines[reference.name]}" if reference.name in lines else path
    importer = OwnImporter(reference.path.parent, recorded)
    with _reported(reference.text, where, importer):
        module = importer.module_of(reference.path)
    found = getattr(module, reference.name, None)
    if not callable(found):
        names = ", ".join(lines) or "no function and no class"
        lacks = "is not callable" if hasattr(module, reference.name) else "is not in it"
        raise CodeError(f"{path}: {reference.name} {lacks}; {what} is wanted, and it defines {names}")
    return OwnCode(reference.text, where, found, importer)


def packaged_code(plugin: Plugin) -> OwnCode:
    """Return what an installed package offers, to be called as own code is.

    Raises:
        CodeError: the package can't be imported, or offers nothing that can be called.
    """
    found = plugin.load()
    if not callable(found):
        raise CodeError(f"{plugin.name}, of the package {plugin.package}: {plugin.reference} is not callable")
    return OwnCode(plugin.name, f"package {plugin.package}", found)


@contextmanager
def _reported(text: str, where: str, importer: OwnImporter | None) -> Iterator[None]:
    """Turn what the user's own code raises into one line with its file and line."""
    try:
        yield
    except PruneTuiError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the user's code may raise anything
        said = " ".join(str(error).split())
        reason = f"{type(error).__name__}: {said}" if said else type(error).__name__
        raise CodeError(f"{_place(error, importer) or where}: {text} failed: {reason}") from None


def _place(error: BaseException, importer: OwnImporter | None) -> str:
    """Return the file and line of the innermost frame in the user's own files; empty if there is none."""
    if importer is None:
        return ""
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename) in importer.files:
        return f"{recorded_path(Path(error.filename))}:{error.lineno}"
    frames = [
        frame for frame in traceback.extract_tb(sys.exc_info()[2]) if Path(frame.filename) in importer.files
    ]
    return f"{recorded_path(Path(frames[-1].filename))}:{frames[-1].lineno}" if frames else ""


def _accepted(function: Any, offered: Mapping[str, object]) -> dict[str, object]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return {}
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return dict(offered)
    names = {each.name for each in parameters if each.kind is not each.POSITIONAL_ONLY}
    return {name: value for name, value in offered.items() if name in names}
