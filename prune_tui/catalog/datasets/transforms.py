"""Says in words how images of one shape become images of another."""

from prune_tui.catalog.models import ImageShape


def shape_text(shape: ImageShape) -> str:
    """Say an image's shape: `1×28×28`."""
    return "×".join(str(size) for size in shape)


def transform_text(own: ImageShape, wanted: ImageShape | None) -> str:
    """Say how images of their own shape become those wanted; empty if they stay as they are."""
    if wanted is None or wanted == own:
        return ""
    steps = []
    if own[0] < wanted[0]:
        steps.append("grey repeated")
    if own[0] > wanted[0]:
        steps.append("turned grey")
    if own[1:] != wanted[1:]:
        steps.append("resized bilinearly")
    return f"{shape_text(own)} → {shape_text(wanted)}: {', '.join(steps)}"
