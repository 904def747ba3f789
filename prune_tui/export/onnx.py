"""Writes networks as ONNX with a free batch size, and opens them in onnxruntime."""

from importlib.util import find_spec
from typing import Final

import torch
from torch import nn

from prune_tui.catalog.batches import Tree, call, taken
from prune_tui.core.errors import ExportError
from prune_tui.export.torch_export import Runnable
from prune_tui.export.trees import named_leaves
from prune_tui.native.exporting import first_line, quietly, traced

DESCRIPTION_KEY: Final = "prune_tui"
"""The key of the description among the model's metadata."""

_PACKAGES: Final = ("onnx", "onnxscript", "onnxruntime")
_MOST_BYTES: Final = 2**31 - 1
_ERRORS_ONLY: Final = 3


def demand_packages() -> None:
    """Check that the packages of the optional extra `onnx` are installed.

    Raises:
        ExportError: one is not.
    """
    if missing := [name for name in _PACKAGES if find_spec(name) is None]:
        raise ExportError(
            f"ONNX needs {', '.join(missing)}, not installed here: pip install 'prune-tui[onnx]'"
        )


def to_onnx(module: nn.Module, inputs: Tree, *, description: str) -> bytes:
    """Return the bytes of an ONNX file of a module in evaluation mode, for any batch size.

    Inputs and outputs are named by their keys, where they are dicts, else `input` and `output` (`input_0` …).

    Raises:
        ExportError: it can't be traced or written as ONNX, or is too large for one file.
    """
    num_bytes = sum(tensor.nbytes for tensor in module.state_dict().values())
    if num_bytes > _MOST_BYTES:
        raise ExportError(
            f"an ONNX file holds at most 2 GiB, and this network has {num_bytes / 2**30:.1f}: "
            "use --to torch-export"
        )
    input_names = [name for name, _ in named_leaves(inputs, "input")]
    with torch.inference_mode():
        outputs = call(module, taken(inputs, 1))
    output_names = [
        f"output_{name}" if name in input_names else name for name, _ in named_leaves(outputs, "output")
    ]
    program = traced(module, inputs)
    try:
        with quietly():
            written = torch.onnx.export(
                program, dynamo=True, verbose=False, input_names=input_names, output_names=output_names
            )
        assert written is not None, "dynamo=True without a file returns a program"
        model = written.model
        written.rename_axes({str(each.shape[0]): "batch" for each in model.graph.inputs if each.shape})
        model.graph.metadata_props.clear()
        for node in model.graph.all_nodes():
            node.metadata_props.clear()
        model.metadata_props[DESCRIPTION_KEY] = description
        content: bytes = written.model_proto.SerializeToString()
    except Exception as error:
        raise ExportError(f"this network can't be written as ONNX: {first_line(error)}") from error
    return content


def open_onnx(content: bytes, *, num_threads: int) -> Runnable:
    """Return the network in the bytes of an ONNX file, ready to run in onnxruntime on the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = num_threads, _ERRORS_ONLY
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    wanted = {each.name for each in session.get_inputs()}
    names: list[str] = [each.name for each in session.get_outputs()]

    def run(inputs: Tree) -> Tree:
        given = {name: leaf.numpy() for name, leaf in named_leaves(inputs, "input") if name in wanted}
        return dict(zip(names, map(torch.from_numpy, session.run(names, given)), strict=True))

    return run
