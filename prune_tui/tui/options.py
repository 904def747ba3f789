"""The choices that the command line hands to the app."""

from dataclasses import dataclass
from pathlib import Path

from prune_tui.core.terms import Device


@dataclass(frozen=True, slots=True)
class Options:
    """The choices made on the command line; None leaves one to the picker or the machine."""

    model: str | None
    dataset: str | None
    weights: Path | None
    data_dir: Path | None
    sessions_dir: Path
    device: Device
    num_threads: int | None
    seed: int
    resume: Path | None
