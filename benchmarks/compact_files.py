"""Counts the bytes of a pruned network's files, and the accuracy that codebooks cost on the test images.

Trains a network, prunes it and fine-tunes it; or takes the newest pruned checkpoints of recorded sessions. On
MNIST it exits with 1 if 5 bits make LeNet-5 at 95 % less than 55 times smaller, or cost over 0.1 points.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import torch
from torch import nn

from benchmarks.planning import trained
from benchmarks.reporting import print_machine, print_table
from benchmarks.subjects import computing_text, first_decision
from prune_tui.catalog.batches import Split
from prune_tui.catalog.models import model_entry
from prune_tui.core.returning import drained
from prune_tui.core.session.decisions import Prune
from prune_tui.engine.data import DeviceData
from prune_tui.engine.decisions.prune import prune
from prune_tui.engine.device import pick_device, prepare_process, seed_everything
from prune_tui.engine.measure.evaluate import evaluate
from prune_tui.engine.network.checkpoints import encode
from prune_tui.engine.network.network import Masks
from prune_tui.engine.network.shrink import with_zeros_as_masks
from prune_tui.engine.network.trace import network_of
from prune_tui.export.compact.codebook import Codebook
from prune_tui.export.compact.network import to_compact, with_tensors_of
from prune_tui.export.description import to_text
from prune_tui.export.network import chosen_checkpoint, exported_network
from prune_tui.storage import checkpoints_folder, read_session

MODEL, SPARSITY = "lenet5", 0.95
CODEBOOKS: tuple[Codebook, ...] = (8, 6, 5, 4, 3, "auto")

CHECKED: Codebook = 5
LEAST_RATIO = 55.0
MOST_POINTS_LOST = 0.1


@dataclass(frozen=True, slots=True)
class Subject:
    """A pruned network with its masks and its data; `description` is what a compact file says of it."""

    title: str
    module: nn.Module
    masks: Masks
    data: DeviceData
    description: str = "{}"


@dataclass(frozen=True, slots=True)
class File:
    """A file of a network: its size, and its accuracy on the validation and the test images."""

    name: str
    num_bytes: int
    validation: float
    test: float


def trained_subject(args: Namespace) -> Subject:
    """Train the network, prune it by one threshold for all layers, and fine-tune it."""
    state, how = trained(args, args.model, args.dataset)
    finetune = replace(model_entry(args.model).finetuning, num_epochs=args.finetuning_epochs)
    decision = Prune(plan=args.sparsity, criterion="lamp", scope="global", finetune=finetune)
    drained(prune(state, decision, first_decision(seed_everything(0, 2), perf_counter)))
    title = f"{args.model} on {args.dataset}, {how}; {args.sparsity:.2%} pruned by LAMP, fine-tuned for "
    title += f"{args.finetuning_epochs} epochs"
    return Subject(title, state.network.module.eval(), state.network.masks, state.data)


def recorded_subject(path: Path, args: Namespace) -> Subject:
    """Open the newest pruned checkpoint of a session."""
    session = read_session(path)
    saved = session.record.checkpoints if session.record else ()
    name = next((one.path for one in reversed(saved) if one.stage == "pruned"), None)
    exported = exported_network(
        session,
        chosen_checkpoint(session, name, source=str(path)),
        checkpoints_folder(path),
        data_dir=args.data_dir,
        allow_code=False,
        on_event=lambda *_: None,
    )
    assert exported.data is not None
    network = with_zeros_as_masks(network_of(exported.module, exported.inputs))
    description = to_text(exported.description)
    return Subject(f"{session.name}, {name}", network.module, network.masks, exported.data, description)


def files_of(subject: Subject) -> Iterator[File]:
    """Yield every file, the dense one first, and the masks as plain bits for comparison."""
    state = {name: tensor.cpu() for name, tensor in subject.module.state_dict().items()}
    dense, packed = len(encode(state, {})), len(encode(state, subject.masks))
    scores = scores_of(subject.module, subject.data)
    yield File("every weight stored", dense, *scores)
    yield File("masks as bits, values", with_plain_masks(state, subject.masks), *scores)
    yield File("pruned checkpoint", packed, *scores)
    for codebook in (None, *CODEBOOKS):
        content = to_compact(subject.module, description=subject.description, codebook=codebook).content
        bits = "" if codebook is None else ", auto" if codebook == "auto" else f", {codebook} bits"
        module = with_tensors_of(subject.module, content)
        yield File(f"compact{bits}", len(content), *scores_of(module, subject.data))


def with_plain_masks(state: Mapping[str, torch.Tensor], masks: Masks) -> int:
    """Return the bytes of tensors alone, without a header, if masks took a bit for each weight."""
    return sum(
        (mask.numel() + 7) // 8 + int(mask.sum()) * state[name].element_size() for name, mask in masks.items()
    ) + sum(tensor.nbytes for name, tensor in state.items() if name not in masks)


def scores_of(module: nn.Module, data: DeviceData) -> tuple[float, float]:
    def accuracy(split: Split) -> float:
        return drained(evaluate(module, data, split, perf_counter)).accuracy

    return accuracy(data.validation), accuracy(data.test)


def shortfalls(title: str, files: Sequence[File]) -> list[str]:
    """Say where the file of the codebook that is checked is too large, or costs too much."""
    dense = files[0]
    file = next(one for one in files if one.name == f"compact, {CHECKED} bits")
    ratio, lost = dense.num_bytes / file.num_bytes, (dense.test - file.test) * 100
    found = []
    if ratio < LEAST_RATIO:
        found.append(f"{title}, {file.name}: {ratio:.1f} times smaller, {LEAST_RATIO:g} wanted")
    if lost > MOST_POINTS_LOST + 1e-9:
        found.append(f"{title}, {file.name}: {lost:.2f} points lost, {MOST_POINTS_LOST:g} allowed")
    return found


def row(file: File, dense: File) -> list[str]:
    return [
        file.name,
        f"{file.num_bytes:,}",
        f"{dense.num_bytes / file.num_bytes:.1f}x",
        f"{file.validation:.2%}",
        f"{file.test:.2%}",
        f"{(file.test - dense.test) * 100:+.2f}",
    ]


def main(options: Sequence[str] = ()) -> None:
    parser = ArgumentParser(prog="python -m benchmarks compact_files")
    parser.add_argument("--data-dir", type=Path, help="where MNIST is; else the network sees the digits")
    parser.add_argument("--sessions", nargs="+", type=Path, default=(), metavar="FILE", help="recorded ones")
    parser.add_argument("--model", default=MODEL)
    parser.add_argument("--sparsity", type=float, default=SPARSITY)
    parser.add_argument("--epochs", type=int, default=6, help="epochs of training beforehand, at least")
    parser.add_argument("--finetuning-epochs", type=int, default=4)
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda", "mps"))
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of torch")
    args = parser.parse_args(options)
    args.dataset = "digits" if args.data_dir is None else "mnist"
    prepare_process(args.threads)
    short = []
    subjects = (recorded_subject(path, args) for path in args.sessions)
    for subject in subjects if args.sessions else [trained_subject(args)]:
        files = list(files_of(subject))
        columns = ("file", "bytes", "smaller", "validation", "test", "points")
        print_table(subject.title, columns, [row(file, files[0]) for file in files])
        if not args.sessions and (args.model, args.dataset, args.sparsity) == (MODEL, "mnist", SPARSITY):
            short += shortfalls(args.model, files)
    print("\n  smaller: than with every weight stored; points: of the test accuracy that rounding costs")
    print("  masks as bits: what pruned checkpoints had before, without a header")
    print(f"  {computing_text(pick_device(args.device))}")
    print_machine()
    if short:
        raise SystemExit("\n".join(f"benchmarks: {line}" for line in short))


if __name__ == "__main__":
    main()
