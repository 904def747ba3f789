"""Makes `import torchvision` work with a torch that its compiled operators were not built for."""

from functools import cache

import torch


def ensure() -> None:
    """Try to import torchvision; where its operators `nms` and `qnms` are missing, define them for next time.

    They get no kernels: torchvision's datasets, models and transforms never call the two. Where the compiled
    operators load, nothing is defined.
    """
    try:
        import torchvision  # noqa: F401
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        _define_operators()


@cache
def _define_operators() -> torch.library.Library:
    """Define the two; they live as long as the library object, which the cache keeps."""
    library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")  # type: ignore[no-untyped-call]
    return library
