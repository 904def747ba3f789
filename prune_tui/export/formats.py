"""The formats a network is exported in: how each file is written, and opened again."""

from copy import deepcopy
from functools import partial
from typing import assert_never

from prune_tui.catalog.batches import call
from prune_tui.core.terms import ExportFormat, FileFormat
from prune_tui.export.compact.network import to_compact, with_tensors_of
from prune_tui.export.description import to_text
from prune_tui.export.loading import can_build, rebuilt
from prune_tui.export.network import Exported
from prune_tui.export.onnx import demand_packages, open_onnx, to_onnx
from prune_tui.export.safetensors import to_safetensors
from prune_tui.export.torch_export import Runnable, open_torch_export, to_torch_export


def check_format(wanted: ExportFormat) -> None:
    """Check that what writes this format is installed.

    Raises:
        ExportError: it is not.
    """
    if wanted == "onnx":
        demand_packages()


def runtime_of(wanted: ExportFormat) -> str | None:
    """Return what runs files of this format; None where it is plain torch again."""
    match wanted:
        case "onnx":
            return "onnxruntime"
        case "torch-export":
            return "torch-export"
        case "safetensors" | "compact":
            return None
        case "c":
            return "C"
        case _:
            assert_never(wanted)


def encoded(network: Exported, wanted: FileFormat) -> bytes:
    """Return the bytes of a file of this format.

    Raises:
        ExportError: the network can't be written in it.
    """
    description = to_text(network.description)
    match wanted:
        case "onnx":
            return to_onnx(network.module, network.inputs, description=description)
        case "torch-export":
            return to_torch_export(network.module, network.inputs, description=description)
        case "safetensors":
            return to_safetensors(network.module, description=description)
        case "compact":
            return to_compact(network.module, description=description).content
        case _:
            assert_never(wanted)


def opened(network: Exported, content: bytes, wanted: FileFormat, *, num_threads: int) -> Runnable:
    """Return the network in the bytes of a file of this format; `num_threads` is for onnxruntime."""
    match wanted:
        case "onnx":
            return open_onnx(content, num_threads=num_threads)
        case "torch-export":
            return open_torch_export(content)
        case "safetensors":
            own = None if can_build(network.description.model) else deepcopy(network.module)
            return partial(call, rebuilt(content, source="the exported file", module=own).module)
        case "compact":
            return partial(call, with_tensors_of(network.module, content))
        case _:
            assert_never(wanted)
