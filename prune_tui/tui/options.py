"""The choices that the command line hands to the app."""

from dataclasses import dataclass
from pathlib import Path

from prune_tui.core.terms import Device


@dataclass(frozen=True, slots=True)
class Options:
    """The choices made on the command line; None leaves one to the picker or the machine."""

    model: str | None = None
    dataset: str | None = None
    weights: Path | None = None
    pretrained: str | None = None
    image_size: int | None = None
    allow_code: bool = False
    data_dir: Path | None = None
    sessions_dir: Path = Path("sessions")
    num_images: int | None = None
    device: Device = "auto"
    num_threads: int | None = None
    seed: int = 0
    resume: Path | None = None
