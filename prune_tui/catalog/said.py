"""Says what went wrong in a user's code, in one line with the place."""

import traceback
from pathlib import Path


def said(error: Exception) -> str:
    """Return an error of a user's code in one line, with the place in that code."""
    text = " ".join(str(error).split()) or "no message"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_library(frame.filename)]
    where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {text[:200]}{where}"


def _is_library(filename: str) -> bool:
    return "site-packages" in filename or filename.startswith("<") or "prune_tui" in Path(filename).parts
