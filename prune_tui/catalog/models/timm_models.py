"""Builds timm's models where timm is installed, and says which published weights each has."""

import os
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import torch
from torch import nn

from prune_tui.catalog import torchvision_operators
from prune_tui.catalog.models import ImageShape
from prune_tui.catalog.models.inputs import InputTransform
from prune_tui.catalog.models.published import DEFAULT_WEIGHTS, PublishedWeights
from prune_tui.core.errors import ModelError, UnknownNameError


def build(
    name: str,
    *,
    num_classes: int,
    image_shape: ImageShape,
    weights: str | None = None,
    tensors: Mapping[str, torch.Tensor] | None = None,
) -> nn.Module:
    """Return a model with fresh weights, drawn from torch's global random state.

    With `tensors`, those published as `weights`, it has these, but for its classifier where the number of
    classes differs.

    Raises:
        UnknownNameError: timm has no such model.
        ModelError: timm is not installed, or the model can't be built for images of this size.
    """
    timm = _timm()
    config = _config(timm, name, weights or DEFAULT_WEIGHTS)
    channels, height, width = image_shape
    options: dict[str, Any] = {"num_classes": num_classes, "in_chans": channels}
    if config.fixed_input_size:
        options["img_size"] = (height, width)
    if tensors is not None:
        # timm renames, resizes and adapts them to the model; its own loading from the web is not used.
        options["pretrained_cfg_overlay"] = {"state_dict": dict(tensors)}
    tagged = f"{name.partition('.')[0]}.{config.tag}" if config.tag else name
    try:
        module: nn.Module = timm.create_model(tagged, pretrained=tensors is not None, **options)
    except (TypeError, ValueError, AssertionError, RuntimeError, KeyError) as error:
        raise ModelError(
            f"timm:{name} can't be built for {num_classes} classes and images of {height}×{width}: "
            f"{' '.join(str(error).split())[:300]}"
        ) from None
    return module


def published(name: str, weights: str) -> PublishedWeights:
    """Return the published weights of a model by their tag; `default` are those that timm recommends.

    Raises:
        UnknownNameError: timm has no such model, or no such weights of it.
        ModelError: timm is not installed, or there are no weights in the form of safetensors.
    """
    config = _config(_timm(), name, weights)
    if not config.hf_hub_id:
        raise ModelError(f"timm has no published weights of {name}: leave --pretrained out")
    place = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    return PublishedWeights(
        name=config.tag or DEFAULT_WEIGHTS,
        url=f"{place}/{config.hf_hub_id}/resolve/main/model.safetensors",
        file_name=f"{config.hf_hub_id.replace('/', '-')}.safetensors",
        sha256_start="",
        num_classes=config.num_classes,
        transform=InputTransform(
            image_size=config.input_size[1],
            mean=tuple(config.mean),
            std=tuple(config.std),
        ),
    )


def head_of(module: nn.Module) -> tuple[str, ...]:
    """Return the names of a model's classifiers, as timm knows them."""
    config = getattr(module, "pretrained_cfg", None) or {}
    names = config.get("classifier") or ()
    return (names,) if isinstance(names, str) else tuple(names)


def demand_known(name: str) -> None:
    """Check that timm is installed and has such a model.

    Raises:
        ModelError: timm is not installed.
        UnknownNameError: it has no such model.
    """
    _config(_timm(), name, DEFAULT_WEIGHTS)


def _timm() -> Any:
    if find_spec("timm") is None:
        raise ModelError("timm:NAME needs timm, which is not installed: pip install timm")
    torchvision_operators.ensure()
    import timm

    return timm


def _config(timm: Any, name: str, weights: str) -> Any:
    """Return what timm knows of a model's weights; a tag in the name is that of the default ones."""
    plain, _, tag = name.partition(".")
    if not timm.is_model(plain):
        raise UnknownNameError("model", f"timm:{name}", [f"timm:{known}" for known in timm.list_models()])
    wanted = tag if weights == DEFAULT_WEIGHTS else weights
    try:
        config = timm.get_pretrained_cfg(f"{plain}.{wanted}" if wanted else plain)
    except RuntimeError:
        tags = [known.partition(".")[2] for known in timm.list_pretrained(f"{plain}.*")]
        raise UnknownNameError(f"weights of timm:{plain}", wanted, tags) from None
    if config is None:
        raise ModelError(f"timm:{name} has no description of its input: take another model")
    return config
