"""`prune-tui scan`: scans a network's sensitivity, and solves a budget from the curves."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prune_tui.catalog.baselines import BUNDLED_DATASET, BUNDLED_MODEL
from prune_tui.cli.exits import reporting
from prune_tui.cli.options import (
    AsJson,
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
from prune_tui.core.terms import Granularity, Precision

if TYPE_CHECKING:
    from prune_tui.commands.scan import Found
    from prune_tui.core.planning.target import Target


@reporting
def scan(
    *,
    model: Annotated[
        str, typer.Option(help="Model to scan; see `list models`, or path/to/net.py:factory.")
    ] = BUNDLED_MODEL,
    weights: Annotated[
        Path | None,
        typer.Option(
            help="Dense baseline, .safetensors or .pt; default: the bundled one, or one is trained."
        ),
    ] = None,
    as_built: Annotated[
        bool,
        typer.Option("--as-built", help="Take the weights that the model is built with as the baseline."),
    ] = False,
    pretrained: Pretrained = False,
    pretrained_weights: PretrainedWeights = None,
    image_size: ImageSize = None,
    dataset: Annotated[
        str, typer.Option(help="Dataset; see `list datasets`, or imagefolder:PATH.")
    ] = BUNDLED_DATASET,
    images: Images = None,
    criterion: Annotated[str, typer.Option(help="Pruning criterion; see `list criteria`.")] = "l1",
    granularity: Annotated[
        Granularity,
        typer.Option(
            help="What is pruned: single weights, whole units, 4×1 or 16×1 blocks, or 2 of 4 weights."
        ),
    ] = "weight",
    tolerance: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            max=100.0,
            help="95 % interval half-width per cell, in points; default: all images.",
        ),
    ] = None,
    precision: Annotated[
        Precision, typer.Option(help="bfloat16 is faster where the device supports it.")
    ] = "float32",
    budget: Annotated[
        str | None,
        typer.Option(
            help="Budget to solve for, such as 20x, '0.1 MB', '10k params', '3x MACs', '2 ms', "
            "'95 % sparsity', '1 point', '≥ 96 % accuracy' or '0.1 MB and 1 point'."
        ),
    ] = None,
    polish: Annotated[
        float,
        typer.Option(
            min=0.0, max=3600.0, help="Seconds to improve the solved plan by measuring others; 0: not at all."
        ),
    ] = 1.5,
    as_json: AsJson = False,
    out: Annotated[Path | None, typer.Option(help="Folder to save the session in, for the app.")] = None,
    data_dir: DataDir = None,
    device: DeviceChoice = "auto",
    threads: Threads = None,
    seed: Seed = 0,
) -> None:
    """Scan each layer's sensitivity, and find a plan for a budget."""
    from prune_tui.catalog.datasets import dataset_entry
    from prune_tui.catalog.models import file_stem, model_entry
    from prune_tui.cli.progress import Progress
    from prune_tui.commands.scan import Request, document
    from prune_tui.commands.scan import scan as scan_network
    from prune_tui.core.planning.target import parse_target
    from prune_tui.core.session.decisions import N_M_SPARSITY, SCAN_SPARSITIES, Scan
    from prune_tui.core.session.names import name_like
    from prune_tui.core.session.session import Session

    target = parse_target(budget) if budget is not None else None
    entry = model_entry(model)
    dataset_entry(dataset)
    wanted = Scan(
        criterion=criterion,
        granularity=granularity,
        sparsities=(N_M_SPARSITY,) if granularity == "n_m" else SCAN_SPARSITIES,
        tolerance_points=tolerance,
        precision=precision,
    )
    session = Session(
        name=name_like(file_stem(entry.name), ending="-scan"),
        model=entry.name,
        dataset=dataset,
        seed=seed,
        device=device,
        pretrained=chosen_weights(pretrained, pretrained_weights),
        image_size=image_size,
        num_train_images=images,
        num_test_images=images,
    )
    request = Request(session, wanted, target, weights, as_built, data_dir, threads, out, polish)
    with Progress() as progress:
        found = scan_network(request, on_event=progress.show)
    if as_json:
        typer.echo(json.dumps(document(found), indent=2))
    else:
        _print_scan(found, target)
    if found.error is not None:
        typer.echo(f"prune-tui: {found.error}", err=True)
        raise typer.Exit(1)


def _print_scan(found: "Found", target: "Target | None") -> None:
    from rich.console import Console

    from prune_tui.reports.terminal.plans import plan_table
    from prune_tui.reports.terminal.scans import scan_table

    console = Console(highlight=False)
    console.print(scan_table(found.figures))
    if found.solution is not None and target is not None:
        console.print()
        console.print(plan_table(found.solution, target, found.figures, found.polished))
    if found.path is not None:
        console.print(f"\nsaved: {found.path}", style="dim", markup=False)
