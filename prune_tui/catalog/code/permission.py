"""Which files of the user's own a session runs, and whether they may and are what was recorded."""

import hashlib
from pathlib import Path

from prune_tui.catalog.code.reference import code_reference, read_source, recorded_path
from prune_tui.core.errors import CodeError
from prune_tui.core.session.session import CodeFile, Session


def hash_of(source: bytes) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(source).hexdigest()


def code_to_confirm(session: Session) -> tuple[CodeFile, ...]:
    """Return the files that opening a session would run: those recorded, and those it names beside them.

    Empty if it runs none. Nothing is run.

    Raises:
        CodeError: a file that is named but not recorded is missing.
    """
    known = {Path(file.path).absolute() for file in session.code}
    references = [code_reference(name) for name in (session.model, session.dataset)]
    named = dict.fromkeys(reference.path for reference in references if reference is not None)
    return session.code + tuple(
        CodeFile(path=recorded_path(path), sha256=hash_of(read_source(path)))
        for path in named
        if path not in known
    )


def check_code(session: Session, *, allow_code: bool, source: str) -> None:
    """Check that a session's own code may run, and is the code that was recorded; nothing is run.

    `source` names the session in messages.

    Raises:
        CodeError: it was not allowed to run, or a file is missing or has changed.
    """
    files = code_to_confirm(session)
    if files and not allow_code:
        raise not_allowed(", ".join(file.path for file in files), source=source)
    for file in session.code:
        check_unchanged(file, read_source(Path(file.path)))


def not_allowed(names: str, *, source: str) -> CodeError:
    """Return the error of code that nobody allowed to run."""
    return CodeError(f"{source}: runs code of your own, {names}: read it, then add --allow-code")


def check_unchanged(file: CodeFile, source: bytes) -> None:
    """Check that a file's bytes are those that a session recorded.

    Raises:
        CodeError: they are not.
    """
    if hash_of(source) != file.sha256:
        raise CodeError(
            f"{file.path}: changed since the session recorded it: put the recorded file back, or begin a new "
            "session with the changed one"
        )
