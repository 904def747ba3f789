"""`prune-tui export`: writes a session's network for other programs, as a file or as a folder of C."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prune_tui.cli.exits import reporting
from prune_tui.cli.options import AllowCode, AsJson, DataDir, SessionFile
from prune_tui.core.terms import ExportFormat

if TYPE_CHECKING:
    from prune_tui.commands.export import Outcome


@reporting
def export(
    session: SessionFile,
    *,
    to: Annotated[
        ExportFormat, typer.Option(help="What to write; onnx needs prune-tui[onnx], c is a folder.")
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="PATH", help="The file, or c's folder, which must be new."),
    ],
    checkpoint: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Checkpoint, such as pruned-2.safetensors; default: the newest."),
    ] = None,
    codebook: Annotated[
        str | None,
        typer.Option(metavar="BITS", help="For compact: round weights to 2^BITS values a layer, or auto."),
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    allow_code: AllowCode = False,
) -> None:
    """Write a session's network for other programs, checked against torch and timed."""
    from prune_tui.cli.progress import Progress
    from prune_tui.commands.export import Request, document, load
    from prune_tui.commands.export import export as export_network
    from prune_tui.export.compact.codebook import parsed_codebook
    from prune_tui.native.building import NO_COMPILER

    shared = None if codebook is None else parsed_codebook(codebook)
    request = Request(session, to, out, checkpoint, data_dir, allow_code, shared)
    with Progress() as progress:
        source = load(request, on_event=progress.show)
    outcome = export_network(request, source, say=lambda text: typer.echo(f"{text} …", err=True))
    if as_json:
        typer.echo(json.dumps(document(request, outcome), indent=2))
    elif outcome.path is not None:
        _print_outcome(outcome, outcome.path)
    if outcome.path is None:
        predictions = f" and {count} predictions" if (count := outcome.differing_predictions) else ""
        typer.echo(
            f"prune-tui: not exported: the outputs of {to} differ from torch's by "
            f"{outcome.max_relative_difference:.1e} of the largest{predictions}; nothing was written",
            err=True,
        )
        raise typer.Exit(1)
    if not outcome.is_checked:
        typer.echo(f"prune-tui: not checked: {NO_COMPILER}", err=True)


def _print_outcome(outcome: "Outcome", path: Path) -> None:
    from rich.console import Console

    from prune_tui.export.compact.reading import lines_for
    from prune_tui.reports.numbers import percent_text, points_text
    from prune_tui.reports.terminal.exports import latencies_table, sizes_table, stored_table

    console = Console(highlight=False)
    files = [(saved.path, saved.file_bytes) for saved in outcome.checkpoints]
    console.print(sizes_table([*files, (path.name, outcome.file_bytes)]))
    if outcome.latency_ms:
        console.print()
        console.print(latencies_table(outcome.latency_ms))
    if outcome.stored:
        console.print()
        rows = [(one.name, one.layout, one.num_shared, one.file_bytes) for one in outcome.stored]
        console.print(stored_table(rows, file_bytes=outcome.file_bytes))
        text = f"\nthese three lines, which need only numpy, read it:\n\n{lines_for(str(path))}"
        console.print(text, markup=False, soft_wrap=True)
    checked = "not compared with torch"
    if outcome.is_checked:
        checked = (
            f"on {outcome.num_images} validation images its outputs differ from torch's by at most "
            f"{outcome.max_relative_difference:.1e} of the largest"
        )
    if outcome.differing_predictions == 0:
        checked += ", its predictions are the same"
    console.print(f"\nwrote {path}: {outcome.checkpoint.path}; {checked}", markup=False, soft_wrap=True)
    if (scores := outcome.scores) is not None:
        before, after = percent_text(scores.before, 2), percent_text(scores.after, 2)
        change = points_text(scores.after - scores.before, 2)
        console.print(
            f"{scores.name} on {scores.num_images:,} validation images: {before} before, {after} with the "
            f"codebook ({change} points)",
            soft_wrap=True,
        )
