"""The process under test: trains one epoch to warm up, then the timed ones, in one of several ways."""

import argparse
import json
import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any, TypedDict

import torch
from torch import nn

from prune_tui.catalog.models import model_entry

BATCH_SIZE = 128
LEARNING_RATE = 1e-3
SPARSITY = 0.8
NUM_WORKERS = 2

Timed = tuple[float, float]
"""The seconds of the timed epochs, and the mean loss of the last."""


class Saved(TypedDict):
    """The content of the images' file: pixels, labels, and the mean and deviation to normalise by.

    Pixels are bytes [N, C, H, W]; for the textbook loops [N, H, W] or [N, H, W, 3].
    """

    images: torch.Tensor
    labels: torch.Tensor
    validation_images: torch.Tensor
    validation_labels: torch.Tensor
    mean: tuple[float, ...]
    std: tuple[float, ...]
    num_classes: int


def peak_bytes() -> int:
    """Return the most memory that this process has used; on Linux since it started this program."""
    status = Path("/proc/self/status")
    if status.is_file():
        # getrusage would include the memory that the parent had when it forked.
        lines = status.read_text(encoding="utf-8").splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def prunable(module: nn.Module) -> Iterator[nn.Module]:
    """Yield the layers that are masked."""
    return (layer for layer in module.modules() if isinstance(layer, nn.Conv2d | nn.Linear))


def textbook_loader(saved: Saved, num_workers: int) -> Any:
    """Return a DataLoader over images that are transformed one by one, as torchvision's tutorials do."""
    from prune_tui.catalog import torchvision_operators

    torchvision_operators.ensure()
    from PIL import Image
    from torch.utils.data import DataLoader, Dataset
    from torchvision import transforms

    pixels = saved["images"].numpy()
    labels = saved["labels"].tolist()
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize(saved["mean"], saved["std"])])

    class Pictures(Dataset[tuple[torch.Tensor, int]]):
        def __len__(self) -> int:
            return len(labels)

        def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
            return transform(Image.fromarray(pixels[index])), labels[index]

    return DataLoader(Pictures(), batch_size=BATCH_SIZE, shuffle=True, num_workers=num_workers)


def textbook(
    module: nn.Module,
    saved: Saved,
    args: argparse.Namespace,
    *,
    num_workers: int = 0,
    is_pruned: bool = False,
) -> Timed:
    """Train as a textbook does."""
    from torch.nn.utils import prune

    loader = textbook_loader(saved, num_workers)
    module.to(args.device).train()
    if is_pruned:
        for layer in prunable(module):
            prune.l1_unstructured(layer, "weight", amount=SPARSITY)  # type: ignore[no-untyped-call]
    optimizer = torch.optim.Adam(module.parameters(), lr=LEARNING_RATE)
    seconds = total = 0.0
    for epoch in range(args.epochs + 1):
        total = 0.0
        began = perf_counter()
        for inputs, labels in loader:
            inputs, labels = inputs.to(args.device), labels.to(args.device)
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(module(inputs), labels)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            total += loss.item() * len(labels)
        if epoch:
            seconds += perf_counter() - began
    return seconds, total / len(saved["labels"])


def lightning(module: nn.Module, saved: Saved, args: argparse.Namespace) -> Timed:
    """Train with Lightning, whose callback prunes after the epoch that is not timed."""
    import logging

    from prune_tui.catalog import torchvision_operators

    torchvision_operators.ensure()  # Lightning's metrics import torchvision
    from lightning.pytorch import Callback, LightningModule, Trainer
    from lightning.pytorch.callbacks import ModelPruning

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)

    class Task(LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.module, self.total = module, 0.0

        def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], _index: int) -> torch.Tensor:
            inputs, labels = batch
            loss = nn.functional.cross_entropy(self.module(inputs), labels)
            self.total += loss.item() * len(labels)
            return loss

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.Adam(self.parameters(), lr=LEARNING_RATE)

    class Watch(Callback):
        def __init__(self) -> None:
            self.began = self.seconds = self.total = 0.0

        def on_train_epoch_start(self, _trainer: Trainer, task: LightningModule) -> None:
            task.total, self.began = 0.0, perf_counter()

        def on_train_epoch_end(self, trainer: Trainer, task: LightningModule) -> None:
            if trainer.current_epoch:
                self.seconds += perf_counter() - self.began
            self.total = task.total

    watch = Watch()
    pruning = ModelPruning(
        "l1_unstructured",
        parameters_to_prune=[(layer, "weight") for layer in prunable(module)],
        amount=SPARSITY,
        use_global_unstructured=False,
        apply_pruning=lambda epoch: epoch == 0,
        use_lottery_ticket_hypothesis=False,
    )
    trainer = Trainer(
        max_epochs=args.epochs + 1,
        accelerator={"cpu": "cpu", "cuda": "gpu", "mps": "mps"}[args.device],
        devices=1,
        callbacks=[watch, pruning],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(Task(), textbook_loader(saved, 0))
    return watch.seconds, watch.total / len(saved["labels"])


def ours(
    module: nn.Module,
    saved: Saved,
    args: argparse.Namespace,
    *,
    is_masked: bool = True,
    is_mixed: bool = False,
) -> Timed:
    """Train as the engine does; the seconds leave out the evaluation after each epoch."""
    from benchmarks.subjects import as_engine_has_it
    from prune_tui.catalog.batches import TensorSplit
    from prune_tui.catalog.datasets.images import Data, Scaling
    from prune_tui.catalog.tasks.classification import Classification
    from prune_tui.core.returning import drained
    from prune_tui.core.run.events import BatchEvaluated, EpochFinished
    from prune_tui.core.session.decisions import Prune
    from prune_tui.core.session.recipe import Training
    from prune_tui.engine.context import TrainingPhase
    from prune_tui.engine.data import DeviceData
    from prune_tui.engine.device import pick_device, prepare_process
    from prune_tui.engine.pruning.plan_masks import masks_for_round
    from prune_tui.engine.pruning.scores import score
    from prune_tui.engine.training.loop import train

    prepare_process(args.threads)
    validation = TensorSplit(saved["validation_images"], saved["validation_labels"])
    train_split = TensorSplit(saved["images"], saved["labels"])
    scaling = Scaling(saved["mean"], saved["std"])
    data = Data(train_split, validation, validation, Classification(saved["num_classes"]), scaling)
    images = DeviceData(data, pick_device(args.device))
    network = as_engine_has_it(module, images)
    random_state = torch.Generator().manual_seed(0)
    if is_masked:
        names = [layer.name for layer in network.layers]
        scores = drained(
            score(network, images, "l1", "weight", names, random_state=random_state, clock=perf_counter)
        )
        network.mask(masks_for_round(network, scores, Prune(plan=SPARSITY), 1))
    training = Training(
        num_epochs=args.epochs + 1,
        batch_size=BATCH_SIZE,
        learning_rate=LEARNING_RATE,
        precision="bfloat16" if is_mixed else "float32",
    )
    seconds = loss = 0.0
    num_done = 0
    began = last = perf_counter()
    for event in train(
        network,
        images,
        training,
        phase=TrainingPhase(0, 1, 1, 0, lambda _: False),
        random_state=random_state,
        clock=lambda: perf_counter() - began,
    ):
        now = perf_counter()
        if isinstance(event, EpochFinished):
            num_done, loss = num_done + 1, event.figures.train_loss or 0.0
        elif num_done and not isinstance(event, BatchEvaluated):
            seconds += now - last
        last = now
    return seconds, loss


WAYS: dict[str, Callable[[nn.Module, Saved, argparse.Namespace], Timed]] = {
    "textbook": textbook,
    "textbook-workers": lambda *given: textbook(*given, num_workers=NUM_WORKERS),
    "textbook-prune": lambda *given: textbook(*given, is_pruned=True),
    "lightning": lightning,
    "ours": ours,
    "ours-unmasked": lambda *given: ours(*given, is_masked=False),
    "ours-bfloat16": lambda *given: ours(*given, is_mixed=True),
    "ours-bfloat16-unmasked": lambda *given: ours(*given, is_masked=False, is_mixed=True),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks._trainer")
    parser.add_argument("way", choices=WAYS)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--device")
    parser.add_argument("--threads", type=int)
    args = parser.parse_args()
    if args.threads is not None:
        torch.set_num_threads(args.threads)
    saved: Saved = torch.load(args.data)
    torch.manual_seed(0)
    module = model_entry(args.model).build(num_classes=saved["num_classes"])
    seconds, loss = WAYS[args.way](module, saved, args)
    num_images = len(saved["labels"]) * args.epochs
    print(json.dumps({"images_per_second": num_images / seconds, "peak_bytes": peak_bytes(), "loss": loss}))


if __name__ == "__main__":
    main()
