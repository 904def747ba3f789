"""Prepares a session in a temporary folder, and starts the process that goes on with it."""

import argparse
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.terminal import ROOT
from prune_tui.catalog.models import model_entry
from prune_tui.core.session.decisions import Prune
from prune_tui.core.session.json import json_data
from prune_tui.storage import checkpoints_folder

PYTHON = sys.executable
SPARSITY = 0.8


def parser_of(name: str) -> argparse.ArgumentParser:
    """Return a parser of the options that choose what is trained."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks {name}")
    parser.add_argument("--model", default="lenet5")
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda", "mps"))
    return parser


def prepared_session(folder: Path, args: argparse.Namespace, *more: str) -> Path:
    """Make a session with a dense baseline and a scan; return its file. `more` are the driver's options."""
    path = folder / "prepared.json"
    names = ["--model", args.model, "--dataset", args.dataset]
    subprocess.run([*driver("prepare", path, args), *names, *more], cwd=ROOT, check=True)
    return path


def copied(path: Path, folder: Path) -> Path:
    """Copy a session and its checkpoints into a folder of their own; return the copy's file."""
    folder.mkdir()
    shutil.copytree(checkpoints_folder(path), folder / checkpoints_folder(path).name)
    return Path(shutil.copy(path, folder))


def driver(
    action: str,
    path: Path,
    args: argparse.Namespace,
    *,
    decision: Prune | None = None,
    threads: int | None = None,
) -> list[str]:
    """Return the command that prepares a session, or carries a decision out in one."""
    command = [PYTHON, "-m", "benchmarks._driver", action, str(path), "--device", args.device]
    if args.data_dir is not None:
        command += ["--data-dir", str(args.data_dir.resolve())]
    if decision is not None:
        command += ["--decision", json.dumps(json_data(decision))]
    if threads is not None:
        command += ["--threads", str(threads)]
    return command


def pruning(model: str, *, num_epochs: int) -> Prune:
    """Return the decision that is timed: every layer pruned alike, then fine-tuned for so many epochs."""
    training = replace(model_entry(model).finetuning, num_epochs=num_epochs)
    return Prune(plan=SPARSITY, finetune=training)


def seconds_taken(path: Path) -> float:
    """Return how long a session's last decision took, by its own clock, from the session's log."""
    lines = (checkpoints_folder(path) / "events.jsonl").read_text(encoding="utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    return float([event["seconds"] for event in events if event["event"] == "DecisionFinished"][-1])


def layer_names(path: Path) -> list[str]:
    """Return a session's prunable layers, in the order they are shown."""
    report = json.loads(path.read_text(encoding="utf-8"))["record"]["report"]
    return [layer["name"] for layer in report["layers"]]
