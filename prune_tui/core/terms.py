"""The words that several parts of a session share, each with its choices."""

from typing import Literal

Granularity = Literal["weight", "unit", "n_m"]
"""What is pruned at once: single weights, whole units, or two of every four inputs (2:4)."""

Scope = Literal["layer", "global"]
"""Each layer its own sparsity, or one threshold for all."""

Precision = Literal["float32", "bfloat16"]

Device = Literal["auto", "cpu", "cuda", "mps"]

Stage = Literal["dense", "early", "pruned", "shrunk", "swept"]
"""What a network is on its way: the baseline, an epoch on its way there, or what came of it."""

Mode = Literal["masked", "sparse", "shrunk", "from_scratch"]
"""How a network of a sweep runs: zeros in dense weights, sparse matrices, units removed, or those trained
anew."""

Timed = Literal["dense", "pruned", "shrunk", "sparse"]
"""A network whose latency is measured; `sparse` is the pruned one, its linear layers as sparse matrices."""

Device = Literal["auto", "cpu", "cuda", "mps"]
