"""Networks as safetensors: every tensor dense, and the description in the file's metadata."""

import json
from typing import Final

from safetensors.torch import save
from torch import nn

from prune_tui.core.errors import CheckpointError
from prune_tui.engine.network.checkpoints import plain_tensors
from prune_tui.engine.network.network import Weights
from prune_tui.export.description import Description, from_text

_KEY: Final = "prune_tui"


def to_safetensors(module: nn.Module, *, description: str) -> bytes:
    """Return the bytes of a safetensors file of a module's state; pruned weights are zeros."""
    # A tensor under two names must be two tensors in the file.
    state = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in module.state_dict().items()}
    return save(state, metadata={"format": "pt", _KEY: description})


def from_safetensors(content: bytes, *, source: str) -> tuple[Weights, Description]:
    """Return the state and the description in the bytes of a file; `source` names it in messages.

    Raises:
        CheckpointError: not a whole safetensors file, or one without a description.
    """
    state = plain_tensors(content, source)
    # The header is JSON: its length comes first, in eight bytes. It was checked when the tensors were read.
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    text = header.get("__metadata__", {}).get(_KEY)
    if text is None:
        raise CheckpointError(
            f"{source}: does not describe its network: a file of `prune-tui export --to safetensors` does"
        )
    return state, from_text(text, source=source)
