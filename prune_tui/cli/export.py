"""`prune-tui export`: writes a session's network for other programs: ONNX, torch.export or safetensors."""

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
    to: Annotated[ExportFormat, typer.Option(help="What to write; onnx needs prune-tui[onnx].")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The file, which must be new.")],
    checkpoint: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Checkpoint, such as pruned-2.safetensors; default: the newest."),
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    allow_code: AllowCode = False,
) -> None:
    """Write a session's network for other programs, checked against torch and timed."""
    from prune_tui.cli.progress import Progress
    from prune_tui.commands.export import Request, document, load
    from prune_tui.commands.export import export as export_network

    request = Request(session, to, out, checkpoint, data_dir, allow_code)
    with Progress() as progress:
        source = load(request, on_event=progress.show)
    outcome = export_network(request, source, say=lambda text: typer.echo(f"{text} …", err=True))
    if as_json:
        typer.echo(json.dumps(document(request, outcome), indent=2))
    elif outcome.path is not None:
        _print_outcome(outcome, outcome.path)
    if outcome.path is None:
        typer.echo(
            f"prune-tui: not exported: the outputs of {to} differ from torch's by "
            f"{outcome.max_relative_difference:.1e} of the largest; nothing was written",
            err=True,
        )
        raise typer.Exit(1)


def _print_outcome(outcome: "Outcome", path: Path) -> None:
    from rich.console import Console

    from prune_tui.reports.terminal.exports import latencies_table, sizes_table

    console = Console(highlight=False)
    files = [(saved.path, saved.file_bytes) for saved in outcome.checkpoints]
    console.print(sizes_table([*files, (path.name, outcome.file_bytes)]))
    if outcome.latency_ms:
        console.print()
        console.print(latencies_table(outcome.latency_ms))
    console.print(
        f"\nwrote {path}: {outcome.checkpoint.path}; on {outcome.num_images} validation images its outputs "
        f"differ from torch's by at most {outcome.max_relative_difference:.1e} of the largest",
        markup=False,
        soft_wrap=True,
    )
