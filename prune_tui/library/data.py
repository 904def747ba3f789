"""The data that the library's functions take: tensors, data sets or loaders, and what is scored."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from prune_tui.catalog.datasets.images import Data as Prepared
from prune_tui.catalog.datasets.own.reading import data_from
from prune_tui.catalog.tasks.own import LossAndScore

TaskName = Literal["classification", "multi_label", "regression", "segmentation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """Examples, and what is scored: what a function in a file of your own returns, too (docs/YOUR-DATA.md).

    Each split is a pair (inputs, targets) of tensors or arrays, or of dicts or tuples of them where a network
    takes several; a data set whose items are got by number; or a loader of one. Images of bytes, uint8
    [N, C, H, W], are scaled to mean 0 and deviation 1 over the training split; all else goes in as it is.

    Args:
        train: the only one that is needed.
        validation: None draws a tenth of what is left of `train`, by the seed.
        test: None draws a fifth of `train`, by the seed.
        task: a name, or a function (outputs, batch) → (loss, score).
        num_classes: None counts the classes of training targets in tensors.
        output: which output is scored, where the network returns several: a key, a field or a position.
        target: the key of the targets in batches that are dicts; None takes `labels`, `label`, `targets` or
            `target`.
        collate: puts a list of a data set's items into a batch; None is torch's default, or the loader's.
        mean: one number a channel of images scaled to [0, 1]; None is measured.
        std: as `mean`.
        class_names: by class; a network that is exported names them.
    """

    train: object
    validation: object = None
    test: object = None
    task: TaskName | LossAndScore = "classification"
    num_classes: int | None = None
    output: str | int | None = None
    target: str | None = None
    collate: Callable[[list[Any]], object] | None = None
    mean: float | Sequence[float] | None = None
    std: float | Sequence[float] | None = None
    class_names: Sequence[str] = ()


AnyData: TypeAlias = Data | Prepared | Mapping[str, object]
"""`Data`, what `dataset` returns, or the fields of `Data` as a mapping."""


def prepared(given: AnyData, seed: int) -> Prepared:
    """Return the data as the engine takes them; `seed` draws the splits that are not given.

    Raises:
        DataError: a split is empty or malformed, or a field or the task is unknown.
    """
    return given if isinstance(given, Prepared) else data_from(given, seed=seed)
