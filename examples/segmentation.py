"""Pictures of discs and squares with a class for each pixel, and torchvision's LR-ASPP.

`prune-tui --model examples/segmentation.py:network --dataset examples/segmentation.py:data` opens the two.
The pictures are made up; nothing in here knows of prune-tui.
"""

import torch
from torch import nn

SIDE, NUM_IMAGES, NUM_CLASSES = 64, 160, 3
CLASS_NAMES = ["background", "disc", "square"]


def data() -> dict[str, object]:
    """Images of bytes, [N, 3, H, W], which prune-tui scales, and masks [N, H, W]; 255 counts for nothing."""
    random_state = torch.Generator().manual_seed(0)
    rows, columns = torch.arange(SIDE).reshape(-1, 1), torch.arange(SIDE)
    images = torch.randint(0, 100, (NUM_IMAGES, 3, SIDE, SIDE), generator=random_state)
    masks = torch.zeros(NUM_IMAGES, SIDE, SIDE, dtype=torch.int64)
    for image, mask in zip(images, masks, strict=True):
        for label in (1, 2):
            row, column = torch.randint(14, SIDE - 14, (2,), generator=random_state).tolist()
            size = int(torch.randint(8, 14, (), generator=random_state))
            down, across = (rows - row).abs(), (columns - column).abs()
            inside = down**2 + across**2 <= size**2 if label == 1 else torch.maximum(down, across) <= size
            mask[inside] = label
            image[:, inside] += torch.tensor([[150], [20], [20]] if label == 1 else [[20], [20], [150]])
    return {
        "train": (images.to(torch.uint8), masks),
        "task": "segmentation",
        "output": "out",
        "class_names": CLASS_NAMES,
    }


def network(num_classes: int = NUM_CLASSES) -> nn.Module:
    """LR-ASPP on a MobileNetV3; it returns a dict, whose `out` is scored."""
    from torchvision.models.segmentation import lraspp_mobilenet_v3_large

    module: nn.Module = lraspp_mobilenet_v3_large(
        weights=None, weights_backbone=None, num_classes=num_classes
    )
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.momentum = 0.1  # torchvision's 0.01 is for longer training
    return module
