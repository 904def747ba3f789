"""The options and arguments that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from prune_tui.core.terms import Device

DataDir = Annotated[
    Path | None,
    typer.Option(help="Folder of datasets; default: $PRUNE_TUI_DATA, or the user's cache folder."),
]
Threads = Annotated[
    int | None, typer.Option(min=1, help="CPU threads for torch; default: as recorded, or all.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
AllowCode = Annotated[
    bool, typer.Option("--allow-code", help="Run the files of your own that the session names.")
]
Pretrained = Annotated[
    bool, typer.Option("--pretrained", help="Start from the published weights that the library recommends.")
]
PretrainedWeights = Annotated[
    str | None, typer.Option(metavar="NAME", help="Start from these published weights, as IMAGENET1K_V1.")
]
ImageSize = Annotated[
    int | None, typer.Option(min=1, help="Side of the images fed, in pixels; default: the model's or data's.")
]
Images = Annotated[
    int | None,
    typer.Option("--images", min=1, help="At most so many training and test images; default: all."),
]
DeviceChoice = Annotated[Device, typer.Option(help="Where to compute.")]
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of the session.")]
SessionFile = Annotated[Path, typer.Argument(metavar="SESSION", help="A session file.")]
Tolerance = Annotated[
    float, typer.Option(min=0.0, max=100.0, help="Tolerated difference in accuracy, in points.")
]


def chosen_weights(pretrained: bool, name: str | None) -> str | None:
    """Return which published weights the two options ask for; None asks for none."""
    from prune_tui.catalog.models.published import DEFAULT_WEIGHTS

    return name or (DEFAULT_WEIGHTS if pretrained else None)
