"""Reads tensors from a safetensors file, or a tensors-only file of `torch.save`; nothing in it is run."""

import re
import warnings
from collections.abc import Mapping
from io import BytesIO
from pickle import UnpicklingError
from typing import Any, Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors

from prune_tui.core.errors import CheckpointError

Tensors = dict[str, torch.Tensor]

_NESTED_UNDER: Final = ("state_dict", "model_state_dict", "model")
_PREFIXES: Final = ("module.", "_orig_mod.")
"""What DataParallel and torch.compile put before every name."""

_WANTED: Final = "a state dict saved as .safetensors or by torch.save is wanted"
_GLOBAL: Final = re.compile(r"(?:GLOBAL|class) ([\w.]+)")


def tensors_in(content: bytes, *, source: str) -> Tensors:
    """Return the tensors in a file's bytes, on the CPU, by their names without the prefixes of wrappers.

    What `torch.save` wrote is read with `weights_only` and in no other way. It may be a state dict, or have
    one under `state_dict`, `model_state_dict` or `model`. `source` names the file in messages.

    Raises:
        CheckpointError: it is no such file, is truncated, or would run code if it were read.
    """
    # A safetensors file begins with the length of its header in eight bytes, and the header with a brace.
    if content[8:9] != b"{" and content.startswith((b"PK\x03\x04", b"\x80")):
        return without_prefixes(_state_dict(_loaded(content, source), source))
    try:
        tensors: Tensors = load_safetensors(content)
    except SafetensorError as error:
        raise CheckpointError(f"{source}: not a whole safetensors file ({error}); {_WANTED}") from None
    return without_prefixes(tensors)


def without_prefixes(tensors: Mapping[str, torch.Tensor]) -> Tensors:
    """Return the tensors without the prefixes that wrappers put before all of their names."""
    found = dict(tensors)
    while prefix := next(
        (each for each in _PREFIXES if found and all(n.startswith(each) for n in found)), ""
    ):
        found = {name.removeprefix(prefix): tensor for name, tensor in found.items()}
    return found


def _loaded(content: bytes, source: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns of odd pickles before it refuses them
            return torch.load(BytesIO(content), map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        named = _GLOBAL.search(str(error))
        if named is None:
            raise CheckpointError(
                f"{source}: damaged, or not of torch.save ({_first(error)}); {_WANTED}"
            ) from None
        raise CheckpointError(
            f"{source}: refused, because reading it would run code: it names {named[1]}, which is no tensor; "
            "save model.state_dict() instead"
        ) from None
    except RuntimeError as error:
        if "TorchScript" in str(error):
            raise CheckpointError(f"{source}: a TorchScript archive, which is code; {_WANTED}") from None
        raise CheckpointError(f"{source}: truncated or damaged ({_first(error)}); {_WANTED}") from None
    except (
        OSError,
        EOFError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        AssertionError,
    ) as error:
        # What the restricted unpickler raises on bytes that are no pickle: it promises nothing narrower.
        raise CheckpointError(f"{source}: truncated or damaged ({_first(error)}); {_WANTED}") from None


def _state_dict(value: object, source: str) -> Mapping[str, torch.Tensor]:
    """Return the state dict that a file holds, bare or under a usual name."""
    if not isinstance(value, Mapping):
        raise CheckpointError(f"{source}: holds a {type(value).__name__}; {_WANTED}")
    for name in ("", *_NESTED_UNDER):
        found = value.get(name) if name else value
        if isinstance(found, Mapping) and found and all(map(_is_tensor, found.keys(), found.values())):
            return found
    odd = next((str(name) for name, each in value.items() if not isinstance(each, torch.Tensor)), "")
    holds = f"{odd!r} in it is no tensor" if odd else "it is empty"
    raise CheckpointError(
        f"{source}: not a state dict, nor has it one under {', '.join(_NESTED_UNDER)}: {holds}"
    )


def _is_tensor(name: object, value: object) -> bool:
    return isinstance(name, str) and isinstance(value, torch.Tensor)


def _first(error: Exception) -> str:
    """Return the first sentence of an error, in one line; torch explains itself at length."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text.partition(". ")[0][:160]
