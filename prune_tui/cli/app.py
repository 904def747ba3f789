"""The commands; whatever is heavy is imported by the command that needs it."""

import gc
import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prune_tui import __version__
from prune_tui.catalog.baselines import BUNDLED_DATASET, BUNDLED_MODEL
from prune_tui.cli.exits import reporting

if TYPE_CHECKING:
    from prune_tui.commands.replay import Outcome
from prune_tui.cli.exits import printing

if TYPE_CHECKING:
    from prune_tui.commands.scan import Found
    from prune_tui.core.planning.target import Target

app = typer.Typer(
    name="prune-tui",
    help="Prune a neural network: scan, plan, prune, fine-tune, and prove the result.",
    epilog="Exit codes: 0 done; 1 ran, but differs or falls short; 2 unusable input; 130 interrupted; "
    "141 nobody reads the output.",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)


class DeviceName(StrEnum):
    """The devices to choose from."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


class GranularityName(StrEnum):
    """What is pruned at once."""

    WEIGHT = "weight"
    UNIT = "unit"
    N_M = "n_m"


class PrecisionName(StrEnum):
    """The number formats to choose from."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


class Table(StrEnum):
    """The tables of the catalog."""

    MODELS = "models"
    DATASETS = "datasets"
    CRITERIA = "criteria"
    SCHEDULES = "schedules"


DataDir = Annotated[
    Path | None,
    typer.Option(help="Folder of datasets; else $PRUNE_TUI_DATA, else the user's cache folder."),
]
Threads = Annotated[
    int | None, typer.Option(min=1, help="CPU threads for torch; else as recorded, else all.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


def main() -> None:
    """Run the command line."""
    with printing():
        app()


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"prune-tui {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
@reporting
def open_app(
    context: typer.Context,
    *,
    model: Annotated[str | None, typer.Option(help="Model to begin with; see `list models`.")] = None,
    weights: Annotated[Path | None, typer.Option(help="Dense baseline, a .safetensors state dict.")] = None,
    dataset: Annotated[
        str | None, typer.Option(help="Dataset to begin with; see `list datasets`, or imagefolder:PATH.")
    ] = None,
    data_dir: DataDir = None,
    sessions_dir: Annotated[Path, typer.Option(help="Where sessions are saved.")] = Path("sessions"),
    device: Annotated[DeviceName, typer.Option(help="Where to compute.")] = DeviceName.AUTO,
    threads: Threads = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of the session.")] = 0,
    resume: Annotated[Path | None, typer.Option(help="Session file to go on with.")] = None,
    version: Annotated[  # noqa: ARG001 - the callback does the work
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Open the app, or run a command."""
    if context.invoked_subcommand is not None:
        return
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        typer.echo(
            "prune-tui: no terminal here, and the app needs one; "
            "`prune-tui replay SESSION` runs a session without",
            err=True,
        )
        raise typer.Exit(2)
    # A first paint waits for these imports: nothing of theirs is garbage, so nothing need look for any.
    gc.disable()
    from prune_tui.tui.app import run
    from prune_tui.tui.options import Options

    gc.enable()
    options = Options(
        model=model,
        dataset=dataset,
        weights=weights,
        data_dir=data_dir,
        sessions_dir=sessions_dir,
        device=device.value,
        num_threads=threads,
        seed=seed,
        resume=resume,
    )
    raise typer.Exit(run(options))


@app.command()
@reporting
def replay(
    sessions: Annotated[list[Path], typer.Argument(metavar="SESSION", help="Session files.")],
    *,
    as_json: AsJson = False,
    out: Annotated[Path | None, typer.Option(help="Folder to save the replayed sessions in.")] = None,
    data_dir: DataDir = None,
    device: Annotated[DeviceName | None, typer.Option(help="Where to compute; else as recorded.")] = None,
    threads: Threads = None,
    tolerance: Annotated[
        float, typer.Option(min=0.0, max=100.0, help="Points of accuracy that may differ.")
    ] = 0.5,
) -> None:
    """Run sessions again, headless, and prove their results."""
    from prune_tui.cli.progress import Progress
    from prune_tui.commands.replay import Options, document
    from prune_tui.commands.replay import replay as replay_session
    from prune_tui.storage import read_session

    for path in sessions:
        read_session(path)
    options = Options(
        out=out,
        data_dir=data_dir,
        device=device.value if device else None,
        num_threads=threads,
        tolerance_points=tolerance,
    )
    outcomes: list[Outcome] = []
    for path in sessions:
        with Progress() as progress:
            outcomes.append(replay_session(path, options, on_event=progress.show))
        if not as_json:
            _print_receipt(outcomes[-1], tolerance)
    if as_json:
        documents = [document(outcome) for outcome in outcomes]
        typer.echo(json.dumps(documents[0] if len(documents) == 1 else documents, indent=2))
    if any(outcome.reproduced is False for outcome in outcomes):
        raise typer.Exit(1)


@app.command()
@reporting
def scan(
    *,
    model: Annotated[str, typer.Option(help="Model to scan; see `list models`.")] = BUNDLED_MODEL,
    weights: Annotated[
        Path | None, typer.Option(help="Dense baseline; else the bundled one, else one is trained.")
    ] = None,
    dataset: Annotated[
        str, typer.Option(help="Dataset; see `list datasets`, or imagefolder:PATH.")
    ] = BUNDLED_DATASET,
    criterion: Annotated[str, typer.Option(help="What goes first; see `list criteria`.")] = "l1",
    granularity: Annotated[
        GranularityName, typer.Option(help="What is pruned at once.")
    ] = GranularityName.WEIGHT,
    tolerance: Annotated[
        float | None,
        typer.Option(
            min=0.01, max=100.0, help="Points to be sure of each cell; without, every image counts."
        ),
    ] = None,
    precision: Annotated[
        PrecisionName, typer.Option(help="bfloat16 is faster where the device has it.")
    ] = PrecisionName.FLOAT32,
    budget: Annotated[
        str | None, typer.Option(help="Solve for 20x, '0.1 MB', '1 point' or '3x MACs'.")
    ] = None,
    as_json: AsJson = False,
    out: Annotated[Path | None, typer.Option(help="Folder to save the session in, for the app.")] = None,
    data_dir: DataDir = None,
    device: Annotated[DeviceName, typer.Option(help="Where to compute.")] = DeviceName.AUTO,
    threads: Threads = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of the session.")] = 0,
) -> None:
    """Scan each layer's sensitivity, headless, and solve a budget from the curves."""
    from prune_tui.catalog.datasets import dataset_entry
    from prune_tui.catalog.models import model_entry
    from prune_tui.cli.progress import Progress
    from prune_tui.commands.scan import Request, document
    from prune_tui.commands.scan import scan as scan_network
    from prune_tui.core.planning.target import parse_target
    from prune_tui.core.session.decisions import N_M_SPARSITY, SCAN_SPARSITIES, Scan
    from prune_tui.core.session.session import Session

    target = parse_target(budget) if budget is not None else None
    model_entry(model)
    dataset_entry(dataset)
    wanted = Scan(
        criterion=criterion,
        granularity=granularity.value,
        sparsities=(N_M_SPARSITY,) if granularity is GranularityName.N_M else SCAN_SPARSITIES,
        tolerance_points=tolerance,
        precision=precision.value,
    )
    session = Session(name=f"{model}-scan", model=model, dataset=dataset, seed=seed, device=device.value)
    request = Request(session, wanted, target, weights, data_dir, threads, out)
    with Progress() as progress:
        found = scan_network(request, on_event=progress.show)
    if as_json:
        typer.echo(json.dumps(document(found), indent=2))
    else:
        _print_scan(found, target)
    if found.error is not None:
        typer.echo(f"prune-tui: {found.error}", err=True)
        raise typer.Exit(1)


@app.command()
@reporting
def verify(
    session: Annotated[Path, typer.Argument(metavar="SESSION", help="A session file.")],
    *,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    threads: Threads = None,
    tolerance: Annotated[
        float, typer.Option(min=0.0, max=100.0, help="Points of accuracy that may differ.")
    ] = 0.5,
) -> None:
    """Load every checkpoint of a session, and evaluate it against its record."""
    from prune_tui.commands.verify import document
    from prune_tui.commands.verify import verify as verify_session

    found = verify_session(session, data_dir=data_dir, num_threads=threads)
    if as_json:
        typer.echo(json.dumps(document(session, found, tolerance), indent=2))
    else:
        from rich.console import Console

        from prune_tui.reports.terminal.verdicts import checkpoints_table

        rows = [(each.checkpoint, each.accuracy, each.holds(tolerance)) for each in found]
        Console(highlight=False).print(checkpoints_table(rows))
    if not all(each.holds(tolerance) for each in found):
        raise typer.Exit(1)


def _print_scan(found: "Found", target: "Target | None") -> None:
    from rich.console import Console

    from prune_tui.reports.terminal.plans import plan_table
    from prune_tui.reports.terminal.scans import scan_table

    console = Console(highlight=False)
    console.print(scan_table(found.figures))
    if found.solution is not None and target is not None:
        console.print()
        console.print(plan_table(found.solution, target, found.figures))
    if found.path is not None:
        console.print(f"\nsaved: {found.path}", style="dim", markup=False)


def _print_receipt(outcome: "Outcome", tolerance_points: float) -> None:
    from rich.console import Console

    from prune_tui.reports.terminal import report_tables, session_tables
    from prune_tui.reports.terminal.verdicts import verdict

    console = Console(highlight=False)
    console.print(session_tables(outcome.session))
    console.print(report_tables(outcome.report, outcome.session.decisions))
    console.print()
    environments = (outcome.record.environment if outcome.record else None, outcome.report.environment)
    console.print(
        verdict(outcome.reproduced, outcome.identical, outcome.differences, tolerance_points, environments)
    )


@app.command()
@reporting
def show(
    session: Annotated[Path, typer.Argument(metavar="SESSION", help="A session file.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Print what a session decided and what came of it."""
    from prune_tui.catalog.names import check_names
    from prune_tui.core.session.json import to_json
    from prune_tui.storage import read_session

    content = read_session(session)
    check_names(content, source=str(session))
    if as_json:
        typer.echo(to_json(content), nl=False)
        return
    from rich.console import Console

    from prune_tui.reports.terminal import report_tables, session_tables

    console = Console(highlight=False)
    console.print(session_tables(content))
    if content.record is None:
        console.print("not recorded: replay it to see what comes of it", style="dim")
    else:
        console.print(report_tables(content.record.report, content.decisions))


@app.command("list")
@reporting
def list_table(
    table: Annotated[Table, typer.Argument(metavar="TABLE", help="models, datasets, criteria or schedules.")],
    *,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """List what there is to pick from."""
    from prune_tui.catalog.listing import rows_of

    rows = rows_of(table.value, data_dir)
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    shown = RichTable(box=None, pad_edge=False)
    for column in rows[0]:
        numeric = isinstance(rows[0][column], int)
        shown.add_column(column.replace("_", " "), justify="right" if numeric else "left")
    for row in rows:
        shown.add_row(
            *(Text(f"{value:,}" if isinstance(value, int) else str(value)) for value in row.values())
        )
    Console(highlight=False).print(shown)
