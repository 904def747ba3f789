"""Measures a network: accuracy and loss on a split, counts, histograms of its weights, latency."""

import hashlib
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import torch
from torch import nn

from prune_tui.catalog.datasets.images import ImageData, Split
from prune_tui.core.run.events import NUM_BINS, BatchEvaluated, Pruned, WeightsBinned
from prune_tui.core.run.report import Latency, LayerFigures
from prune_tui.engine.network.network import Network

EVALUATION_BATCH_SIZE = 500
_NUM_WARM_UPS = 1
_MAX_TURNS = 12
_MAX_PASSES_A_TURN = 30
_TURN_SECONDS = 0.02
_MAX_TIMED_SECONDS = 2.0

Clock = Callable[[], float]
"""Seconds since the decision began."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Accuracy (a fraction of 1) and mean cross-entropy (nats) on a split."""

    accuracy: float
    loss: float


class Images:
    """The dataset on the device: batches of normalised floats, cut from bytes as they are asked for."""

    def __init__(self, data: ImageData, device: torch.device) -> None:
        self.device = device
        self.train, self.validation, self.test = (
            Split(split.images.to(device), split.labels.to(device))
            for split in (data.train, data.validation, data.test)
        )
        shape = (1, len(data.mean), 1, 1)
        self._offset = torch.tensor(data.mean, device=device).reshape(shape) * 255
        self._scale = 1 / (torch.tensor(data.std, device=device).reshape(shape) * 255)

    def normalised(self, images: torch.Tensor) -> torch.Tensor:
        """Return bytes of shape (batch, channels, height, width) as floats of mean 0 and deviation 1."""
        return (images.float() - self._offset) * self._scale


def evaluate(
    module: nn.Module, images: Images, split: Split, clock: Clock
) -> Generator[BatchEvaluated, None, Evaluation]:
    """Classify a whole split, an event a batch."""
    was_training = module.training
    module.eval()
    num_images = len(split.labels)
    num_batches = -(-num_images // EVALUATION_BATCH_SIZE)
    correct = torch.zeros((), dtype=torch.int64, device=images.device)
    loss = torch.zeros((), dtype=torch.float64 if images.device.type != "mps" else torch.float32)
    loss = loss.to(images.device)
    for batch in range(num_batches):
        part = slice(batch * EVALUATION_BATCH_SIZE, (batch + 1) * EVALUATION_BATCH_SIZE)
        with torch.inference_mode():
            logits = module(images.normalised(split.images[part]))
            labels = split.labels[part]
            correct += (logits.argmax(dim=1) == labels).sum()
            loss += nn.functional.cross_entropy(logits, labels, reduction="sum")
        yield BatchEvaluated(batch + 1, num_batches, clock())
    module.train(was_training)
    return Evaluation(accuracy=int(correct) / num_images, loss=float(loss) / num_images)


def layer_figures(network: Network) -> tuple[LayerFigures, ...]:
    """Count each layer's weights that are not zero."""
    counts = torch.stack([network.weight(layer.name).count_nonzero() for layer in network.layers]).tolist()
    return tuple(
        LayerFigures(
            name=layer.name,
            parameters=layer.parameters,
            nonzero=nonzero,
            sparsity=1 - nonzero / layer.parameters,
        )
        for layer, nonzero in zip(network.layers, counts, strict=True)
    )


def count(network: Network, *, round: int, num_rounds: int, file_bytes: int, seconds: float) -> Pruned:
    """Count the whole network's parameters and multiply-adds, all and those that are not zero."""
    layers = layer_figures(network)
    prunable = sum(layer.parameters for layer in layers)
    kept = sum(layer.nonzero for layer in layers)
    parameters = sum(parameter.numel() for parameter in network.module.parameters())
    nonzero = sum(int(parameter.count_nonzero()) for parameter in network.module.parameters())
    zero_macs = sum(
        info.macs - info.macs * layer.nonzero // layer.parameters
        for info, layer in zip(network.layers, layers, strict=True)
    )
    return Pruned(
        round=round,
        num_rounds=num_rounds,
        layers=layers,
        parameters=parameters,
        nonzero=nonzero,
        sparsity=1 - kept / prunable,
        macs=network.total_macs,
        nonzero_macs=network.total_macs - zero_macs,
        file_bytes=file_bytes,
        seconds=seconds,
    )


@torch.no_grad()
def binned_weights(network: Network, *, stage: str) -> list[WeightsBinned]:
    """Bin |w| of each layer's kept weights, from 0 to the layer's largest."""
    binned = []
    for layer in network.layers:
        magnitudes = network.weight(layer.name).abs()
        mask = network.mask_of(layer.name)
        kept = magnitudes if mask is None else magnitudes[mask]
        kept = kept[kept.isfinite()]
        largest = float(kept.max()) if kept.numel() else 0.0
        counts = torch.histc(kept.float().cpu(), bins=NUM_BINS, min=0.0, max=largest or 1.0)
        binned.append(WeightsBinned(layer.name, stage, largest, tuple(int(n) for n in counts.tolist())))
    return binned


def hash_weights(state: Mapping[str, torch.Tensor]) -> str:
    """Return the SHA-256 of all tensors, in the order of their names, with their names and shapes."""
    digest = hashlib.sha256()
    for name in sorted(state):
        tensor = state[name].detach().cpu().contiguous()
        digest.update(f"{name}{tuple(tensor.shape)}{tensor.dtype}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Timed:
    """A turn of forward passes: which network, and how long each took, in seconds."""

    which: str
    seconds: tuple[float, ...]


def time_forward(
    modules: Mapping[str, nn.Module], batch: torch.Tensor
) -> Generator[Timed, None, dict[str, Latency]]:
    """Time forward passes of one batch through each network in turn, so that drift hits all alike.

    The passes of a turn follow each other as in use; its first only brings the network's weights back into
    the processor's cache, from which the others have driven them, and does not count.
    """
    seconds: dict[str, list[float]] = {name: [] for name in modules}
    began = perf_counter()
    for turn in range(_NUM_WARM_UPS + _MAX_TURNS):
        for name, module in modules.items():
            passes = _turn(module, batch)
            if turn >= _NUM_WARM_UPS:
                seconds[name] += passes[1:]
            yield Timed(name, tuple(passes))
        if turn > _NUM_WARM_UPS + 2 and perf_counter() - began > _MAX_TIMED_SECONDS:
            break
    return {
        name: Latency(
            p50=round(float(np.percentile(taken, 50)) * 1000, 4),
            p95=round(float(np.percentile(taken, 95)) * 1000, 4),
        )
        for name, taken in seconds.items()
    }


def _turn(module: nn.Module, batch: torch.Tensor) -> list[float]:
    """Return the seconds of at least two passes, and as many as fit a turn."""
    passes: list[float] = []
    with torch.inference_mode():
        while len(passes) < 2 or (sum(passes) < _TURN_SECONDS and len(passes) < _MAX_PASSES_A_TURN):
            _wait_for(batch.device)
            start = perf_counter()
            module(batch)
            _wait_for(batch.device)
            passes.append(perf_counter() - start)
    return passes


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
