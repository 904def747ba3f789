"""The three lines of numpy that read a compact file."""

import io
from typing import Final

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[np.generic]]
"""A network's tensors by name."""

_LINES: Final = (
    "import gzip, json, numpy as np; file = gzip.open(FILE); "
    "head = json.loads(file.readline()); weights = {}",
    'read = lambda kind, count: np.frombuffer(file.read(count * np.dtype(kind).itemsize), "u1")'
    ".reshape(-1, max(1, count)).T.copy().view(kind).ravel()",
    'for t in head["tensors"]: at = np.cumsum(read(*t["steps"]), dtype=int) - 1 if "steps" in t '
    'else np.unpackbits(read(*t["bits"])).nonzero()[0] if "bits" in t else slice(None); '
    'values = read(*t["values"]); array = np.zeros(t["shape"], values.dtype); '
    'array.reshape(-1)[at] = values[read(*t["codes"])] if "codes" in t else values; '
    'weights |= dict.fromkeys(t["names"], array)',
)


def lines_for(path: str) -> str:
    """Return three lines of Python that read the compact file at a path; they need only numpy."""
    return "\n".join(_LINES).replace("FILE", repr(path))


def arrays_of(content: bytes) -> Arrays:
    """Return the tensors in the bytes of a compact file that was just made, by the very lines."""
    scope: dict[str, object] = {"FILE": io.BytesIO(content)}
    exec("\n".join(_LINES), scope)
    weights = scope["weights"]
    assert isinstance(weights, dict)
    return weights
