"""Builds the C of a folder and runs it on tensors."""

import ctypes
from functools import lru_cache

import torch

from prune_tui.catalog.batches import Tree, tensors_of
from prune_tui.export.c.folder import Folder
from prune_tui.export.torch_export import Runnable
from prune_tui.native.building import built, has_threads
from prune_tui.native.source.network import WEIGHTS_FILE, Source


def open_c(folder: Folder, *, num_threads: int) -> Runnable:
    """Return the network in a folder, ready to run on so many threads.

    Raises:
        ExportError: there is no C compiler, or it refuses the source.
    """
    files = folder.files
    source = Source(files["net.c"].decode(), files.get(WEIGHTS_FILE, b""))
    library = _library(source, files["net.h"].decode())

    def run(inputs: Tree) -> Tree:
        (given,) = tensors_of(inputs)
        given = given.detach().float().contiguous()
        outputs = torch.empty(len(given), *folder.output_shape)
        if has_threads():
            library.omp_set_num_threads(num_threads)
        library.net(given.data_ptr(), outputs.data_ptr(), len(given))
        return outputs

    return run


@lru_cache(maxsize=1)
def _library(source: Source, header: str) -> ctypes.CDLL:
    """Build a source, once for its comparison and its timing."""
    library = built(source, header, with_threads=has_threads())
    library.net.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
    library.net.restype = None
    return library
