"""The dataset as a network on a device gets it: batches ready to be used, and the task that scores them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import torch
from torch import nn

from prune_tui.catalog.batches import Batch, Indices, Split, Tree, mapped
from prune_tui.catalog.datasets.images import Data
from prune_tui.catalog.running import run

Augment = Callable[[torch.Tensor], torch.Tensor]
"""Images [N, C, H, W] as they are stored → the same, varied."""

LARGEST_BATCH = 500

EVALUATION_BYTES = 2**30
"""The memory for the activations of a batch that is evaluated."""


class DeviceData:
    """The dataset on the device, and the task of its networks.

    `batch_size` is for evaluating: small enough for the network's activations to fit in memory. A batch of
    more than `training_size` examples is trained in parts; None for no limit.
    """

    def __init__(self, data: Data, device: torch.device) -> None:
        self.device, self.task, self.batch_size = device, data.task, LARGEST_BATCH
        self.scaling, self.class_names = data.scaling, data.class_names
        self.training_size: int | None = None
        self.train, self.validation, self.test = (
            split.to(device) for split in (data.train, data.validation, data.test)
        )
        self._offset = self._scale = torch.ones((), device=device)
        self._is_scaled = data.scaling is not None
        if data.scaling is not None:
            shape = (1, len(data.scaling.mean), 1, 1)
            self._offset = torch.tensor(data.scaling.mean, device=device).reshape(shape) * 255
            self._scale = 1 / (torch.tensor(data.scaling.std, device=device).reshape(shape) * 255)

    def fit_batches(self, *, evaluating: int, training: int, training_budget: int) -> None:
        """Fit batches into memory: activations take so many bytes an example; 0 is not known."""
        self.batch_size = max(1, min(LARGEST_BATCH, EVALUATION_BYTES // max(1, evaluating)))
        # Batch norm can't be trained on a single example.
        self.training_size = max(2, training_budget // training) if training else None

    @property
    def num_examples(self) -> dict[str, int]:
        """The number of examples of each split."""
        return {"train": len(self.train), "validation": len(self.validation), "test": len(self.test)}

    def batch(self, split: Split, at: Indices) -> Batch:
        """Return some examples of a split, ready for the network."""
        return self._ready(split.batch(at))

    def batches(
        self, split: Split, parts: Iterable[Indices], *, augment: Augment | None = None
    ) -> Iterator[Batch]:
        """Yield some examples after others, ready for the network; images are first augmented."""
        for batch in _read_ahead(split, parts) if split.is_read_ahead else map(split.batch, parts):
            if augment is not None and isinstance(batch.inputs, torch.Tensor) and batch.inputs.dim() == 4:
                yield self._ready(Batch(augment(batch.inputs), batch.targets))
            else:
                yield self._ready(batch)

    def parts(self, num_examples: int) -> Sequence[slice]:
        """Return the parts in which so many examples are evaluated."""
        return [
            slice(at, min(num_examples, at + self.batch_size))
            for at in range(0, num_examples, self.batch_size)
        ]

    def outputs(self, module: nn.Module, inputs: Tree) -> Tree:
        """Return the outputs of a network that are scored.

        Raises:
            ModelError: it fails, or returns none such.
        """
        return self.task.picked(run(module, inputs))

    def scaled(self, images: torch.Tensor) -> torch.Tensor:
        """Return images of bytes [N, C, H, W] as floats of mean 0 and deviation 1 over the training set."""
        return (images.float() - self._offset) * self._scale

    def _ready(self, batch: Batch) -> Batch:
        return Batch(mapped(batch.inputs, self._input), mapped(batch.targets, self._moved))

    def _input(self, part: torch.Tensor) -> torch.Tensor:
        moved = self._moved(part)
        if moved.dtype == torch.uint8 and moved.dim() == 4 and self._is_scaled:
            return self.scaled(moved)
        return moved.float() if moved.is_floating_point() else moved

    def _moved(self, part: torch.Tensor) -> torch.Tensor:
        return part.to(self.device, non_blocking=True)


def _read_ahead(split: Split, parts: Iterable[Indices]) -> Iterator[Batch]:
    """Yield batch after batch, each read in a thread while the one before it is computed with."""
    with ThreadPoolExecutor(1, "reading ahead") as reader:
        coming: Future[Batch] | None = None
        for part in parts:
            following = reader.submit(split.batch, part)
            if coming is not None:
                yield coming.result()
            coming = following
        if coming is not None:
            yield coming.result()
