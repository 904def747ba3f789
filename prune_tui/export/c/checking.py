"""Compares a folder of C with the network in torch, and times the two."""

from dataclasses import dataclass

import torch

from prune_tui.catalog.batches import Tree, call
from prune_tui.catalog.tasks.task import tensor
from prune_tui.export.c.folder import Folder
from prune_tui.export.c.running import open_c
from prune_tui.export.checking import MOST_DIFFERENCE, Latencies, difference_of, times_of
from prune_tui.export.network import Exported


@dataclass(frozen=True, slots=True)
class Compared:
    """How far the outputs of C are from torch's, relative to the largest, and how many predictions differ.

    Both are None where they were not compared, predictions also where the outputs are no classes.
    """

    difference: float | None
    differing_predictions: int | None

    @property
    def is_same(self) -> bool:
        """Whether nothing speaks against the folder."""
        return (
            self.difference is None or self.difference <= MOST_DIFFERENCE
        ) and not self.differing_predictions


def compare_c(network: Exported, folder: Folder) -> Compared:
    """Build a folder's C, and compare it with torch on the network's inputs.

    Raises:
        ExportError: there is no C compiler, or it refuses the source.
    """
    num_threads = torch.get_num_threads()

    def reference(inputs: Tree) -> Tree:
        return folder.picked(call(network.module, inputs))

    run = open_c(folder, num_threads=num_threads)
    difference = difference_of(network, reference, lambda: run)
    if not folder.predicts:
        return Compared(difference, None)
    with torch.inference_mode():
        wanted, given = (tensor(each(network.inputs)).argmax(dim=1) for each in (reference, run))
    return Compared(difference, int((wanted != given).sum()))


def timed_c(network: Exported, folder: Folder) -> Latencies:
    """Time a folder's C beside torch, on one thread and on all, at batch sizes 1 and 64."""
    return times_of(network, "C", lambda threads: open_c(folder, num_threads=threads))
