"""Builds torchvision's models, and says which published weights each has."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, cast

import torch
from torch import nn

from prune_tui.catalog import torchvision_operators
from prune_tui.catalog.models import ImageShape
from prune_tui.catalog.models.inputs import InputTransform
from prune_tui.catalog.models.published import DEFAULT_WEIGHTS, PublishedWeights
from prune_tui.core.errors import ModelError, UnknownNameError

_HAS_SIZE: Final = {"vit_": "image_size", "maxvit_": "input_size"}
"""The families that are built for one size of image, and how their builders call it."""

_OLD_DENSENET_NAME: Final = re.compile(r"^(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\.\w+)$")
_OLD_VIT_NAME: Final = re.compile(r"^(.*\.mlp)\.linear_([12])\.(\w+)$")


def build(name: str, *, num_classes: int, image_shape: ImageShape, is_pretrained: bool) -> nn.Module:
    """Return a model with fresh weights, drawn from torch's global random state.

    Auxiliary classifiers are left out. `is_pretrained` builds it as its published weights want it: GoogLeNet
    and Inception then undo the normalisation of their input.

    Raises:
        UnknownNameError: torchvision has no such model.
        ModelError: it can't be built for images of this size.
    """
    models = _models()
    demand_known(name)
    _, height, width = image_shape
    options: dict[str, Any] = {"num_classes": num_classes}
    if name in ("googlenet", "inception_v3"):
        options |= {"init_weights": False, "aux_logits": False, "transform_input": is_pretrained}
    for family, option in _HAS_SIZE.items():
        if name.startswith(family):
            options[option] = height if option == "image_size" else (height, width)
    smallest = _smallest_size(name)
    if min(height, width) < smallest:
        raise ModelError(
            f"torchvision:{name} takes images of {smallest}×{smallest} pixels or more, not {height}×{width}: "
            f"give --image-size {smallest}"
        )
    try:
        module: nn.Module = models.get_model(name, weights=None, **options)
    except (TypeError, ValueError, AssertionError, RuntimeError) as error:
        raise ModelError(
            f"torchvision:{name} can't be built for {num_classes} classes and images of {height}×{width}: "
            f"{' '.join(str(error).split())}"
        ) from None
    if name.startswith("mnasnet"):
        module.__class__ = _mnasnet()
    return module


@cache
def _mnasnet() -> type[nn.Module]:
    """Return MNASNet as a class that also loads states without a version, such as those of checkpoints."""

    class MNASNet(_models().MNASNet):  # type: ignore[misc]
        def _load_from_state_dict(self, state: Any, prefix: str, metadata: Any, *rest: Any) -> None:
            super()._load_from_state_dict(state, prefix, {"version": self._version, **metadata}, *rest)

    return cast(type[nn.Module], MNASNet)


def published(name: str, weights: str) -> PublishedWeights:
    """Return the published weights of a model; `default` are those that torchvision recommends.

    Raises:
        UnknownNameError: torchvision has no such model, or no such weights of it.
        ModelError: the weights have no transform of images, or there are none.
    """
    models = _models()
    demand_known(name)
    choices = models.get_model_weights(name)
    known = [choice.name for choice in choices]
    if not known:
        raise ModelError(f"torchvision has no published weights of {name}: leave --pretrained out")
    if weights not in (DEFAULT_WEIGHTS, *known):
        raise UnknownNameError(f"weights of torchvision:{name}", weights, known)
    chosen = choices.DEFAULT if weights == DEFAULT_WEIGHTS else choices[weights]
    transform, classes = chosen.transforms(), chosen.meta.get("categories")
    if not hasattr(transform, "crop_size") or not classes:
        raise ModelError(f"torchvision:{name}: its weights {chosen.name} tell no classes of images apart")
    file_name = chosen.url.rpartition("/")[2]
    hashed = re.search(r"-([0-9a-f]{8,64})\.", file_name)
    return PublishedWeights(
        name=chosen.name,
        url=chosen.url,
        file_name=file_name,
        sha256_start=hashed[1] if hashed else "",
        num_classes=len(classes),
        transform=InputTransform(
            image_size=transform.crop_size[0],
            mean=tuple(transform.mean),
            std=tuple(transform.std),
        ),
    )


def renamed(module: nn.Module, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return published tensors by the names that a module gives them today.

    Those of auxiliary classifiers that the module does not have are left out, and a vision transformer's
    position embedding is interpolated to the module's size of image.
    """
    wanted = module.state_dict().keys()
    found = {}
    for name, tensor in tensors.items():
        if name not in wanted:
            name = _OLD_DENSENET_NAME.sub(r"\1\2", name)
            name = _OLD_VIT_NAME.sub(lambda old: f"{old[1]}.{(int(old[2]) - 1) * 3}.{old[3]}", name)
        if name in wanted or not name.startswith(("aux1.", "aux2.", "AuxLogits.")):
            found[name] = tensor
    from torchvision.models.vision_transformer import VisionTransformer, interpolate_embeddings

    if isinstance(module, VisionTransformer) and "encoder.pos_embedding" in found:
        size, patch = module.image_size, module.patch_size
        if found["encoder.pos_embedding"].shape != module.encoder.pos_embedding.shape:
            return dict(interpolate_embeddings(size, patch, found))
    return found


def _models() -> Any:
    torchvision_operators.ensure()
    from torchvision import models

    return models


def demand_known(name: str) -> None:
    """Check that torchvision has such a model.

    Raises:
        UnknownNameError: it has not.
    """
    models = _models()
    if name not in models.list_models():
        choices = [f"torchvision:{known}" for known in models.list_models(module=models)]
        raise UnknownNameError("model", f"torchvision:{name}", choices)


def _smallest_size(name: str) -> int:
    """Return the fewest pixels to a side that a model takes, as its weights say.

    Where they say the very size they were trained at, the model takes others, or its builder says which.
    """
    for weights in _models().get_model_weights(name):
        smallest: int = weights.meta.get("min_size", (1, 1))[0]
        return smallest if smallest < getattr(weights.transforms(), "crop_size", [1])[0] else 1
    return 1
