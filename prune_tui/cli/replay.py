"""`prune-tui replay`: replays sessions, and prints each result beside its record."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prune_tui.cli.exits import reporting
from prune_tui.cli.options import AllowCode, AsJson, DataDir, Threads, Tolerance
from prune_tui.core.terms import Device

if TYPE_CHECKING:
    from prune_tui.commands.replay import Outcome


@reporting
def replay(
    sessions: Annotated[list[Path], typer.Argument(metavar="SESSION", help="Session files.")],
    *,
    as_json: AsJson = False,
    out: Annotated[Path | None, typer.Option(help="Folder to save the replayed sessions in.")] = None,
    data_dir: DataDir = None,
    device: Annotated[Device | None, typer.Option(help="Where to compute; default: as recorded.")] = None,
    threads: Threads = None,
    tolerance: Tolerance = 0.5,
    allow_code: AllowCode = False,
) -> None:
    """Replay sessions, and compare the results with their records."""
    from prune_tui.cli.progress import Progress
    from prune_tui.commands.replay import Options, document
    from prune_tui.commands.replay import replay as replay_session
    from prune_tui.storage import read_session

    for path in sessions:
        read_session(path)
    options = Options(
        out=out,
        data_dir=data_dir,
        device=device,
        num_threads=threads,
        tolerance_points=tolerance,
        allow_code=allow_code,
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
