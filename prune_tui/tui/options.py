"""The choices that the command line and the configuration file hand to the app."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from prune_tui.core.terms import Device


@dataclass(frozen=True, slots=True)
class Options:
    """The choices made; None leaves one to the picker or the machine.

    `keys` are those that a person gave to actions, by the actions' ids. `theme` is the one to begin with.
    """

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
    theme: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    finetuning_epochs: int | None = None
    tolerance_points: float | None = None
