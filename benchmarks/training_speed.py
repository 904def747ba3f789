"""Measures fine-tuning with masks against the textbook loop: images a second, and peak memory."""

import importlib.util
import json
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import torch

from benchmarks.reporting import median, print_machine, print_table, ratio_text
from benchmarks.subjects import computing_text, engine_parser, loaded, parsed
from benchmarks.terminal import ROOT
from prune_tui.catalog.datasets.images import Data
from prune_tui.catalog.tasks.task import tensor
from prune_tui.engine.device import computes_bfloat16, pick_device

TEXTBOOK = "textbook"
VARIANTS = {
    TEXTBOOK: "textbook loop, loader in the process",
    "textbook-workers": "textbook loop, 2 loader processes",
    "textbook-prune": "textbook loop, torch.nn.utils.prune",
    "lightning": "Lightning, ModelPruning",
    "ours": "ours, float32",
    "ours-unmasked": "ours, float32, no masks",
    "ours-bfloat16": "ours, bfloat16",
    "ours-bfloat16-unmasked": "ours, bfloat16, no masks",
}
MASKED_AND_NOT = (
    ("ours", "ours-unmasked"),
    ("ours-bfloat16", "ours-bfloat16-unmasked"),
    ("textbook-prune", TEXTBOOK),
)
NUM_VALIDATION_IMAGES = 500


def save(data: Data, folder: Path, num_images: int) -> int:
    """Save the images to train on as bytes, each way in the layout it wants; return how many."""
    count = min(num_images, len(data.train))
    train = data.train.batch(slice(0, count))
    validation = data.validation.batch(slice(0, NUM_VALIDATION_IMAGES))
    images = tensor(train.inputs).clone()
    assert data.scaling is not None
    layouts = {TEXTBOOK: images.permute(0, 2, 3, 1).squeeze(-1).contiguous(), "ours": images}
    for name, laid_out in layouts.items():
        torch.save(
            {
                "images": laid_out,
                "labels": tensor(train.targets).clone(),
                "validation_images": tensor(validation.inputs).clone(),
                "validation_labels": tensor(validation.targets).clone(),
                "mean": data.scaling.mean,
                "std": data.scaling.std,
                "num_classes": data.task.num_outputs,
            },
            folder / f"{name}.pt",
        )
    return count


def run(variant: str, folder: Path, args: Namespace) -> dict[str, float]:
    """Train in a process of its own; return images a second, peak bytes and the last epoch's loss."""
    data = folder / ("ours.pt" if variant.startswith("ours") else f"{TEXTBOOK}.pt")
    command = [sys.executable, "-m", "benchmarks._trainer", variant, str(data)]
    command += ["--model", args.model, "--epochs", str(args.epochs), "--device", args.device]
    if args.threads is not None:
        command += ["--threads", str(args.threads)]
    finished = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, float] = json.loads(finished.stdout.splitlines()[-1])
    return result


def main(options: Sequence[str] = ()) -> None:
    parser = engine_parser("training_speed")
    parser.add_argument("--images", type=int, default=4_000, help="images to train on, at most")
    parser.add_argument("--epochs", type=int, default=1, help="epochs that are timed, after one that is not")
    parser.add_argument("--loops", nargs="+", choices=VARIANTS, default=list(VARIANTS), metavar="LOOP")
    args = parsed(parser, options)
    device = pick_device(args.device)
    skipped = {}
    if importlib.util.find_spec("lightning") is None:
        skipped["lightning"] = "lightning is not installed"
    if not computes_bfloat16(device):
        skipped |= {name: "no bfloat16 here" for name in VARIANTS if "bfloat16" in name}
    chosen = [name for name in VARIANTS if name in (TEXTBOOK, *args.loops) and name not in skipped]
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in chosen}
    with tempfile.TemporaryDirectory() as folder:
        count = save(loaded(args), Path(folder), args.images)
        for _ in range(args.repeats):
            for name in chosen:
                runs[name].append(run(name, Path(folder), args))
    speeds = {name: [each["images_per_second"] for each in runs[name]] for name in chosen}
    peaks = {name: [each["peak_bytes"] for each in runs[name]] for name in chosen}
    print_table(
        f"Fine-tuning {args.model} on {args.dataset}: {count:,} images in batches of 128, Adam; "
        f"epochs timed: {args.epochs}, after one that is not; {args.repeats} processes of each in turn",
        ("loop", "images a second", "/ textbook (of the pairs)", "peak memory", "/ textbook (of the pairs)",
         "last loss"),
        [
            [
                VARIANTS[name],
                f"{median(speeds[name]):,.0f}",
                ratio_text(speeds[name], speeds[TEXTBOOK]),
                f"{median(peaks[name]) / 1e6:,.0f} MB",
                ratio_text(peaks[name], peaks[TEXTBOOK]),
                f"{median([each['loss'] for each in runs[name]]):.3f}",
            ]
            for name in chosen
        ],
    )  # fmt: skip
    costs = [
        [VARIANTS[masked], ratio_text(speeds[unmasked], speeds[masked])]
        for masked, unmasked in MASKED_AND_NOT
        if masked in chosen and unmasked in chosen
    ]
    if costs:
        print_table(
            "What masks cost: seconds an image with masks at 80 %, against without",
            ("loop", "with / without (of the pairs)"),
            costs,
        )
    print(f"\n  {computing_text(device)}")
    print(
        "  textbook: a Dataset of PIL images, ToTensor and Normalize, a DataLoader that shuffles, plain Adam"
    )
    print(
        "  peak memory: of the training process alone, without its loader processes; all hold the same bytes"
    )
    for name, why in skipped.items():
        if name in args.loops:
            print(f"  skipped: {VARIANTS[name]}: {why}")
    if "lightning" in chosen:
        print(f"  lightning {version('lightning')}")
    print_machine()


if __name__ == "__main__":
    main()
