"""The choices that several parts of a session share."""

from collections.abc import Mapping
from typing import Final, Literal

Granularity = Literal["weight", "unit", "block_4", "block_16", "n_m"]
"""What is pruned at once: single weights, whole units, blocks of weights, or two of every four inputs (2:4).

A block is 4 or 16 consecutive outputs' weights of one input: of a convolution, of one input channel at one
kernel position. So a kernel that runs the network reads an input once for the whole block.
"""

BLOCK_ROWS: Final[Mapping[Granularity, int]] = {"block_4": 4, "block_16": 16}
"""The outputs of a block; the last one of a layer, or of a group of a grouped convolution, may have fewer."""

GRANULARITY_NAMES: Final[Mapping[Granularity, str]] = {
    "weight": "weight",
    "unit": "unit",
    "block_4": "4×1 block",
    "block_16": "16×1 block",
    "n_m": "2:4",
}
"""What people read; files and options say `n_m` and `block_4`: a name has no colon and no sign of times."""


def method_text(criterion: str, granularity: Granularity) -> str:
    """Name a way to prune: `l1 weight`, `l1 2:4`."""
    return f"{criterion} {GRANULARITY_NAMES[granularity]}"


def each_text(granularity: Granularity) -> str:
    """Say what is pruned at once: `each weight`, `each unit`, `2:4`."""
    name = GRANULARITY_NAMES[granularity]
    return name if granularity == "n_m" else f"each {name}"


Scope = Literal["layer", "global"]
"""A sparsity per layer, or one threshold for all layers."""

Precision = Literal["float32", "bfloat16"]

LEAST_TOLERANCE_POINTS: Final = 0.01
MOST_TOLERANCE_POINTS: Final = 100.0
"""The bounds of what a suggested plan may lose."""

Device = Literal["auto", "cpu", "cuda", "mps"]

Stage = Literal["dense", "early", "pruned", "shrunk", "swept"]
"""How far a network is: the dense baseline, an early epoch of it, or pruned, shrunk or swept."""

Mode = Literal["masked", "sparse", "shrunk", "from_scratch"]
"""How a sweep runs a network: with zeros in dense weights, as sparse matrices, with pruned units removed, or
with the same units trained from fresh weights."""

TimedNetwork = Literal["dense", "pruned", "shrunk", "sparse", "native"]
"""A network whose latency is measured.

`sparse` is the pruned one with sparse linear layers, `native` the pruned or the shrunk one as C.
"""

RUN_AS: Final[Mapping[TimedNetwork, str]] = {
    "dense": "dense",
    "pruned": "masked",
    "shrunk": "shrunk",
    "sparse": "as CSR",
    "native": "as C",
}
"""What people read of how a network ran."""

FileFormat = Literal["onnx", "torch-export", "safetensors", "compact"]
"""What a network can be exported as that is one file."""

ExportFormat = Literal["onnx", "torch-export", "safetensors", "compact", "c"]
"""What a network can be exported as; `c` is a folder."""

READ_ONLY: Final = "read-only"
"""What a session is called whose checkpoints are not there: it can be looked at."""
