"""The errors that a user can fix, as a tree; each message is one line: what, where, what would be right.

PruneTuiError
├── SessionError      a session file that can't be read as one
├── UnknownNameError  a model, dataset, criterion, layer … that does not exist
├── ModelError        a network that can't be built, run or read
├── CodeError         a file of the user's own code that is missing, fails, or may not run
├── DecisionError     a decision that can't be carried out here and now
├── TargetError       a text that is not a budget
├── CheckpointError   weights that are missing, altered or for another model
├── DataError         a dataset that is absent, unreadable or can't be fetched
├── DeviceError       a device this machine does not have
├── ConfigurationError  a configuration file that can't be read, or sets what can't be
├── ExportError       a network that can't be written in a format
└── StorageError      a file that can't be written
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

MOST_LISTED: Final = 24
"""A message lists no more names than this."""


class PruneTuiError(Exception):
    """Something that the user gave can't be used; `str(error)` is the one line to show."""

    exit_code: Final = 2


class SessionError(PruneTuiError):
    """A session file is not JSON, of a newer schema, or has a field that is unknown or out of range."""


class UnknownNameError(PruneTuiError):
    """A name is not in the table it was looked up in."""

    def __init__(self, what: str, name: str, choices: Iterable[str]) -> None:
        known = sorted(choices)
        near = get_close_matches(name, known, n=1)
        if len(known) > MOST_LISTED:
            hint = f"did you mean {near[0]}?" if near else f"there are {len(known)}, such as {known[0]}"
        else:
            hint = (f"did you mean {near[0]}? There are " if near else "choose one of ") + ", ".join(known)
        super().__init__(f"unknown {what} {name!r}: {hint}")


class CodeError(PruneTuiError):
    """A file of the user's own code is missing, broken, fails, has changed, or was not allowed to run."""


class ModelError(PruneTuiError):
    """A network can't be built, does not run on the data, or returns what can't be scored."""


class DecisionError(PruneTuiError):
    """A decision can't be carried out in the session's present state."""


class TargetError(PruneTuiError):
    """A text can't be read as a budget. A budget that can't be reached is a `DecisionError`."""


class CheckpointError(PruneTuiError):
    """A checkpoint is missing, truncated, altered, for another model, or outside its session's folder."""


class DataError(PruneTuiError):
    """A dataset is absent, empty, malformed, or can't be fetched."""


class DeviceError(PruneTuiError):
    """The device asked for is not on this machine."""


class ExportError(PruneTuiError):
    """A network can't be written in a format, or what writes that format is not installed."""


class ConfigurationError(PruneTuiError):
    """A configuration file is not TOML, or has a key or value that there is not."""


class StorageError(PruneTuiError):
    """A file can't be written; what was there before is still there."""
