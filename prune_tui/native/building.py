"""Compiles a source with the C compiler that is there, and loads it."""

import ctypes
import os
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import Final

from prune_tui.core.errors import ExportError
from prune_tui.native.source.network import WEIGHTS_FILE, Source

FLAGS: Final = ("-std=c11", "-O3", "-march=native", "-ffp-contract=fast")
"""What the source is compiled with; `-march=native` is for this machine alone."""

NO_COMPILER: Final = (
    "building the network takes a C compiler (cc): apt install gcc, or xcode-select --install"
)

_COMPILERS: Final = ("cc", "gcc", "clang")
_MOST_SECONDS: Final = 600


@cache
def compiler() -> str | None:
    """Return the path of the C compiler: what `CC` names, or the first that is there; None without one."""
    named = os.environ.get("CC")
    return next((path for name in ([named] if named else _COMPILERS) if (path := which(name))), None)


@cache
def has_threads() -> bool:
    """Say whether the compiler builds programs with OpenMP."""
    with TemporaryDirectory(prefix="prune-tui-") as folder:
        return _compiled(Path(folder), "int main(void) { return 0; }", b"", "", ("-fopenmp",)) is None


def built(
    source: Source, header: str, *, with_threads: bool = False, flags: Sequence[str] = ()
) -> ctypes.CDLL:
    """Return the source as a loaded library.

    Raises:
        ExportError: there is no C compiler, or it refuses the source.
    """
    more = (*flags, "-fopenmp") if with_threads else flags
    with TemporaryDirectory(prefix="prune-tui-") as folder:
        if said := _compiled(Path(folder), source.text, source.weights, header, more):
            raise ExportError(f"the C compiler can't build the network: {said}")
        return ctypes.CDLL(str(Path(folder) / "net.so"))


def _compiled(folder: Path, text: str, weights: bytes, header: str, flags: Sequence[str]) -> str | None:
    """Compile a source in a folder into `net.so`; return the first line of what went wrong, or None."""
    path = compiler()
    if path is None:
        raise ExportError(NO_COMPILER)
    (folder / "net.c").write_text(text, encoding="utf-8")
    (folder / "net.h").write_text(header, encoding="utf-8")
    if weights:
        (folder / WEIGHTS_FILE).write_bytes(weights)
    command = [path, *FLAGS, *flags, "-shared", "-fPIC", "net.c", "-o", "net.so", "-lm"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_MOST_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return None
    lines = [line for line in done.stderr.splitlines() if "error" in line] or done.stderr.splitlines()
    return (lines or [f"exit status {done.returncode}"])[0][:300]
