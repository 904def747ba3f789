"""Builds a model of any source with fresh weights."""

from typing import assert_never

from torch import nn

from prune_tui.catalog.code.loading import OwnCode
from prune_tui.catalog.models import ImageShape, ModelEntry
from prune_tui.core.errors import CodeError


def build(
    entry: ModelEntry,
    *,
    num_classes: int,
    image_shape: ImageShape,
    is_pretrained: bool = False,
    code: OwnCode | None = None,
) -> nn.Module:
    """Return the network with fresh weights, drawn from torch's global random state.

    `is_pretrained` builds it as its published weights want it, without loading them. `code` is the factory of
    a user's own model, or of an installed package's.

    Raises:
        PruneTuiError: there is no such model, it can't be built for these images, or the factory fails.
    """
    match entry.source:
        case "catalog":
            return entry.build(num_classes=num_classes)
        case "torchvision":
            from prune_tui.catalog.models import torchvision_models

            return torchvision_models.build(
                entry.builder, num_classes=num_classes, image_shape=image_shape, is_pretrained=is_pretrained
            )
        case "timm":
            from prune_tui.catalog.models import timm_models

            return timm_models.build(entry.builder, num_classes=num_classes, image_shape=image_shape)
        case "code" | "package":
            assert code is not None
            return build_own(code, num_classes=num_classes)
        case _:
            assert_never(entry.source)


def build_own(code: OwnCode, *, num_classes: int | None) -> nn.Module:
    """Return what a factory returns, which gets `num_classes` if it takes that and it is known.

    Raises:
        CodeError: the factory fails, or returns no module.
    """
    module = code.call({} if num_classes is None else {"num_classes": num_classes})
    if isinstance(module, nn.Module):
        return module
    raise CodeError(
        f"{code.where}: {code.text} returned {_a(type(module).__name__)}, a torch.nn.Module is wanted"
    )


def _a(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
