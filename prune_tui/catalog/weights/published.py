"""Fetches published weights once, and puts them into a model whose classifier may be another."""

from collections import OrderedDict
from collections.abc import Generator, Mapping
from pathlib import Path

import torch
from torch import nn

from prune_tui.catalog.datasets import default_data_dir
from prune_tui.catalog.datasets.fetching import Checksum, fetch
from prune_tui.catalog.models.published import PublishedWeights
from prune_tui.catalog.weights.files import Tensors, tensors_in
from prune_tui.core.errors import CheckpointError
from prune_tui.core.run.events import DataProgress
from prune_tui.storage import read_regular


def fetched(weights: PublishedWeights, data_dir: Path | None) -> Generator[DataProgress, None, Tensors]:
    """Return the tensors of published weights, fetching their file to `weights/` in the data folder.

    Raises:
        DataError: the file can't be fetched, or is not the published one.
        CheckpointError: it can't be read, or holds anything but tensors.
    """
    path = (data_dir or default_data_dir()) / "weights" / weights.file_name
    hint = f"go online, or put {weights.file_name} into {path.parent}"
    checksum = Checksum("sha256", weights.sha256_start)
    yield from fetch([weights.url], path, checksum=checksum, hint=hint)
    try:
        content = read_regular(path)
    except OSError as error:
        raise CheckpointError(f"{path}: can't be read: {error.strerror}") from None
    return tensors_in(content, source=str(path))


def fit(
    module: nn.Module, tensors: Mapping[str, torch.Tensor], *, num_published_classes: int, source: str
) -> tuple[str, ...]:
    """Load published tensors into a module, whose classifier keeps its fresh weights if it has other classes.

    Returns the names of the layers that kept theirs; empty if none did.

    Raises:
        CheckpointError: a tensor is missing, or has another shape for any other reason.
    """
    own = module.state_dict()
    taken = OrderedDict(own)
    fresh = []
    for name, wanted in own.items():
        tensor = tensors.get(name)
        if tensor is None:
            # Checkpoints from before torch 0.4.1 have no such counters.
            if name.endswith("num_batches_tracked"):
                continue
            raise CheckpointError(f"{source}: weights of another model: tensor {name} is missing")
        if tensor.shape == wanted.shape:
            taken[name] = tensor
        elif tensor.shape[:1] == (num_published_classes,) and tensor.shape[1:] == wanted.shape[1:]:
            fresh.append(name.rpartition(".")[0])
        else:
            raise CheckpointError(
                f"{source}: {name} has shape {tuple(tensor.shape)}, the model's is {tuple(wanted.shape)}: "
                "leave the image size out, or train without published weights"
            )
    # Some modules look up the version of their state in what `state_dict` attaches to it.
    taken._metadata = getattr(own, "_metadata", None)  # type: ignore[attr-defined]
    module.load_state_dict(taken)
    return tuple(dict.fromkeys(fresh))
