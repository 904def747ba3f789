"""`prune-tui` without a command: opens the app."""

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from prune_tui import __version__
from prune_tui.cli.configured.defaults import configured, defaults_of
from prune_tui.cli.exits import reporting
from prune_tui.cli.options import (
    AllowCode,
    DataDir,
    DeviceChoice,
    Images,
    ImageSize,
    Pretrained,
    PretrainedWeights,
    Seed,
    Threads,
    chosen_weights,
)
from prune_tui.tui.options import Options

if TYPE_CHECKING:
    from prune_tui.configuration.configuration import Configuration


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"prune-tui {__version__}")
        raise typer.Exit


@reporting
def open_app(
    context: typer.Context,
    *,
    model: Annotated[
        str | None,
        typer.Option(help="Model to start with; see `list models`, or path/to/net.py:factory."),
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(help="Dense baseline, a state dict as .safetensors or .pt.")
    ] = None,
    pretrained: Pretrained = False,
    pretrained_weights: PretrainedWeights = None,
    image_size: ImageSize = None,
    dataset: Annotated[
        str | None, typer.Option(help="Dataset to start with; see `list datasets`, or imagefolder:PATH.")
    ] = None,
    images: Images = None,
    data_dir: DataDir = None,
    sessions_dir: Annotated[Path, typer.Option(help="Where sessions are saved.")] = Path("sessions"),
    device: DeviceChoice = "auto",
    threads: Threads = None,
    seed: Seed = 0,
    resume: Annotated[Path | None, typer.Option(help="Session file to resume.")] = None,
    allow_code: AllowCode = False,
    version: Annotated[  # noqa: ARG001 - the callback does the work
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Open the app, or run a command."""
    if context.invoked_subcommand is not None:
        return
    from prune_tui.configuration.reading import read_configuration

    _run(
        Options(
            model=model,
            dataset=dataset,
            weights=weights,
            pretrained=chosen_weights(pretrained, pretrained_weights),
            image_size=image_size,
            allow_code=allow_code,
            num_images=images,
            data_dir=data_dir,
            sessions_dir=sessions_dir,
            device=device,
            num_threads=threads,
            seed=seed,
            resume=resume,
        ),
        read_configuration(),
    )


@reporting
def open_app_at_once() -> None:
    """Open the app with every choice as configured, or else at its default.

    The same as `open_app` on an empty command line, without parsing it: Typer imports pydantic to parse, and
    the first paint would wait for that.
    """
    configuration = configured()
    given = defaults_of(configuration)
    _run(
        Options(
            model=given.get("model"),
            dataset=given.get("dataset"),
            sessions_dir=Path(given.get("sessions_dir", "sessions")),
            num_images=given.get("images"),
            device=given.get("device", "auto"),
            num_threads=given.get("threads"),
            seed=given.get("seed", 0),
        ),
        configuration,
    )


def _run(options: Options, configuration: "Configuration") -> NoReturn:
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        typer.echo(
            "prune-tui: the app needs a terminal, and there is no terminal here; "
            "`prune-tui replay SESSION` runs without one",
            err=True,
        )
        raise typer.Exit(2)
    # The first paint waits for this import. It leaves no garbage, so collecting it would only take time.
    gc.disable()
    from prune_tui.tui.run import run

    gc.enable()
    raise typer.Exit(run(options, configuration))
