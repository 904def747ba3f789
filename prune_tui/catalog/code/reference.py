"""A name such as `path/to/net.py:factory`, and what that file defines, read without running it."""

import ast
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prune_tui.catalog.paths import expanded
from prune_tui.core.errors import CodeError
from prune_tui.storage import read_regular

_PATTERN: Final = re.compile(
    r"(?!imagefolder:|torchvision:|timm:)(?P<path>.+?\.py)(:(?P<name>.*))?", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class CodeReference:
    """A file of the user's own and what to take from it; `name` is empty if that was not said."""

    path: Path
    name: str

    @property
    def text(self) -> str:
        """The reference as a session records it: relative to the working folder if the file is in there."""
        return f"{recorded_path(self.path)}:{self.name}" if self.name else recorded_path(self.path)


def code_reference(text: str) -> CodeReference | None:
    """Read `path/to/file.py:name` or `path/to/file.py`; None if the text is neither. Nothing is opened."""
    found = _PATTERN.fullmatch(text)
    if found is None:
        return None
    return CodeReference(_full(expanded(found["path"])), found["name"] or "")


def recorded_path(path: Path) -> str:
    """Return how a session names a file: relative to the working folder if it is in there, else in full."""
    full, here = _full(path), Path.cwd()
    return full.relative_to(here).as_posix() if full.is_relative_to(here) else str(full)


def _full(path: Path) -> Path:
    """Return a path from the root without `..`, as it was typed: links are not followed."""
    return Path(os.path.normpath(path.absolute()))


def read_source(path: Path) -> bytes:
    """Return the bytes of a file of code.

    Raises:
        CodeError: there is no such file, or it can't be read.
    """
    try:
        return read_regular(path)
    except FileNotFoundError:
        raise CodeError(f"{recorded_path(path)}: no such file: give path/to/file.py:name") from None
    except OSError as error:
        raise CodeError(f"{recorded_path(path)}: can't be read: {error.strerror or error}") from None


def definitions(source: bytes, path: Path) -> dict[str, int]:
    """Return the line of each public function and class that a file defines, without running it.

    Raises:
        CodeError: it is not Python.
    """
    try:
        tree = ast.parse(source, filename=str(path))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f":{error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise CodeError(f"{recorded_path(path)}{line}: not Python: {reason}") from None
    return {
        node.name: node.lineno
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    }


def demand_name(reference: CodeReference, *, what: str) -> None:
    """Check that the file is there and is Python, and that the reference says what to take from it.

    `what` is what is wanted, such as `a function that returns a torch.nn.Module`. Nothing is run.

    Raises:
        CodeError: it is not so; the message lists what the file defines.
    """
    found = definitions(read_source(reference.path), reference.path)
    if not reference.name.isidentifier():
        path = recorded_path(reference.path)
        names = ", ".join(found) or "no function and no class"
        example = f"{path}:{next(iter(found), 'name')}"
        raise CodeError(f"{path}: say which name in it is {what}, as in {example}; it defines {names}")
