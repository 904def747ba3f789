"""A network of 200 layers and images for it, whose plan is a table of 200 rows; made up, and soon trained."""

import torch
from torch import nn

NUM_BLOCKS, NUM_STAGES, WIDTH, SIDE = 198, 6, 8, 8
NUM_TRAIN, NUM_TEST, NUM_CLASSES = 6_000, 500, 4


class Block(nn.Module):
    """Adds a little to what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(WIDTH, WIDTH, 3, padding=1)
        nn.init.normal_(self.conv.weight, std=0.002)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Features [N, WIDTH, H, W] → the same shape."""
        return features + torch.relu(self.conv(features))


class Deep(nn.Module):
    """A stem, stages of blocks, and a head."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, WIDTH, 3, padding=1)
        per_stage = NUM_BLOCKS // NUM_STAGES
        for number in range(1, NUM_STAGES + 1):
            setattr(self, f"stage{number}", nn.Sequential(*(Block() for _ in range(per_stage))))
        self.head = nn.Linear(WIDTH * 4, num_classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Images [N, 1, H, W] → class scores [N, num_classes]."""
        features = self.stem(images)
        for number in range(1, NUM_STAGES + 1):
            features = self.get_submodule(f"stage{number}")(features)
        return torch.as_tensor(self.head(nn.functional.adaptive_avg_pool2d(features, 2).flatten(1)))


def network(num_classes: int) -> nn.Module:
    """Return the network, untrained."""
    return Deep(num_classes)


def data() -> dict[str, object]:
    """Return noise of which one quarter is brighter: which one is the class."""
    random_state = torch.Generator().manual_seed(0)

    def drawn(count: int) -> tuple[torch.Tensor, torch.Tensor]:
        images = torch.randint(0, 160, (count, 1, SIDE, SIDE), dtype=torch.uint8, generator=random_state)
        classes = torch.randint(0, NUM_CLASSES, (count,), generator=random_state)
        half = SIDE // 2
        for each in range(NUM_CLASSES):
            top, left = each // 2 * half, each % 2 * half
            chosen = classes == each
            images[chosen, :, top : top + half, left : left + half] += 60
        return images, classes

    train_images, train_classes = drawn(NUM_TRAIN)
    test_images, test_classes = drawn(NUM_TEST)
    return {
        "train": (train_images, train_classes),
        "test": (test_images, test_classes),
        "class_names": ["upper left", "upper right", "lower left", "lower right"],
    }
